/**
 * @file A batch as it streams in.
 *
 * Its first files are analysed as they come, a few at a time, so that memory holds those few. A batch with more becomes a job:
 * what was found so far goes into it, further files go to the encrypted files unread.
 */
import { pipeline } from "node:stream/promises";
import type { AnalyzeBatchResponse } from "@fovea/core/contract/detection";
import type { BatchJob } from "@fovea/core/contract/study";
import type { Language } from "@fovea/core/report/summary";
import { analyseUpload } from "./analyse-upload";
import type { RouteParts } from "./app";
import { jobAnswer } from "./batch-work";
import { analyzeAnswer } from "./detection-answer";
import { failureOf, HttpProblem } from "./problem";
import { type IncomingFile, type Upload, wholeFile } from "./uploads";

type Result = AnalyzeBatchResponse["results"][number];

export interface BatchOrigin {
  readonly actor: string;
  readonly language: Language;
  readonly model?: string;
  readonly signal: AbortSignal;
}

export type BatchOutcome = { readonly results: Result[] } | { readonly job: BatchJob };

export class BatchIntake {
  readonly #parts: RouteParts;
  readonly #origin: BatchOrigin;
  readonly #results: Result[] = [];
  readonly #underWay = new Set<Promise<void>>();
  /** What must end the whole batch: the client left, or there is no room. */
  #fault: { readonly error: unknown } | undefined;
  #files = 0;
  #job: string | undefined;

  constructor(parts: RouteParts, origin: BatchOrigin) {
    this.#parts = parts;
    this.#origin = origin;
  }

  /** Reads `file` to its end. */
  async take(file: IncomingFile): Promise<void> {
    const ordinal = this.#files++;
    const { http, inference } = this.#parts.config;
    if (ordinal >= http.batchJobAbove) return this.#store(ordinal, file);
    while (this.#underWay.size >= inference.batch) await Promise.race(this.#underWay);
    if (this.#fault !== undefined) throw this.#fault.error;
    // A file beyond the limit of size ends the request: what follows it in the form is not looked at.
    const upload = await wholeFile(file, this.#parts.budget);
    const work = this.#analyse(ordinal, upload).catch((error: unknown) => {
      this.#fault ??= { error };
    });
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async finish(): Promise<BatchOutcome> {
    await this.#settled();
    if (this.#files === 0) throw new HttpProblem(400, "no file; expected some as files");
    if (this.#job === undefined) return { results: this.#results };
    const { batchWork, record } = this.#parts;
    await batchWork.enqueue(this.#job);
    const job = await record.batches.find(this.#job);
    if (job === undefined) throw new Error("unreachable: a job that was just made");
    return { job: jobAnswer(job) };
  }

  /** Nothing stays of a batch that did not come in whole. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    if (this.#job !== undefined) await this.#parts.batchWork.remove(this.#job);
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  async #analyse(ordinal: number, upload: Upload): Promise<void> {
    const { actor, language, model, signal } = this.#origin;
    const { filename, bytes } = upload;
    try {
      const analysis = await analyseUpload(this.#parts, { bytes, model, actor, action: "image.analyse", signal });
      const { classNames } = this.#parts.config;
      this.#results[ordinal] = analyzeAnswer(analysis, { filename, language, classNames });
    } catch (error) {
      const failure = failureOf(error);
      if (ENDING.has(failure.code)) throw error;
      this.#results[ordinal] = { filename, error: failure };
    } finally {
      upload.release();
    }
  }

  async #store(ordinal: number, { filename, content }: IncomingFile): Promise<void> {
    const { record, blobs } = this.#parts;
    this.#job ??= await this.#becomeJob();
    const draft = await blobs.draft("uploads");
    try {
      await pipeline(content, draft.stream, { end: false });
      if (content.truncated) throw new HttpProblem(413, "a file larger than http.max_file allows");
      const { blob } = await draft.commit();
      await record.batches.addWaiting(this.#job, { ordinal, filename, blob });
    } catch (error) {
      await draft.abandon().catch(() => undefined);
      throw error;
    }
  }

  async #becomeJob(): Promise<string> {
    await this.#settled();
    const { batches } = this.#parts.record;
    const { actor, language } = this.#origin;
    const job = await batches.open({ actor, language });
    this.#job = job;
    for (const [ordinal, result] of this.#results.entries()) {
      await batches.addDone(job, ordinal, result.filename, result, "error" in result);
    }
    return job;
  }
}

/** Failures that say nothing of the file: they end the batch, not its place in the answer. */
export const ENDING: ReadonlySet<string> = new Set([
  "busy",
  "interrupted",
  "unknown_model",
  "database_unavailable",
  "disk_full",
  "internal",
]);
