/**
 * @file Images for viewers, made in a thread of their own: what a file does to it harms nobody else, and the event loop goes on.
 *
 * One at a time; those who wait are counted, hold no file, and one too many is told to come again. The thread keeps the file that
 * it was asked of last, so that a cine is read once and not for each frame: at any time one file is in memory, or two while one
 * takes the other's place. A picture that takes too long, or ends the thread, fails alone: the next gets a new thread.
 */
import type { InstanceImage } from "@fovea/core/contract/image";
import { FoveaError } from "@fovea/core/errors";
import { AskedThread, ThreadLost } from "../../inference/asked-thread";
import type { BlobStore } from "../../store/blob-store";
import type { ImageNames } from "./instance-image";
import type { PictureTask } from "./picture-task";

const MOST_WAITING = 64;
const TIMEOUT_MS = 60_000;
/** A file that nobody asks of is let go after so long. */
const IDLE_MS = 60_000;

/** An image file that is read when its turn comes. */
export interface PictureFile {
  /** The same for the same content, and for no other. */
  readonly key: string;
  /** Gives memory that is the caller's: it is handed over. */
  readonly read: () => Promise<Uint8Array>;
}

/** A file of the record: what its key names never changes. */
export function recordFile(blobs: Pick<BlobStore, "read">, blob: string): PictureFile {
  return { key: blob, read: () => blobs.read(blob) };
}

export class PictureThread {
  #thread: AskedThread<PictureTask> | undefined;
  /** Key of the file that the thread has open. */
  #open: string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws {FoveaError} `busy`; `timed_out`; `interrupted` once it is closed; `invalid_image`, `invalid_dicom`, `unsupported_dicom`; as `read` of the file */
  describe(file: PictureFile, names: ImageNames): Promise<InstanceImage> {
    return this.#ask(file, { kind: "describe", names });
  }

  /** @throws {FoveaError} as `describe`; `not_found` without such a frame */
  values(file: PictureFile, frame: number): Promise<Uint8Array> {
    return this.#ask(file, { kind: "values", frame });
  }

  /** A frame as a picture file, with findings drawn upon it. @throws {FoveaError} as `values` */
  picture(file: PictureFile, task: Omit<PictureTask & { kind: "picture" }, "kind">): Promise<Uint8Array> {
    return this.#ask(file, { kind: "picture", ...task });
  }

  /** Lets the picture that is being made be finished; those that wait are refused: all of them could take an hour. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    clearTimeout(this.#idle);
    await this.#thread?.close();
  }

  async #ask<Answer>(file: PictureFile, task: PictureTask): Promise<Answer> {
    if (this.#waiting >= MOST_WAITING) throw new FoveaError("busy", `${this.#waiting} pictures wait; ask again later`);
    this.#waiting++;
    clearTimeout(this.#idle);
    const answer = this.#last.then(() => this.#askNow<Answer>(file, task));
    this.#last = answer.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await answer;
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#idle = setTimeout(() => this.#letGo(), IDLE_MS).unref();
    }
  }

  async #askNow<Answer>(file: PictureFile, task: PictureTask): Promise<Answer> {
    if (this.#closed) throw new FoveaError("interrupted", "no picture of this image: the service is being stopped");
    try {
      const thread = await this.#threadWith(file);
      return await thread.ask<Answer>(task, { limitMs: TIMEOUT_MS });
    } catch (cause) {
      if (!(cause instanceof ThreadLost)) throw cause;
      throw new FoveaError("timed_out", `no picture of this image: ${cause.message}`, { cause });
    }
  }

  async #threadWith({ key, read }: PictureFile): Promise<AskedThread<PictureTask>> {
    if (!this.#thread?.alive) {
      this.#open = undefined;
      // No limit of its heap, as in `inference/preparer.ts`: what fills it is counted before.
      const options = { execArgv: [], stdout: true, stderr: true };
      this.#thread = new AskedThread("server/pictures/picture-worker", options);
    }
    const thread = this.#thread;
    if (this.#open === key) return thread;
    this.#letGo();
    const bytes = inBufferOfItsOwn(await read());
    await thread.ask({ kind: "open", bytes }, { transfer: [bytes.buffer], limitMs: TIMEOUT_MS });
    this.#open = key;
    return thread;
  }

  #letGo(): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    if (this.#thread?.alive) this.#thread.ask({ kind: "close" }).catch(() => undefined);
  }
}

/** Small buffers of Node share one, which cannot be handed over. */
function inBufferOfItsOwn(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return whole ? new Uint8Array(buffer) : new Uint8Array(bytes);
}
