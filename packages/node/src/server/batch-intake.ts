/**
 * @file A batch as it streams in.
 *
 * Its first files are analysed as they come, a few at a time, so that memory holds those few. A batch with more becomes a job:
 * what was found so far goes into it, further files go to the encrypted files unread.
 */
import { pipeline } from "node:stream/promises";
import type { AnalyzeBatchResponse } from "@fovea/core/contract/detection";
import type { BatchJob } from "@fovea/core/contract/study";
import type { Language } from "@fovea/core/language";
import { tell } from "@fovea/core/reasons/tell";
import { analyseUpload, ENDING } from "./analyse-upload";
import type { RouteParts } from "./app";
import { analyzeAnswer } from "./detection-answer";
import { failureOf, HttpProblem } from "./problem";
import { formFault, type IncomingFile, type Upload, wholeFile } from "./uploads";

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
  /** Of a batch that becomes a job: files that nobody has looked at. */
  readonly #stored: { readonly filename: string; readonly blob: string }[] = [];
  readonly #underWay = new Set<Promise<void>>();
  /** What must end the whole batch: the client left, or there is no room. */
  #fault: { readonly error: unknown } | undefined;
  #files = 0;

  constructor(parts: RouteParts, origin: BatchOrigin) {
    this.#parts = parts;
    this.#origin = origin;
  }

  /** Reads `file` to its end. */
  async take(file: IncomingFile): Promise<void> {
    const ordinal = this.#files++;
    const { http, inference } = this.#parts.config;
    if (ordinal >= http.batchJobAbove) return this.#store(file);
    while (this.#underWay.size >= inference.batch) await Promise.race(this.#underWay);
    if (this.#fault !== undefined) throw this.#fault.error;
    const upload = await wholeFile(file, this.#parts.budget);
    const work = this.#analyse(ordinal, upload).catch((error: unknown) => {
      this.#fault ??= { error };
    });
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async finish(): Promise<BatchOutcome> {
    await this.#settled();
    if (this.#files === 0) throw new HttpProblem(400, tell("noFiles"));
    if (this.#stored.length === 0) return { results: this.#results };
    const done = this.#results.map((result) => ({ filename: result.filename, result, failed: "error" in result }));
    return { job: await this.#parts.batchWork.open(this.#origin, [...done, ...this.#stored]) };
  }

  /** Nothing stays of a batch that did not come in whole. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    for (const { blob } of this.#stored) await this.#parts.store.blobs.remove(blob);
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
      const failure = failureOf(error, language);
      if (ENDING.has(failure.code)) throw error;
      this.#results[ordinal] = { filename, error: failure };
    } finally {
      upload.release();
    }
  }

  async #store({ filename, content }: IncomingFile): Promise<void> {
    if (this.#stored.length === 0) await this.#settled();
    const draft = await this.#parts.store.blobs.draft("uploads");
    try {
      await pipeline(content, draft.stream, { end: false });
      if (content.truncated) throw new HttpProblem(413, tell("fileTooLarge"));
      this.#stored.push({ filename, blob: (await draft.commit()).blob });
    } catch (error) {
      await draft.abandon().catch(() => undefined);
      throw formFault(error);
    }
  }
}
