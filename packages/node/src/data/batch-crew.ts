/**
 * @file Those who make batches: threads, or, with none, the caller's own.
 */
import { Worker } from "node:worker_threads";
import { FoveaError } from "@fovea/core/errors";
import { errorOfFailure, type ThreadFailure } from "../thread-failure";
import { workerEntry } from "../worker-entry";
import type { BatchJob, BatchResult, LoaderSetup } from "./batch";
import { BatchMaker } from "./batch-maker";

/** What a thread answers. */
export type BatchReply = { readonly result: BatchResult } | { readonly id: number; readonly failure: ThreadFailure };

export interface BatchCrew {
  /** The batch; jobs are done in the order in which they come. */
  make(job: BatchJob): Promise<BatchResult>;
  close(): Promise<void>;
}

/** A crew of `count` threads; 0 makes batches in the caller's thread, for tests and for finding faults. */
export function batchCrew(count: number, setup: LoaderSetup): BatchCrew {
  return count === 0 ? new OwnThread(setup) : new Threads(count, setup);
}

class OwnThread implements BatchCrew {
  readonly #maker: BatchMaker;
  #last: Promise<unknown> = Promise.resolve();

  constructor(setup: LoaderSetup) {
    this.#maker = new BatchMaker(setup);
  }

  make(job: BatchJob): Promise<BatchResult> {
    const result = this.#last.then(() => this.#maker.make(job));
    this.#last = result.catch(() => undefined);
    return result;
  }

  close(): Promise<void> {
    return this.#maker.close();
  }
}

interface Waiting {
  readonly resolve: (result: BatchResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

class Threads implements BatchCrew {
  readonly #threads: readonly Thread[];

  constructor(count: number, setup: LoaderSetup) {
    this.#threads = Array.from({ length: count }, () => startThread(setup));
  }

  make(job: BatchJob): Promise<BatchResult> {
    const { worker, waiting } = this.#threads.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    return new Promise((resolve, reject) => {
      // Only a thread with work to do keeps the process alive.
      if (waiting.size === 0) worker.ref();
      waiting.set(job.id, { resolve, reject });
      worker.postMessage(job, [job.buffer]);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function startThread(setup: LoaderSetup): Thread {
  const worker = new Worker(workerEntry("data/loader-worker"), { workerData: setup });
  const waiting = new Map<number, Waiting>();
  worker.on("message", (reply: BatchReply) => {
    const id = "result" in reply ? reply.result.id : reply.id;
    const caller = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if ("result" in reply) caller?.resolve(reply.result);
    else caller?.reject(errorOfFailure(reply.failure));
  });
  const failAll = (error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("error", failAll);
  worker.on("exit", (code) => {
    failAll(new FoveaError("interrupted", `a loader thread ended with code ${code} before its batch was made`));
  });
  worker.unref();
  return { worker, waiting };
}
