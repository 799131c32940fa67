/**
 * @file Images for viewers, made in a thread of their own: what a file does to it harms nobody else, and the event loop goes on.
 *
 * One at a time; those who wait are counted, and one too many is told to come again. A picture that takes too long, or ends the
 * thread, fails alone: the next gets a new thread.
 */
import { Worker } from "node:worker_threads";
import type { InstanceImage } from "@fovea/core/contract/image";
import { FoveaError } from "@fovea/core/errors";
import { workerEntry } from "../../worker-entry";
import type { ImageNames } from "./instance-image";
import type { PictureReply, PictureResult, PictureTask } from "./picture-request";

const MOST_WAITING = 64;
const TIMEOUT_MS = 60_000;
const HEAP_MB = 1024;

export class PictureThread {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #made = 0;

  async describe(bytes: Uint8Array, names: ImageNames): Promise<InstanceImage> {
    return (await this.#ask(bytes, { kind: "describe", names })) as InstanceImage;
  }

  /** @throws {FoveaError} `not_found` without such a frame; `busy`; `timed_out`; as `describeImage` */
  async values(bytes: Uint8Array, frame: number): Promise<Uint8Array> {
    return (await this.#ask(bytes, { kind: "values", frame })) as Uint8Array;
  }

  /** A frame as a picture file, with findings drawn upon it. */
  async picture(bytes: Uint8Array, task: Omit<PictureTask & { kind: "picture" }, "kind">): Promise<Uint8Array> {
    return (await this.#ask(bytes, { kind: "picture", ...task })) as Uint8Array;
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#end();
  }

  #ask(bytes: Uint8Array, task: PictureTask): Promise<PictureResult> {
    if (this.#waiting >= MOST_WAITING) {
      return Promise.reject(new FoveaError("busy", `${this.#waiting} pictures wait; ask again later`));
    }
    this.#waiting++;
    const result = this.#last.then(() => this.#askNow(bytes, task));
    this.#last = result.catch(() => undefined).finally(() => this.#waiting--);
    return result;
  }

  async #askNow(bytes: Uint8Array, task: PictureTask): Promise<PictureResult> {
    this.#worker ??= start();
    const id = this.#made++;
    let reply: PictureReply;
    try {
      reply = await replyOf(this.#worker, id, bytes, task);
    } catch (error) {
      await this.#end();
      throw error;
    }
    if ("result" in reply) return reply.result;
    const { code, message } = reply.failure;
    throw code === undefined ? new Error(message) : new FoveaError(code, message);
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function start(): Worker {
  const worker = new Worker(workerEntry("server/pictures/picture-worker"), {
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  worker.unref();
  return worker;
}

function replyOf(worker: Worker, id: number, bytes: Uint8Array, task: PictureTask): Promise<PictureReply> {
  return new Promise((resolve, reject) => {
    const tooLate = () => reject(new FoveaError("timed_out", `no picture after ${TIMEOUT_MS / 1000} s`));
    const timer = setTimeout(() => settle(tooLate), TIMEOUT_MS);
    const onMessage = (reply: PictureReply) => {
      if (reply.id === id) settle(() => resolve(reply));
    };
    const onError = () =>
      settle(() => reject(new FoveaError("out_of_memory", "the thread that makes pictures failed over this image")));
    const onExit = onError;
    function settle(act: () => void): void {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      act();
    }
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    worker.postMessage({ id, bytes, task });
  });
}
