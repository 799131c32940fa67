/**
 * @file The job of a series and a model version: every image analysed and recorded, one by one, then the results planned.
 *
 * Each image is recorded as soon as it is done, so that a job that comes again goes on where the last one ended. An image that
 * cannot be analysed is recorded with the reason, and the others go on.
 */
import { FoveaError } from "@fovea/core/errors";
import type { InferencePool } from "../inference/inference-pool";
import type { Analyses } from "../store/analyses";
import type { AuditLog } from "../store/audit-log";
import type { BlobStore } from "../store/blob-store";
import type { Database, Sql } from "../store/database";
import type { Models } from "../store/models";
import type { InstanceAnalysis, ModelVersion } from "../store/record";
import type { InstanceRecord, SeriesRecord, Studies } from "../store/studies";
import { analyseImage, type Judge } from "./analyse-image";
import type { AnalyseSeriesJob } from "./analysis-job";
import type { ResultPlan, ResultPlanner } from "./result-objects";
import { isImageClass } from "./routing";

export interface SeriesAnalysisOptions {
  readonly database: Database;
  readonly studies: Pick<Studies, "findSeries" | "instances" | "setSeriesState" | "settleState">;
  readonly analyses: Pick<Analyses, "record" | "done" | "failures">;
  readonly models: Pick<Models, "put">;
  readonly audit: Pick<AuditLog, "appendIn">;
  readonly blobs: Pick<BlobStore, "read">;
  readonly pool: Pick<InferencePool, "analyse" | "models">;
  readonly judge: Judge;
  readonly results: Pick<ResultPlanner, "build">;
  /** Images of one series under way at one time. @default 4 */
  readonly parallel?: number;
  readonly onImage?: (analysis: InstanceAnalysis) => void;
}

export class SeriesAnalysis {
  readonly #options: Required<SeriesAnalysisOptions>;
  readonly #known = new Set<string>();

  constructor(options: SeriesAnalysisOptions) {
    this.#options = { parallel: 4, onImage: () => undefined, ...options };
  }

  /** @throws what makes the job come again: the pool closes, the database is away */
  async run(job: AnalyseSeriesJob, signal: AbortSignal): Promise<void> {
    const { studies, pool } = this.#options;
    const series = await studies.findSeries(job.seriesUid);
    // Deleted by retention, opened again by a late image, or given to another model since.
    if (series === undefined || series.state !== "queued" || series.modelId !== job.modelId) return;
    let model: ModelVersion;
    try {
      model = pool.models.resolve({ model: job.modelId });
    } catch (error) {
      if (!(error instanceof FoveaError && error.code === "unknown_model")) throw error;
      return this.#end(series, { failure: `model version ${job.modelId} is not loaded` });
    }
    await this.#makeKnown(model);
    const images = (await studies.instances(job.seriesUid)).filter(isImage);
    await this.#analyse(images, model, signal);
    await this.#conclude(series, images, model, job);
  }

  /** A job whose attempts are used up: what could not be done is said. */
  async giveUp(job: AnalyseSeriesJob): Promise<void> {
    const series = await this.#options.studies.findSeries(job.seriesUid);
    if (series === undefined || series.state !== "queued") return;
    await this.#end(series, { failure: "the analysis was begun many times and never came to an end" });
  }

  async #makeKnown(model: ModelVersion): Promise<void> {
    if (this.#known.has(model.modelId)) return;
    await this.#options.models.put(model, "ready");
    this.#known.add(model.modelId);
  }

