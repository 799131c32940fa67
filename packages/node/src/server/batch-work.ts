/**
 * @file Batches that became jobs: worked on in the background, taken up again after a crash, told about as they go.
 */
import type { ServerResponse } from "node:http";
import type { BatchJob } from "@fovea/core/contract/study";
import { analyseUpload } from "./analyse-upload";
import type { AppParts } from "./app-parts";
import { ENDING } from "./batch-intake";
import { analyzeAnswer } from "./detection-answer";
import { failureOf } from "./problem";
import type { StoredBatchJob, WaitingFile } from "./service-record";

/** Kind of these jobs in the queue. */
const KIND = "batch";
/** Files that are fetched from the record at one time. */
const PAGE = 64;
/** How often somebody who listens hears of it. */
const TOLD_MS = 500;
/** A word in between, so that no proxy takes the line for dead. */
const HEARTBEAT_MS = 15_000;
const MOST_LISTENERS = 256;

/** A job as clients see it. */
export function jobAnswer({ id, state, total, done, failed }: StoredBatchJob): BatchJob {
  return { id, state, total, done, failed, status_url: `/jobs/${id}` };
}

export class BatchWork {
  readonly #parts: AppParts;
  readonly #streams = new Set<ServerResponse>();

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  /** Jobs are worked on from now on, one after another: the pool is shared with those who wait. */
  start(): Promise<void> {
    return this.#parts.queue.work(KIND, { concurrency: 1 }, ({ job }, signal) => this.#run(String(job), signal));
  }

  async enqueue(job: string): Promise<void> {
    await this.#parts.queue.add(KIND, { job }, { key: job });
  }

  /** Ends it before its next file. */
  async cancel(job: string): Promise<void> {
    await this.#parts.record.batches.setState(job, "cancelled");
  }

  /** Takes a job away, with its files. */
  async remove(job: string): Promise<void> {
    for (const blob of await this.#parts.record.batches.remove(job)) await this.#parts.blobs.remove(blob);
  }

  /**
   * Tells a listener how a job goes, as server-sent events (`progress`, then `end`), until it has ended.
   *
   * @returns whether there was room for another listener
   */
  tell(job: string, response: ServerResponse): boolean {
    if (this.#streams.size >= MOST_LISTENERS) return false;
    this.#streams.add(response);
    void this.#follow(job, response).finally(() => {
      this.#streams.delete(response);
      response.end();
    });
    return true;
  }

  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  async #follow(job: string, response: ServerResponse): Promise<void> {
    let last = "";
    let quiet = 0;
    while (!response.writableEnded && !response.destroyed) {
      const found = await this.#parts.record.batches.find(job).catch(() => undefined);
      const ended = found === undefined || found.state === "done" || found.state === "cancelled";
      const data = found === undefined ? "{}" : JSON.stringify(jobAnswer(found));
      if (data !== last || ended) response.write(`event: ${ended ? "end" : "progress"}\ndata: ${data}\n\n`);
      else if ((quiet += TOLD_MS) >= HEARTBEAT_MS) response.write(": still here\n\n");
      if (data !== last) quiet = 0;
      if (ended) return;
      last = data;
      await new Promise((resolve) => setTimeout(resolve, TOLD_MS));
    }
  }

  /** What has its result is not done again, so that a job that comes twice does no harm. */
  async #run(job: string, signal: AbortSignal): Promise<void> {
    const { batches } = this.#parts.record;
    const found = await batches.find(job);
    if (found === undefined || found.state === "done" || found.state === "cancelled") return;
    await batches.setState(job, "running");
    for (;;) {
      const files = await batches.waiting(job, PAGE);
      if (files.length === 0) break;
      for (const file of files) {
        signal.throwIfAborted();
        if ((await batches.find(job))?.state === "cancelled") return this.#clear(job);
        await this.#analyse(found, file, signal);
      }
    }
    await batches.setState(job, "done");
  }

  async #analyse({ id, actor, language }: StoredBatchJob, file: WaitingFile, signal: AbortSignal): Promise<void> {
    const { record, blobs, config } = this.#parts;
    const { ordinal, filename, blob } = file;
    try {
      const bytes = await blobs.read(blob);
      const analysis = await analyseUpload(this.#parts, { bytes, actor, action: "image.analyse", signal });
      const result = analyzeAnswer(analysis, { filename, language, classNames: config.classNames });
      await record.batches.finishFile(id, ordinal, result, false);
    } catch (error) {
      const failure = failureOf(error);
      if (ENDING.has(failure.code)) throw error;
      await record.batches.finishFile(id, ordinal, { filename, error: failure }, true);
    }
    await blobs.remove(blob);
  }

  /** Files of a cancelled job that nobody will look at. */
  async #clear(job: string): Promise<void> {
    const { record, blobs } = this.#parts;
    for (;;) {
      const files = await record.batches.waiting(job, PAGE);
      if (files.length === 0) return;
      for (const { ordinal, filename, blob } of files) {
        await blobs.remove(blob);
        const error = { code: "interrupted", message: "the batch was cancelled" };
        await record.batches.finishFile(job, ordinal, { filename, error }, true);
      }
    }
  }
}
