/**
 * @file A worker thread that answers tasks one after another, from the side of the one who asks.
 *
 * `answerTasks` is the other side. A task that takes too long ends the thread; whoever asks next starts another.
 *
 * Node cannot end a thread that is within native code: it ends when that code returns, or never. What comes of it depends on the
 * code (docs/inference-pool.md): ONNX Runtime's binding, which finds its thread ended when it returns, ends the whole process.
 */
import { Worker, type WorkerOptions } from "node:worker_threads";
import { FoveaError } from "@fovea/core/errors";
import { errorOfFailure, type ThreadFailure } from "../thread-failure";
import { workerEntry } from "../worker-entry";

interface AskedThreadOptions extends WorkerOptions {
  /**
   * Its native code does not bear that its thread is ended: a thread that is late is given up, and ends itself once it is back in
   * JavaScript. @default false: it is ended
   */
  readonly endsItself?: boolean;
  /** It was late and given up; `ended` resolves when it is gone, which may be never. */
  readonly onGivenUp?: (ended: Promise<void>) => void;
}

/** In place of a task: the thread is to end. */
export type ThreadTask<Task> = { readonly id: number; readonly task: Task } | { readonly end: true };

export type ThreadReply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: ThreadFailure };

export interface AskOptions {
  /** Buffers that are handed over. */
  readonly transfer?: readonly ArrayBuffer[];
  /** The thread is ended, or given up, if there is no answer after so long, ms. @default it is waited for */
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
  readonly #options: AskedThreadOptions;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #lost: ThreadLost | undefined;

  /** @param entry as `workerEntry` takes it */
  constructor(entry: string, options: AskedThreadOptions = {}) {
    this.#options = options;
    this.#worker = new Worker(workerEntry(entry), options);
    // Only a thread with work to do keeps the process alive.
    this.#worker.unref();
    this.#worker.on("message", (reply: ThreadReply) => this.#settle(reply));
    this.#worker.on("error", (error) => this.#lose(`it failed: ${error.message}`, "ended"));
    this.#worker.on("exit", (code) => this.#lose(`it ended with code ${code}`, "ended"));
    this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
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
              () => this.#lose(`no answer after ${(limitMs / 1000).toFixed(1)} s`, "late"),
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
      this.#worker.postMessage({ id, task } satisfies ThreadTask<Task>, [...transfer]);
    });
  }

  /** Ends the thread; tasks that wait are rejected. */
  async close(): Promise<void> {
    // One that was lost before may never end.
    const waits = this.#lost === undefined && !(this.#options.endsItself && this.#waiting.size > 0);
    this.#lose("it was ended", "closed");
    if (waits) await this.#worker.terminate();
  }

  #settle(reply: ThreadReply): void {
    const asker = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ("failure" in reply) asker?.reject(errorOfFailure(reply.failure));
    else asker?.resolve(reply.answer);
  }

  #lose(why: string, how: "late" | "closed" | "ended"): void {
    if (this.#lost) return;
    this.#lost = new ThreadLost(why, { timedOut: how === "late" });
    const works = how !== "ended" && this.#waiting.size > 0;
    if (works && this.#options.endsItself) this.#giveUp();
    // A thread deep in native code ends later, or never; nobody waits for it.
    else void this.#worker.terminate();
    this.#worker.unref();
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }

  #giveUp(): void {
    this.#worker.postMessage({ end: true } satisfies ThreadTask<Task>);
    process.once("exit", endAtOnce);
    void this.#ended.then(() => process.off("exit", endAtOnce));
    this.#options.onGivenUp?.(this.#ended);
  }
}

/** Until all threads have ended no process ends, not by `process.exit` either: where one never will, this signal ends it. */
function endAtOnce(): void {
  process.kill(process.pid, "SIGKILL");
}

/** The error of ours that `error` is, or `otherwise`: threads are lost and codecs of others throw what they like. */
export function ownError(error: unknown, otherwise: (why: string) => FoveaError): FoveaError {
  if (error instanceof FoveaError) return error;
  return otherwise(error instanceof Error ? error.message : String(error));
}
