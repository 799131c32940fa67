/**
 * @file Images for viewers, made in a thread of their own: what a file does to it harms nobody else, and the event loop goes on.
 *
 * One at a time; those who wait are counted, and one too many is told to come again. A picture that takes too long, or ends the
 * thread, fails alone: the next gets a new thread.
 */
import type { InstanceImage } from "@fovea/core/contract/image";
import { FoveaError } from "@fovea/core/errors";
import { AskedThread, ThreadLost } from "../../inference/asked-thread";
import type { ImageNames } from "./instance-image";
import type { PictureTask } from "./picture-task";

const MOST_WAITING = 64;
const TIMEOUT_MS = 60_000;
const OPTIONS = { execArgv: [], stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: 1024 } };

export class PictureThread {
  #thread: AskedThread<PictureTask> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws {FoveaError} `busy`; `timed_out`; `invalid_image`, `invalid_dicom`, `unsupported_dicom` */
  describe(bytes: Uint8Array, names: ImageNames): Promise<InstanceImage> {
    return this.#ask({ kind: "describe", bytes, names });
  }

  /** @throws {FoveaError} as `describe`; `not_found` without such a frame */
  values(bytes: Uint8Array, frame: number): Promise<Uint8Array> {
    return this.#ask({ kind: "values", bytes, frame });
  }

  /** A frame as a picture file, with findings drawn upon it. @throws {FoveaError} as `values` */
  picture(bytes: Uint8Array, task: Omit<PictureTask & { kind: "picture" }, "kind" | "bytes">): Promise<Uint8Array> {
    return this.#ask({ kind: "picture", bytes, ...task });
  }

  /** Lets what was asked finish. */
  async close(): Promise<void> {
    await this.#last;
    await this.#thread?.close();
  }

  async #ask<Answer>(task: PictureTask): Promise<Answer> {
    if (this.#waiting >= MOST_WAITING) throw new FoveaError("busy", `${this.#waiting} pictures wait; ask again later`);
    this.#waiting++;
    const answer = this.#last.then(() => this.#askNow<Answer>(task));
    this.#last = answer.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await answer;
    } finally {
      this.#waiting--;
    }
  }

  async #askNow<Answer>(task: PictureTask): Promise<Answer> {
    if (!this.#thread?.alive) this.#thread = new AskedThread("server/pictures/picture-worker", OPTIONS);
    try {
      return await this.#thread.ask<Answer>(task, { limitMs: TIMEOUT_MS });
    } catch (cause) {
      if (!(cause instanceof ThreadLost)) throw cause;
      throw new FoveaError("timed_out", `no picture of this image: ${cause.message}`, { cause });
    }
  }
}
