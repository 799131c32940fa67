/**
 * @file Batches that became jobs: worked on in the background, and taken up again after a crash.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { BatchJob } from "@fovea/core/contract/study";
import { FoveaError } from "@fovea/core/errors";
import { reasonIn, tell } from "@fovea/core/reasons/tell";
import type { ImageAnalysis } from "../inference/inference-pool";
import { concernsAll, isProven, isSpent, MAX_DEATHS } from "../pipeline/patience";
import type { BatchFile, BatchJobRecord, NewBatchFile } from "../store/batch-jobs";
import { analyseUpload } from "./analyse-upload";
import type { AppParts } from "./app-parts";
import { analyzeAnswer } from "./detection-answer";
import { failureOf } from "./problem";

/** Kind of these jobs in the queue. */
const KIND = "batch";
/** Files that are fetched from the record at one time. */
const PAGE = 64;
/** Those who wait for an answer go first: a job asks again after so long. */
const BUSY_MS = 500;
/** Said of the files of a job that is given up. */
const NEVER_ENDED = tell("batchNeverEnded");
/** Whoever else was under way when the process ended goes first, so that the next end tells whose doing it is. */
const WARY_MS = 10_000;

/** A job as clients see it. */
export function jobAnswer({ jobId, state, total, done, failed }: BatchJobRecord): BatchJob {
  return { id: jobId, state, total, done, failed, status_url: `/jobs/${jobId}` };
}

export interface NewBatch {
  readonly actor: string;
  readonly language: "zh" | "en";
  readonly model?: string;
}

export class BatchWork {
  readonly #parts: AppParts;

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  /** Jobs are worked on from now on, one after another: the pool is shared with those who wait. */
  async start(): Promise<void> {
    await this.#parts.queue.work(
      KIND,
      { concurrency: 1, givenUp: ({ job }) => this.#giveUp(String(job)) },
      ({ job }, signal) => this.#run(String(job), signal),
    );
  }

  /** A job from its files, in order. */
  async open({ actor, language, model }: NewBatch, files: readonly NewBatchFile[]): Promise<BatchJob> {
    const { queue, store } = this.#parts;
    const { batchJobs } = store;
    const job = await batchJobs.create({ actor, language, model }, files, (jobId, within) =>
      queue.add(KIND, { job: jobId }, { key: jobId, within }),
    );
    const found = await batchJobs.find(job);
    if (found === undefined) throw new Error("unreachable: a job that was just made");
    return jobAnswer(found);
  }

  /** Ends a job before its next file, and takes what waited away. */
  async cancel(job: string): Promise<void> {
    const { batchJobs } = this.#parts.store;
    await batchJobs.setState(job, "cancelled");
    await this.#clear(job);
  }

  /** A job whose attempts are used up ends, and says so of each file that it did not come to. */
  async #giveUp(job: string): Promise<void> {
    const { batchJobs } = this.#parts.store;
    const language = (await batchJobs.find(job))?.language ?? "zh";
    const error = { code: "internal", message: NEVER_ENDED, message_shown: reasonIn(NEVER_ENDED, language) };
    for (let files = await batchJobs.waiting(job, PAGE); files.length > 0; files = await batchJobs.waiting(job, PAGE)) {
      for (const { ordinal, filename } of files) {
        await batchJobs.keepResult(job, ordinal, { filename, error }, { failed: true });
      }
    }
    await batchJobs.setState(job, "done");
    await this.#clear(job);
  }

  /** What has its result is not done again, so that a job that comes twice does no harm. */
  async #run(job: string, signal: AbortSignal): Promise<void> {
    const { batchJobs } = this.#parts.store;
    const found = await batchJobs.find(job);
    if (found === undefined || found.state === "done" || found.state === "cancelled") return;
    await batchJobs.setState(job, "running");
    const postponed: unknown[] = [];
    for (let after = -1; ; ) {
      const files = await batchJobs.waiting(job, PAGE, after);
      for (const file of files) {
        signal.throwIfAborted();
        if ((await batchJobs.find(job))?.state === "cancelled") return this.#clear(job);
        const why = await this.#analyse(found, file, signal);
        if (why !== undefined) postponed.push(why);
        after = file.ordinal;
      }
      if (files.length === 0) break;
    }
    // The job comes again for them; other jobs go on meanwhile.
    if (postponed.length > 0) throw postponed[0];
    await batchJobs.setState(job, "done");
    await this.#clear(job);
  }

  /** @returns why it is to be tried again, if it is */
  async #analyse(found: BatchJobRecord, file: BatchFile, signal: AbortSignal): Promise<unknown> {
    const { store, config } = this.#parts;
    const { jobId, actor, language, model } = found;
    const { ordinal, filename, blob } = file;
    try {
      await this.#begin(jobId, ordinal, signal);
      if (blob === undefined) throw new FoveaError("invalid_argument", tell("bytesNotKept"));
      const bytes = await store.blobs.read(blob);
      const analysis = await this.#patiently(bytes, { actor, model }, signal);
      const result = analyzeAnswer(analysis, { filename, language, classNames: config.classNames });
      await store.batchJobs.keepResult(jobId, ordinal, result);
    } catch (error) {
      const failed = () =>
        store.batchJobs.keepResult(jobId, ordinal, { filename, error: failureOf(error, language) }, { failed: true });
      // An unknown model stays unknown: the job would come again for ever.
      const final = isProven(error) || (error instanceof FoveaError && error.code === "unknown_model");
      if (final) await failed();
      else if (signal.aborted || concernsAll(error)) {
        await store.batchJobs.putBack(jobId, ordinal).catch(() => undefined);
        throw error;
      } else if (isSpent(error, await store.batchJobs.postpone(jobId, ordinal))) await failed();
      else return error;
    }
    return undefined;
  }

  /** That a file begins is written down before: a library that crashes takes the process with it. */
  async #begin(job: string, ordinal: number, signal: AbortSignal): Promise<void> {
    const deaths = await this.#parts.store.batchJobs.begin(job, ordinal);
    if (deaths >= MAX_DEATHS) {
      throw new FoveaError("invalid_image", tell("programEnded", { deaths }));
    }
    if (deaths > 0) await pause(deaths * WARY_MS, undefined, { signal });
  }

  /** Asks again where the pool is full. */
  async #patiently(
    bytes: Uint8Array,
    { actor, model }: { readonly actor: string; readonly model?: string },
    signal: AbortSignal,
  ): Promise<ImageAnalysis> {
    for (;;) {
      try {
        return await analyseUpload(this.#parts, { bytes, model, actor, action: "image.analyse", signal });
      } catch (error) {
        if (!(error instanceof FoveaError && error.code === "busy")) throw error;
        await pause(BUSY_MS, undefined, { signal });
      }
    }
  }

  /** Files of a job that nobody will look at any more. */
  async #clear(job: string): Promise<void> {
    const { batchJobs, blobs } = this.#parts.store;
    for (let after = -1; ; ) {
      const files = await batchJobs.files(job, after, PAGE);
      for (const { blob } of files) if (blob !== undefined) await blobs.remove(blob);
      const last = files.at(-1);
      if (last === undefined) break;
      after = last.ordinal;
    }
    await batchJobs.dropBlobs(job);
  }
}
