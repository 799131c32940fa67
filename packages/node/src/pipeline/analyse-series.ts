/**
 * @file The job of a series and a model version: every image analysed and recorded, one by one, then the results planned.
 *
 * Each image is recorded as soon as it is done, so that a job that comes again goes on where the last one ended. An image that
 * cannot be analysed is recorded with the reason, and the others go on.
 */
import { FoveaError } from "@fovea/core/errors";
import type { InferencePool } from "../inference/inference-pool";
import type { Analyses } from "../store/analyses";
import type { Attempts } from "../store/attempts";
import type { AuditLog } from "../store/audit-log";
import type { BlobStore } from "../store/blob-store";
import type { Database } from "../store/database";
import type { Models } from "../store/models";
import type { InstanceAnalysis, ModelVersion } from "../store/record";
import type { InstanceRecord, SeriesRecord, Studies } from "../store/studies";
import { analyseImage, type Judge } from "./analyse-image";
import type { AnalyseSeriesJob } from "./analysis-job";
import type { ResultPlan, ResultPlanner } from "./result-objects";
import { isImage } from "./routing";

export interface SeriesAnalysisOptions {
  readonly database: Database;
  readonly studies: Pick<Studies, "findSeries" | "instances" | "setSeriesState" | "settleState">;
  readonly analyses: Pick<Analyses, "record" | "done" | "failures">;
  readonly attempts: Pick<Attempts, "suspects" | "begin" | "end">;
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

/** Ends of the process within an image, before it is not tried again. */
const MAX_DEATHS = 3;

export class SeriesAnalysis {
  readonly #options: Required<SeriesAnalysisOptions>;
  readonly #known = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(options: SeriesAnalysisOptions) {
    this.#options = { parallel: 4, onImage: () => undefined, ...options };
  }

  /** @throws what makes the job come again: the pool closes, the database is away */
  async run(job: AnalyseSeriesJob, signal: AbortSignal): Promise<void> {
    // Images that came while others were analysed are looked at before anything is said of the series.
    while (!(await this.#lookAtAll(job, signal)));
  }

  /** @returns whether there is nothing left to do for this job */
  async #lookAtAll(job: AnalyseSeriesJob, signal: AbortSignal): Promise<boolean> {
    const { studies } = this.#options;
    const series = await studies.findSeries(job.seriesUid);
    // Deleted by retention, or opened again by a late image.
    if (series?.state !== "queued") return true;
    const instances = await studies.instances(job.seriesUid);
    const model = this.#modelOf(job);
    if (model === undefined) {
      return this.#end(series, instances, { failure: `model version ${job.modelId} is not loaded` });
    }
    await this.#makeKnown(model);
    if (model.modelId !== job.modelId) {
      await studies.setSeriesState(job.seriesUid, { state: "queued", modelId: model.modelId });
    }
    await this.#analyse(instances.filter(isImage), model, signal);
    return this.#conclude(series, instances, model, job);
  }

  /** The version that the job names; if a newer one of that name took its place since, that one. */
  #modelOf({ modelId }: AnalyseSeriesJob): ModelVersion | undefined {
    const [name] = modelId.split("@");
    for (const model of [modelId, name]) {
      try {
        return this.#options.pool.models.resolve({ model });
      } catch (error) {
        if (!(error instanceof FoveaError && error.code === "unknown_model")) throw error;
      }
    }
    return undefined;
  }

