/**
 * @file When a study is complete: nothing came for a while, or a PACS says that all is here. Then its series are routed.
 *
 * A late image opens study and series again (the record does that as it takes the image), and the study completes once more;
 * what was analysed stays, and only what is new is analysed then.
 */
import { type Told, tell } from "@fovea/core/reasons/tell";
import type { CompletenessConfig, RoutingRule } from "../config/service-config";
import type { JobQueue } from "../jobs/job-queue";
import type { PacsPeer } from "../pacs/peer";
import type { Database, Sql } from "../store/database";
import type { ModelVersion } from "../store/record";
import type { QuietStudy, SeriesRecord, Studies } from "../store/studies";
import { ANALYSE_SERIES, type AnalyseSeriesJob, analysisKey } from "./analysis-job";
import { isImage, type Route, route } from "./routing";

export interface CompletenessOptions {
  readonly database: Database;
  readonly studies: Pick<Studies, "quiet" | "complete" | "series" | "instances" | "setSeriesState" | "settleState">;
  readonly queue: Pick<JobQueue, "add">;
  readonly config: CompletenessConfig;
  readonly routing: readonly RoutingRule[];
  /** @throws {FoveaError} `unknown_model` */
  readonly resolve: (wanted: { readonly model?: string; readonly modality?: string }) => ModelVersion;
  /** The PACS of `countFrom`. */
  readonly counter?: Pick<PacsPeer, "count">;
  readonly onError?: (error: unknown) => void;
}

/** A study is asked about once nothing came for so long, ms: the sender may be in the middle of it. */
const LULL_MS = 500;
/** Between two questions about the same study that has not changed, ms. */
const ASK_AGAIN_MS = 5000;
/** Studies that are remembered as asked about. */
const MAX_ASKED = 1000;

export class Completeness {
  readonly #options: Required<Omit<CompletenessOptions, "counter">> & Pick<CompletenessOptions, "counter">;
  readonly #asked = new Map<string, { readonly instances: number; readonly at: number }>();

  constructor(options: CompletenessOptions) {
    this.#options = { onError: () => undefined, ...options };
  }

  /** Looks once; several processes may look at the same time, and each study is routed by one of them. */
  async look(): Promise<void> {
    const { config, studies, onError, counter } = this.#options;
    const lull = counter === undefined ? config.quietMs : Math.min(LULL_MS, config.quietMs);
    for (const study of await studies.quiet(lull)) {
      try {
        if (study.quietMs >= config.quietMs || (await this.#isCounted(study))) await this.#complete(study);
      } catch (error) {
        // The other studies do not wait for this one, which is looked at again.
        onError(error);
      }
    }
  }

  async #isCounted({ studyUid, instances }: QuietStudy): Promise<boolean> {
    const { counter } = this.#options;
    const now = performance.now();
    const asked = this.#asked.get(studyUid);
    if (asked?.instances === instances && now - asked.at < ASK_AGAIN_MS) return false;
    if (this.#asked.size >= MAX_ASKED) this.#asked.clear();
    this.#asked.set(studyUid, { instances, at: now });
    const count = await counter?.count(studyUid);
    return count !== undefined && count > 0 && instances >= count;
  }

  async #complete(study: QuietStudy): Promise<void> {
    const { database, studies } = this.#options;
    const routed: { readonly series: SeriesRecord; readonly route: Route }[] = [];
    for (const series of await studies.series(study.studyUid)) {
      if (series.state === "received") routed.push({ series, route: await this.#route(series) });
    }
    await database.transaction(async (sql) => {
      // If something came since we looked, or another process was faster, nothing of this counts.
      if (!(await studies.complete(study, sql))) return;
      for (const { series, route } of routed) await this.#begin(series, route, sql);
      await studies.settleState(study.studyUid, sql);
    });
    this.#asked.delete(study.studyUid);
  }

  async #route(series: SeriesRecord): Promise<Route> {
    const instances = await this.#options.studies.instances(series.seriesUid);
    return route(
      {
        ...series,
        sopClassUids: instances.map(({ sopClassUid }) => sopClassUid),
        hasPixels: instances.some(isImage),
      },
      this.#options.routing,
    );
  }

  async #begin(series: SeriesRecord, chosen: Route, sql: Sql): Promise<void> {
    const { studies, queue } = this.#options;
    const { seriesUid, modality } = series;
    const skip = (reason: Told) => studies.setSeriesState(seriesUid, { state: "not_attempted", reason }, sql);
    if ("notAttempted" in chosen) return skip(chosen.notAttempted);
    let model: ModelVersion;
    try {
      model = this.#options.resolve({ model: chosen.model, modality });
    } catch {
      return skip(chosen.model === undefined ? noModel(modality) : tell("modelNotLoaded", { model: chosen.model }));
    }
    await studies.setSeriesState(seriesUid, { state: "queued", modelId: model.modelId }, sql);
    const job: AnalyseSeriesJob = {
      ...{ seriesUid, modelId: model.modelId },
      ...(chosen.sendTo && { sendTo: chosen.sendTo }),
    };
    await queue.add(ANALYSE_SERIES, { ...job }, { key: analysisKey(job), within: sql });
  }
}

function noModel(modality: string | undefined): Told {
  return modality === undefined ? tell("noModelWithoutModality") : tell("noModelFor", { modality });
}
