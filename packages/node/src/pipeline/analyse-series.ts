/**
 * @file The job of a series and a model version: every image analysed and recorded, one by one, then the results planned.
 *
 * Each image is recorded as soon as it is done, so that a job that comes again goes on where the last one ended. A broken image
 * is recorded with the reason, and the others go on. What may pass (`patience.ts`) brings the job back once the others are done.
 * What is recorded, done or failed, is not tried again by itself (`analyse-again.ts`).
 */
import { FoveaError } from "@fovea/core/errors";
import { type Told, tell, tellError } from "@fovea/core/reasons/tell";
import type { InferencePool } from "../inference/inference-pool";
import { modelNameOf } from "../model/model-file-version";
import type { Analyses } from "../store/analyses";
import type { Attempts } from "../store/attempts";
import type { AuditLog } from "../store/audit-log";
import type { BlobStore } from "../store/blob-store";
import type { Database } from "../store/database";
import type { Models } from "../store/models";
import type { Postponements } from "../store/postponements";
import type { InstanceAnalysis, ModelVersion } from "../store/record";
import type { InstanceRecord, SeriesRecord, Studies } from "../store/studies";
import { analyseImage, type Judge } from "./analyse-image";
import type { AnalyseSeriesJob } from "./analysis-job";
import {
  concernsAll,
  HUNG,
  isProven,
  isSpent,
  MAX_DEATHS,
  PATIENCE,
  type Patience,
  reasonOf,
  spentReason,
} from "./patience";
import type { ResultPlan, ResultPlanner } from "./result-objects";
import { isImage } from "./routing";

export interface SeriesAnalysisOptions {
  readonly database: Database;
  readonly studies: Pick<Studies, "findSeries" | "instances" | "setSeriesState" | "settleState" | "setReason">;
  readonly analyses: Pick<Analyses, "record" | "done" | "lookedAt" | "failures">;
  readonly attempts: Pick<Attempts, "suspects" | "begin" | "end">;
  readonly postponements: Pick<Postponements, "add" | "end" | "becauseOf">;
  readonly models: Pick<Models, "makeKnown">;
  readonly audit: Pick<AuditLog, "appendIn">;
  readonly blobs: Pick<BlobStore, "read">;
  readonly pool: Pick<InferencePool, "analyse" | "models">;
  readonly judge: Judge;
  readonly results: Pick<ResultPlanner, "build">;
  /** Images of one series under way at one time. @default 4 */
  readonly parallel?: number;
  /** @default `PATIENCE` */
  readonly patience?: Patience;
  readonly onImage?: (analysis: InstanceAnalysis) => void;
}

const NO_LONGER_KEPT = tellError("file_not_found", tell("imageNotKept"));