  /** A job whose attempts are used up: what could not be done is said. */
  async giveUp(job: AnalyseSeriesJob): Promise<void> {
    const series = await this.#options.studies.findSeries(job.seriesUid);
    if (series === undefined || series.state !== "queued") return;
    const instances = await this.#options.studies.instances(job.seriesUid);
    await this.#end(series, instances, { failure: "the analysis was begun many times and never came to an end" });
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
    const waiting = images.filter(({ sopUid }) => !done.has(sopUid));
    const suspects = await this.#options.attempts.suspects(
      waiting.map(({ sopUid }) => sopUid),
      model.modelId,
    );
    const work = (image: InstanceRecord, one: AbortSignal) => this.#analyseOne(image, model, one);
    const fresh = waiting.filter(({ sopUid }) => !suspects.has(sopUid));
    await inLanes(fresh, parallel, work, signal);
    // One of these may have ended the process, with the others beside it: each has its next attempt alone.
    const alone = (image: InstanceRecord, one: AbortSignal) => this.#alone(() => work(image, one));
    const rest = waiting.filter(({ sopUid }) => suspects.has(sopUid));
    await inLanes(rest, 1, alone, signal);
  }

  /** After what else is analysed alone, of whatever series. */
  #alone(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #analyseOne(image: InstanceRecord, model: ModelVersion, signal: AbortSignal): Promise<void> {
    const { database, analyses, attempts, audit, judge, onImage } = this.#options;
    const analysis = await this.#attempt(image, model, signal);
    await database.transaction(async (sql) => {
      const [kept] = await analyses.record([analysis], sql);
      await attempts.end(image.sopUid, model.modelId, sql);
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

  /** That it begins is written down before: a library that crashes takes the process with it, and nobody can say so after. */
  async #attempt(image: InstanceRecord, model: ModelVersion, signal: AbortSignal): Promise<InstanceAnalysis> {
    const { attempts, judge } = this.#options;
    const [{ sopUid }, { modelId }] = [image, model];
    signal.throwIfAborted();
    const deaths = await attempts.begin(sopUid, modelId);
    if (deaths >= MAX_DEATHS) {
      const failure = `runtime_failed: the program ended ${deaths} times while it analysed this image`;
      return {
        sopUid,
        modelId,
        ...(judge.version !== undefined && { rulesVersion: judge.version }),
        outcome: { failure },
      };
    }
    try {
      return await analyseImage(image, { ...this.#options, modelId, signal });
    } catch (error) {
      // Not the image's doing; where this fails too, another attempt of this process does not count.
      await attempts.end(sopUid, modelId).catch(() => undefined);
      throw error;
    }
  }

  async #conclude(
    series: SeriesRecord,
    instances: readonly InstanceRecord[],
    model: ModelVersion,
    job: AnalyseSeriesJob,
  ): Promise<boolean> {
    const images = instances.filter(isImage);
    const failures = await this.#options.analyses.failures(series.seriesUid, model.modelId);
    const failed = images.filter(({ sopUid }) => failures.has(sopUid));
    const reason =
      failed.length === 0 ? undefined : reasonOf(failed.length, images.length, failures.get(failed[0].sopUid));
    if (failed.length === images.length)
      return this.#end(series, instances, { failure: reason ?? "no image is kept any more" });
    try {
      const plan = await this.#options.results.build({ series, images, failures, model, sendTo: job.sendTo });
      return await this.#end(series, instances, { reason, plan });
    } catch (error) {
      if (!(error instanceof FoveaError) || error.code === "database_unavailable" || error.code === "disk_full")
        throw error;
      const failure = `found, but not reported: ${error.code}: ${error.message}`.slice(0, 300);
      return this.#end(series, instances, { failure });
    }
  }

  /**
   * State and deliveries at once; unless a late image opened the series meanwhile: then it will come here again. If it was
   * even queued again with images that are not among `instances`, nothing is said of it: they were not looked at.
   *
   * @returns false if such images wait
   */
  async #end(
    { seriesUid, studyUid }: SeriesRecord,
    instances: readonly InstanceRecord[],
    how: { readonly failure: string } | { readonly reason: string | undefined; readonly plan: ResultPlan },
  ): Promise<boolean> {
    const { database, studies } = this.#options;
    const known = instances.map(({ sopUid }) => sopUid);
    const outcome = await database.transaction(async (sql) => {
      const [now] = await sql.query("SELECT state FROM series WHERE series_uid = $1 FOR UPDATE", [seriesUid]);
      if (now?.state !== "queued") return "opened";
      const late = await sql.query(
        "SELECT 1 FROM instance WHERE series_uid = $1 AND NOT sop_uid = ANY($2::text[]) LIMIT 1",
        [seriesUid, known],
      );
      if (late.length > 0) return "late images";
      if ("failure" in how) await studies.setSeriesState(seriesUid, { state: "failed", reason: how.failure }, sql);
      else {
        await studies.setSeriesState(seriesUid, { state: "analysed", reason: how.reason }, sql);
        await how.plan.enter(sql);
      }
      await studies.settleState(studyUid, sql);
      return "over";
    });
    if (outcome !== "over" && "plan" in how) await how.plan.drop();
    return outcome !== "late images";
  }
}

/** So many at one time; the first that goes wrong ends the others. */
async function inLanes(
  images: readonly InstanceRecord[],
  lanes: number,
  work: (image: InstanceRecord, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = images.values();
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const lane = async () => {
    try {
      for (const image of waiting) await work(image, both);
    } catch (error) {
      stop.abort();
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const failures = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  if (failures.length > 0) throw failures.find((one) => (one as Error)?.name !== "AbortError") ?? failures[0];
}

function reasonOf(failed: number, all: number, first: string | undefined): string {
  return `${failed} of ${all} images could not be analysed; the first: ${first}`;
}
