/**
 * @file A worker thread that answers tasks one after another, from the side of the one who asks.
 *
 * `answerTasks` is the other side. A task that takes too long ends the thread; whoever asks next starts another.
 */
import { Worker, type WorkerOptions } from "node:worker_threads";
import { FoveaError } from "@fovea/core/errors";
import { errorOfFailure, type ThreadFailure } from "../thread-failure";
import { workerEntry } from "../worker-entry";

export type ThreadReply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: ThreadFailure };

export interface AskOptions {
  /** Buffers that are handed over. */
  readonly transfer?: readonly ArrayBuffer[];
  /** The thread is ended if there is no answer after so long, ms. @default it is waited for */
  readonly limitMs?: number;
}

/** The thread ended before it answered: a crash, no memory, or the limit. */
export class ThreadLost extends Error {
  override readonly name = "ThreadLost";
  /** It was the limit. */
  readonly timedOut: boolean;

  constructor(message: string, { timedOut = false }: { readonly timedOut?: boolean } = {}) {
    super(message);
    this.timedOut = timedOut;
  }
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class AskedThread<Task> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #lost: ThreadLost | undefined;

  /** @param entry as `workerEntry` takes it */
  constructor(entry: string, options: WorkerOptions = {}) {
    this.#worker = new Worker(workerEntry(entry), options);
    // Only a thread with work to do keeps the process alive.
    this.#worker.unref();
    this.#worker.on("message", (reply: ThreadReply) => this.#settle(reply));
    this.#worker.on("error", (error) => this.#lose(`it failed: ${error.message}`));
    this.#worker.on("exit", (code) => this.#lose(`it ended with code ${code}`));
  }

  get alive(): boolean {
    return this.#lost === undefined;
  }

  /**
   * @throws {FoveaError} what the task failed with
   * @throws {ThreadLost} if the thread has ended, or ends before it answers
   */
  ask<Answer>(task: Task, { transfer = [], limitMs }: AskOptions = {}): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        return;
      }
      const id = this.#nextId++;
      const timer =
        limitMs === undefined
          ? undefined
          : setTimeout(
              () => this.#lose(`no answer after ${(limitMs / 1000).toFixed(1)} s`, true),
              Math.max(0, limitMs),
            );
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, {
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer as Answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#worker.postMessage({ id, task }, [...transfer]);
    });
  }

  /** Ends the thread; tasks that wait are rejected. */
  async close(): Promise<void> {
    this.#lose("it was ended");
    await this.#worker.terminate();
  }

  #settle(reply: ThreadReply): void {
    const asker = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ("failure" in reply) asker?.reject(errorOfFailure(reply.failure));
    else asker?.resolve(reply.answer);
  }

  #lose(why: string, timedOut = false): void {
    if (this.#lost) return;
    this.#lost = new ThreadLost(why, { timedOut });
    // A thread deep in native code ends later, or never; nobody waits for it.
    void this.#worker.terminate();
    this.#worker.unref();
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }
}

/** The error of ours that `error` is, or `otherwise`: threads are lost and codecs of others throw what they like. */
export function ownError(error: unknown, otherwise: (why: string) => FoveaError): FoveaError {
  if (error instanceof FoveaError) return error;
  return otherwise(error instanceof Error ? error.message : String(error));
}