  async #analyse(images: readonly InstanceRecord[], model: ModelVersion, signal: AbortSignal): Promise<void> {
    const { analyses, parallel } = this.#options;
    const done = await analyses.done(
      images.map(({ sopUid }) => sopUid),
      model.modelId,
    );
    const waiting = images.filter(({ sopUid }) => !done.has(sopUid)).values();
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const lane = async () => {
      try {
        for (const image of waiting) await this.#analyseOne(image, model, both);
      } catch (error) {
        stop.abort();
        throw error;
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: parallel }, lane));
    // The first that went wrong ended the others.
    const failures = lanes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    if (failures.length > 0) throw failures.find((one) => (one as Error)?.name !== "AbortError") ?? failures[0];
  }

  async #analyseOne(image: InstanceRecord, model: ModelVersion, signal: AbortSignal): Promise<void> {
    const { database, analyses, audit, judge, onImage } = this.#options;
    const analysis = await analyseImage(image, { ...this.#options, modelId: model.modelId, signal });
    await database.transaction(async (sql) => {
      const [kept] = await analyses.record([analysis], sql);
      if (!kept) return;
      const failed = "failure" in analysis.outcome;
      await audit.appendIn(sql, [
        {
          ...{ actor: "system", action: failed ? "instance.fail" : "instance.analyse", subject: image.sopUid },
          details: "findings" in analysis.outcome ? { findings: analysis.outcome.findings.length } : {},
          ...{ inputSha256: image.sha256, modelSha256: model.sha256, rulesSha256: judge.sha256 },
        },
      ]);
    });
    onImage(analysis);
  }

  async #conclude(
    series: SeriesRecord,
    images: readonly InstanceRecord[],
    model: ModelVersion,
    job: AnalyseSeriesJob,
  ): Promise<void> {
    const failures = await this.#options.analyses.failures(series.seriesUid, model.modelId);
    const failed = images.filter(({ sopUid }) => failures.has(sopUid));
    const reason =
      failed.length === 0 ? undefined : reasonOf(failed.length, images.length, failures.get(failed[0].sopUid));
    if (failed.length === images.length)
      return this.#end(series, { failure: reason ?? "no image is kept any more" }, images);
    try {
      const plan = await this.#options.results.build({ series, images, failures, model, sendTo: job.sendTo });
      await this.#end(series, { reason, plan }, images);
    } catch (error) {
      if (!(error instanceof FoveaError) || error.code === "database_unavailable" || error.code === "disk_full")
        throw error;
      const failure = `found, but not reported: ${error.code}: ${error.message}`.slice(0, 300);
      await this.#end(series, { failure }, images);
    }
  }

  /**
   * State and deliveries at once; unless a late image opened the series meanwhile: then it will come here again. It may be queued
   * again already, for the job behind this one.
   *
   * @param seen images that this job looked at; absent where it looked at none
   */
  async #end(
    { seriesUid, studyUid }: SeriesRecord,
    how: { readonly failure: string } | { readonly reason: string | undefined; readonly plan: ResultPlan },
    seen?: readonly InstanceRecord[],
  ): Promise<void> {
    const { database, studies } = this.#options;
    const isOver = await database.transaction(async (sql) => {
      const [now] = await sql.query("SELECT state FROM series WHERE series_uid = $1 FOR UPDATE", [seriesUid]);
      if (now?.state !== "queued" || (await hasMore(sql, seriesUid, seen))) return false;
      if ("failure" in how) await studies.setSeriesState(seriesUid, { state: "failed", reason: how.failure }, sql);
      else {
        await studies.setSeriesState(seriesUid, { state: "analysed", reason: how.reason }, sql);
        await how.plan.enter(sql);
      }
      await studies.settleState(studyUid, sql);
      return true;
    });
    if (!isOver && "plan" in how) await how.plan.drop();
  }
}

/** Whether the series has images that are not among those that were seen. */
async function hasMore(sql: Sql, seriesUid: string, seen?: readonly InstanceRecord[]): Promise<boolean> {
  if (seen === undefined) return false;
  const rows = await sql.query<{ sop_class_uid: string }>(
    `SELECT sop_class_uid FROM instance
     WHERE series_uid = $1 AND rows * columns > 0 AND NOT sop_uid = ANY($2::text[])`,
    [seriesUid, seen.map(({ sopUid }) => sopUid)],
  );
  return rows.some(({ sop_class_uid }) => isImageClass(sop_class_uid));
}

function isImage({ rows, columns, sopClassUid }: InstanceRecord): boolean {
  return rows * columns > 0 && isImageClass(sopClassUid);
}

function reasonOf(failed: number, all: number, first: string | undefined): string {
  return `${failed} of ${all} images could not be analysed; the first: ${first}`;
}
