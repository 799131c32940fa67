/**
 * @file From the findings of a series to objects that wait to be sent: made, kept, and planned for each destination once.
 *
 * The objects' identifiers follow from what they say (`objects/result-uid.ts`). A job that is repeated makes the same objects,
 * whose deliveries are planned already; a late image makes others.
 */
import type { ReportReference } from "@fovea/core/dicom/objects/result-source";
import { FoveaError } from "@fovea/core/errors";
import type { DestinationConfig, ResultKind } from "../config/service-config";
import type { Analyses } from "../store/analyses";
import type { BlobStore } from "../store/blob-store";
import { cancelRemoval, writeBooked } from "../store/booked-blob";
import type { Database, Sql } from "../store/database";
import type { Deliveries } from "../store/deliveries";
import type { KeptFinding } from "../store/findings";
import type { ModelVersion, NewDelivery } from "../store/record";
import type { InstanceRecord, SeriesRecord } from "../store/studies";
import { earlierReports } from "./earlier-report";

/** An image that was looked at, or could not be. */
export interface LookedAtImage {
  /** The file as it was received. */
  readonly read: () => Promise<Uint8Array>;
  readonly outcome: { readonly findings: readonly KeptFinding[] } | { readonly failure: string };
}

/** All that result objects are made of. */
export interface ResultSource {
  /** In their order. */
  readonly images: readonly LookedAtImage[];
  readonly model: ModelVersion;
  readonly kinds: readonly ResultKind[];
  /** Reports of the series that were made before. */
  readonly earlier: readonly ReportReference[];
  /** Of the analysis; a repetition gives the same. */
  readonly at: Date;
}

/** A whole DICOM file. */
export interface ResultObject {
  readonly kind: ResultKind;
  readonly sopUid: string;
  readonly sopClassUid: string;
  readonly bytes: Uint8Array;
}

/**
 * Makes objects of the kinds that are wanted and apply, one after another: a SEG only where there are masks. The same source
 * gives the same identifiers.
 *
 * @throws {FoveaError} if one does not stand up to its template; then none is sent
 */
export type BuildResultObjects = (source: ResultSource) => AsyncIterable<ResultObject>;

export interface ResultPlannerOptions {
  readonly database: Database;
  readonly destinations: readonly DestinationConfig[];
  readonly analyses: Pick<Analyses, "ofSeries">;
  readonly deliveries: Pick<Deliveries, "plan" | "ofStudy">;
  readonly blobs: Pick<BlobStore, "draft" | "read" | "remove">;
  readonly buildObjects: BuildResultObjects;
  /** Told once deliveries are planned. */
  readonly onPlanned?: () => void;
}

export interface AnalysedSeries {
  readonly series: SeriesRecord;
  readonly images: readonly InstanceRecord[];
  /** Reasons by SOP instance UID. */
  readonly failures: ReadonlyMap<string, string>;
  readonly model: ModelVersion;
  readonly sendTo?: readonly string[];
}

/** The deliveries of a series, for the transaction that ends it. */
export interface ResultPlan {
  enter(sql: Sql): Promise<void>;
  /** The transaction was not to be: what was kept for it goes. */
  drop(): Promise<void>;
}

async function noFile(): Promise<never> {
  throw new FoveaError("file_not_found", "the image is no longer kept");
}

const NO_PLAN: ResultPlan = { enter: async () => undefined, drop: async () => undefined };

export class ResultPlanner {
  readonly #options: ResultPlannerOptions;

  constructor(options: ResultPlannerOptions) {
    this.#options = options;
  }

  /**
   * Makes and keeps the objects of a series.
   *
   * @throws {FoveaError} what `buildObjects` throws; `disk_full`
   */
  async build({ series, images, failures, model, sendTo }: AnalysedSeries): Promise<ResultPlan> {
    const destinations = this.#options.destinations.filter(({ name }) => sendTo?.includes(name) ?? true);
    const kinds = [...new Set(destinations.flatMap(({ send }) => send))];
    if (kinds.length === 0) return NO_PLAN;
    const { buildObjects, analyses } = this.#options;
    const findings = await analyses.ofSeries(series.seriesUid);
    const source: ResultSource = {
      images: images.map((image) => this.#looked(image, findings, failures)),
      ...{ model, kinds, at: await this.#analysedAt(series.seriesUid, model.modelId) },
      earlier: kinds.includes("sr") ? await earlierReports(series, this.#options) : [],
    };
    const wanted: NewDelivery[] = [];
    const plan: ResultPlan = {
      enter: (sql) => this.#enter(wanted, sql),
      drop: () => this.#remove(wanted.map(({ blob }) => blob)),
    };
    try {
      for await (const object of buildObjects(source)) {
        const takers = destinations.filter(({ send }) => send.includes(object.kind));
        if (takers.length > 0) wanted.push(...(await this.#keep(object, series, takers)));
      }
    } catch (error) {
      await plan.drop();
      throw error;
    }
    return plan;
  }

  #looked(
    { sopUid, blob }: InstanceRecord,
    findings: readonly KeptFinding[],
    failures: ReadonlyMap<string, string>,
  ): LookedAtImage {
    // Nothing can be said anew of an image that retention has deleted; earlier reports, which are named, say it.
    if (blob === undefined) return { read: noFile, outcome: { failure: "no longer kept" } };
    const failure = failures.get(sopUid);
    return {
      read: () => this.#options.blobs.read(blob),
      outcome: failure === undefined ? { findings: findings.filter((one) => one.sopUid === sopUid) } : { failure },
    };
  }

  async #analysedAt(seriesUid: string, modelId: string): Promise<Date> {
    const [{ at }] = await this.#options.database.query<{ at: Date | null }>(
      `SELECT max(at) AS at FROM analysis JOIN instance USING (sop_uid) WHERE series_uid = $1 AND model_id = $2`,
      [seriesUid, modelId],
    );
    if (at === null) throw new Error("unreachable: results of a series of which nothing was analysed");
    return at;
  }

  /** One file, whoever takes it; booked for removal until a delivery names it, so that an end in between leaves none behind. */
  async #keep(
    { kind, sopUid, sopClassUid, bytes }: ResultObject,
    { seriesUid, studyUid }: SeriesRecord,
    takers: readonly DestinationConfig[],
  ): Promise<NewDelivery[]> {
    const blob = await writeBooked(this.#options, "objects", bytes);
    return takers.map(({ name }) => ({
      ...{ studyUid, seriesUid, kind, destination: name, objectSopUid: sopUid, sopClassUid, blob },
    }));
  }

  async #enter(wanted: readonly NewDelivery[], sql: Sql): Promise<void> {
    const { deliveries, onPlanned } = this.#options;
    const planned = new Set((await deliveries.plan(wanted, sql)).map(({ blob }) => blob));
    await cancelRemoval(sql, [...planned]);
    // What was planned by an earlier attempt has a file already.
    await this.#remove(wanted.map(({ blob }) => blob).filter((blob) => !planned.has(blob)));
    if (planned.size > 0) onPlanned?.();
  }

  async #remove(blobs: readonly string[]): Promise<void> {
    for (const blob of new Set(blobs)) await this.#options.blobs.remove(blob);
  }
}