export class SeriesAnalysis {
  readonly #options: Required<SeriesAnalysisOptions>;
  readonly #known = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(options: SeriesAnalysisOptions) {
    this.#options = { parallel: 4, patience: PATIENCE, onImage: () => undefined, ...options };
  }

  /** @throws what makes the job come again: the pool closes, the database is away, an image is to be tried again */
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
      return this.#end(series, instances, { failure: tell("versionNotLoaded", { version: job.modelId }) });
    }
    await this.#makeKnown(model);
    if (model.modelId !== job.modelId) {
      await studies.setSeriesState(job.seriesUid, { state: "queued", modelId: model.modelId });
    }
    const images = instances.filter(isImage);
    const postponed = await this.#analyse(series, images, model, signal);
    if (postponed.length > 0) {
      const [first] = postponed;
      const counts = { waiting: postponed.length, all: images.length };
      await this.#comeAgain(series, tell("imagesWait", { ...counts, first: reasonOf(first) }), first);
    }
    return this.#conclude(series, instances, model, job);
  }

  /** Says why the series still waits. @throws what makes the job come again */
  async #comeAgain({ seriesUid }: SeriesRecord, reason: Told, error: unknown): Promise<never> {
    await this.#options.studies.setReason(seriesUid, reason);
    throw error;
  }

  /** The version that the job names; if a newer one of that name took its place since, that one. */
  #modelOf({ modelId }: AnalyseSeriesJob): ModelVersion | undefined {
    for (const model of [modelId, modelNameOf(modelId)]) {
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
    const { reason: last } = series;
    const failure = last === undefined ? tell("neverEnded") : tell("neverEndedAtLast", { last });
    await this.#end(series, instances, { failure });
  }

  async #makeKnown(model: ModelVersion): Promise<void> {
    if (this.#known.has(model.modelId)) return;
    await this.#options.models.makeKnown(model);
    this.#known.add(model.modelId);
  }

  /** @returns why some are to be tried again */
  async #analyse(
    { seriesUid }: SeriesRecord,
    images: readonly InstanceRecord[],
    model: ModelVersion,
    signal: AbortSignal,
  ): Promise<readonly unknown[]> {
    const { analyses, attempts, parallel, postponements } = this.#options;
    const uids = (some: readonly InstanceRecord[]) => some.map(({ sopUid }) => sopUid);
    const done = await analyses.done(uids(images), model.modelId);
    const failures = await analyses.failures(seriesUid, model.modelId);
    const left = images.filter((image) => !done.has(image.sopUid) && !isOver(image, failures.get(image.sopUid)));
    await this.#passOver(left.filter(isGone), model);
    const waiting = left.filter((image) => !isGone(image));
    const fatal = await attempts.suspects(uids(waiting), model.modelId);
    const hung = await postponements.becauseOf(HUNG, uids(waiting), model.modelId);
    const suspects = new Set([...fatal, ...hung]);
    const postponed: unknown[] = [];
    const work = async (image: InstanceRecord, one: AbortSignal) => {
      const why = await this.#analyseOne(image, model, one);
      if (why !== undefined) postponed.push(why);
    };
    const fresh = waiting.filter(({ sopUid }) => !suspects.has(sopUid));
    await inLanes(fresh, parallel, work, signal);
    // One of these may have ended the process, or hung, with the others beside it: each has its next attempt alone.
    const alone = (image: InstanceRecord, one: AbortSignal) => this.#alone(() => work(image, one));
    const rest = waiting.filter(({ sopUid }) => suspects.has(sopUid));
    await inLanes(rest, 1, alone, signal);
    return postponed;
  }

  /** Images whose files retention has deleted: what an earlier model version found in them stands. */
  async #passOver(images: readonly InstanceRecord[], model: ModelVersion): Promise<void> {
    if (images.length === 0) return;
    const before = await this.#options.analyses.lookedAt(images.map(({ sopUid }) => sopUid));
    for (const image of images) {
      if (!before.has(image.sopUid)) await this.#record(image, model, this.#failure(image, model, NO_LONGER_KEPT));
    }
  }

  /** After what else is analysed alone, of whatever series. */
  #alone(work: () => Promise<void>): Promise<void> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** @returns why it is to be tried again, if it is */
  async #analyseOne(image: InstanceRecord, model: ModelVersion, signal: AbortSignal): Promise<unknown> {
    const { attempts, patience, postponements } = this.#options;
    const [{ sopUid }, { modelId }] = [image, model];
    let analysis: InstanceAnalysis;
    try {
      analysis = await this.#attempt(image, model, signal);
    } catch (error) {
      // Where this fails too, another attempt of this process does not count.
      await attempts.end(sopUid, modelId).catch(() => undefined);
      if (signal.aborted || concernsAll(error)) throw error;
      const tried = await postponements.add(sopUid, modelId, reasonOf(error));
      if (!isSpent(error, tried, patience)) return error;
      analysis = this.#failure(image, model, spentReason(error, tried));
    }
    await this.#record(image, model, analysis);
    return undefined;
  }

  async #record(image: InstanceRecord, model: ModelVersion, analysis: InstanceAnalysis): Promise<void> {
    const { database, analyses, attempts, audit, judge, onImage, postponements } = this.#options;
    await database.transaction(async (sql) => {
      const [kept] = await analyses.record([analysis], sql);
      await attempts.end(image.sopUid, model.modelId, sql);
      await postponements.end(image.sopUid, model.modelId, sql);
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

  #failure({ sopUid }: InstanceRecord, { modelId }: ModelVersion, failure: Told): InstanceAnalysis {
    const { version } = this.#options.judge;
    return { sopUid, modelId, ...(version !== undefined && { rulesVersion: version }), outcome: { failure } };
  }

  /** That it begins is written down before: a library that crashes takes the process with it, and nobody can say so after. */
  async #attempt(image: InstanceRecord, model: ModelVersion, signal: AbortSignal): Promise<InstanceAnalysis> {
    const { modelId } = model;
    signal.throwIfAborted();
    const deaths = await this.#options.attempts.begin(image.sopUid, modelId);
    if (deaths >= MAX_DEATHS) {
      return this.#failure(image, model, tellError("runtime_failed", tell("programEnded", { deaths })));
    }
    return analyseImage(image, { ...this.#options, modelId, signal });
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
    if (failed.length === images.length) {
      const failure =
        failed.length === 0 ? tell("noImageKept") : tell("imagesFailed", countsOf(failed, images, failures));
      return this.#end(series, instances, { failure });
    }
    const gone = images.filter(isGone).length;
    const reason = reasonOfPart(countsOf(failed, images, failures), gone);
    let plan: ResultPlan;
    try {
      plan = await this.#options.results.build({ series, images, failures, model, sendTo: job.sendTo });
    } catch (error) {
      if (concernsAll(error)) throw error;
      const why = reasonOf(error);
      if (isProven(error)) return this.#end(series, instances, { failure: tell("notReported", { why }) });
      return this.#comeAgain(series, tell("reportedLater", { why }), error);
    }
    return this.#end(series, instances, { reason, plan });
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
    how: { readonly failure: Told } | { readonly reason: Told | undefined; readonly plan: ResultPlan },
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

/** Retention has deleted its file. */
function isGone({ blob }: InstanceRecord): boolean {
  return blob === undefined;
}

/** It failed; unless that was for want of its file, and this has come again. */
function isOver(image: InstanceRecord, failure: string | undefined): boolean {
  return failure !== undefined && (failure !== NO_LONGER_KEPT || isGone(image));
}

function countsOf(
  failed: readonly InstanceRecord[],
  all: readonly InstanceRecord[],
  failures: ReadonlyMap<string, string>,
) {
  const [{ sopUid } = { sopUid: "" }] = failed;
  return { failed: failed.length, all: all.length, first: failures.get(sopUid) ?? "unknown" };
}

/** Why not all of a series was analysed; undefined if all was. */
function reasonOfPart(counts: ReturnType<typeof countsOf>, gone: number): Told | undefined {
  const { failed, all } = counts;
  if (failed > 0 && gone > 0) return tell("imagesFailedAndGone", { ...counts, gone, kept: all });
  if (failed > 0) return tell("imagesFailed", counts);
  return gone > 0 ? tell("imagesGone", { gone, all }) : undefined;
}
