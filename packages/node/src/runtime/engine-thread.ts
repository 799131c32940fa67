/**
 * @file A thread that runs graphs, from the side of the one who asks (`runtime-worker.ts` is the other).
 */
import type { Worker } from "node:worker_threads";
import { FoveaError } from "@fovea/core/errors";
import { errorOfFailure } from "../thread-failure";
import type { ThreadAnswer, ThreadReply, ThreadRequest, ThreadTask } from "./thread-protocol";

interface Waiting {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export class EngineThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #nextId = 0;
  /** Why the thread answers no more. */
  #failure: unknown;

  /** @param device that it computes on, for messages */
  constructor(worker: Worker, device: string) {
    this.#worker = worker;
    // Only a thread with work to do keeps the process alive.
    worker.unref();
    worker.on("message", (reply: ThreadReply) => {
      const asker = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (this.#waiting.size === 0) worker.unref();
      if ("failure" in reply) asker?.reject(errorOfFailure(reply.failure));
      else asker?.resolve(reply.answer);
    });
    let cause: unknown;
    worker.on("error", (error) => {
      cause = error;
    });
    this.#ended = new Promise((resolve) => {
      worker.on("exit", (code) => {
        const why = cause instanceof Error ? cause.message : `code ${code}`;
        this.#failure = new FoveaError("runtime_failed", `device ${device}: its thread has ended (${why})`, { cause });
        for (const { reject } of this.#waiting.values()) reject(this.#failure);
        this.#waiting.clear();
        resolve();
      });
    });
  }

  get alive(): boolean {
    return this.#failure === undefined;
  }

  /**
   * @param transfer buffers that are handed over
   * @throws {FoveaError} what the task failed with; `runtime_failed` if the thread has ended
   */
  ask(task: ThreadTask, transfer: ArrayBuffer[] = []): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => {
      if (!this.alive) {
        reject(this.#failure);
        return;
      }
      const id = this.#nextId++;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...task, id } satisfies ThreadRequest, transfer);
    });
  }

  /** Ends the thread; tasks that wait are rejected. */
  async close(): Promise<void> {
    this.#worker.ref();
    await this.#worker.terminate();
    await this.#ended;
  }
}
