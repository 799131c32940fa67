/**
 * @file From the findings of a series to objects that wait to be sent: made, kept, and planned for each destination once.
 *
 * The objects' identifiers follow from the series, the model version, the rules and the findings. A job that is repeated makes
 * the same objects, whose deliveries are planned already; a late image makes others.
 */
import { createHash } from "node:crypto";
import type { DestinationConfig, ResultKind } from "../config/service-config";
import type { Analyses } from "../store/analyses";
import type { BlobStore } from "../store/blob-store";
import type { Sql } from "../store/database";
import type { Deliveries } from "../store/deliveries";
import type { KeptFinding } from "../store/findings";
import type { ModelVersion, NewDelivery } from "../store/record";
import type { InstanceRecord, SeriesRecord } from "../store/studies";
import { hashedUid } from "./result-uid";

/** An image that was looked at, or could not be. */
export interface ResultImage {
  readonly instance: InstanceRecord;
  /** By frame and falling confidence. */
  readonly findings: readonly KeptFinding[];
  readonly failure?: string;
}

/** All that result objects are made of. */
export interface ResultSource {
  readonly series: SeriesRecord;
  readonly images: readonly ResultImage[];
  readonly model: ModelVersion;
  /** `version@first 12 digits`. */
  readonly rulesVersion?: string;
  readonly kinds: readonly ResultKind[];
  /** The same part always gives the same UID; kinds and parts of this result only. */
  readonly uid: (part: string) => string;
  /** The file of an image, as it was received. */
  readonly read: (instance: InstanceRecord) => Promise<Uint8Array>;
}

/** A whole DICOM file, Explicit VR Little Endian. */
export interface ResultObject {
  readonly kind: ResultKind;
  readonly sopUid: string;
  readonly sopClassUid: string;
  readonly bytes: Uint8Array;
}

/**
 * Makes objects of the kinds that are wanted and apply: a SEG only where there are masks.
 *
 * @throws {FoveaError} if one does not stand up to its template; then none is sent
 */
export type BuildResultObjects = (source: ResultSource) => Promise<readonly ResultObject[]>;

export interface ResultPlannerOptions {
  readonly destinations: readonly DestinationConfig[];
  readonly analyses: Pick<Analyses, "ofSeries">;
  readonly deliveries: Pick<Deliveries, "plan">;
  readonly blobs: Pick<BlobStore, "draft" | "read" | "remove">;
  readonly buildObjects: BuildResultObjects;
  readonly rulesVersion?: string;
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

const NOTHING = async () => undefined;

export class ResultPlanner {
  readonly #options: ResultPlannerOptions;

  constructor(options: ResultPlannerOptions) {
    this.#options = options;
  }

  /**
   * Makes and keeps the objects of a series.
   *
   * @returns plans their deliveries, as a part of the transaction that ends the series
   * @throws {FoveaError} what `buildObjects` throws; `disk_full`
   */
  async build({ series, images, failures, model, sendTo }: AnalysedSeries): Promise<(sql: Sql) => Promise<void>> {
    const destinations = this.#options.destinations.filter(({ name }) => sendTo?.includes(name) ?? true);
    const kinds = [...new Set(destinations.flatMap(({ send }) => send))];
    if (kinds.length === 0) return NOTHING;
    const findings = await this.#options.analyses.ofSeries(series.seriesUid);
    const looked = images.map((instance): ResultImage => {
      const failure = failures.get(instance.sopUid);
      const found = findings.filter(({ sopUid }) => sopUid === instance.sopUid);
      return { instance, findings: found, ...(failure !== undefined && { failure }) };
    });
    const { rulesVersion, blobs, buildObjects } = this.#options;
    const identity = [series.seriesUid, model.modelId, rulesVersion ?? "", fingerprint(looked)];
    const objects = await buildObjects({
      ...{ series, images: looked, model, kinds },
      ...(rulesVersion !== undefined && { rulesVersion }),
      uid: (part) => hashedUid("fovea result", ...identity, part),
      read: ({ blob }) => blobs.read(blob ?? ""),
    });
    const kept: NewDelivery[] = [];
    for (const object of objects) {
      const takers = destinations.filter(({ send }) => send.includes(object.kind));
      if (takers.length > 0) kept.push(...(await this.#keep(object, series, takers)));
    }
    return (sql) => this.#plan(kept, sql);
  }

  /** One file, whoever takes it. */
  async #keep(
    { kind, sopUid, sopClassUid, bytes }: ResultObject,
    { seriesUid, studyUid }: SeriesRecord,
    takers: readonly DestinationConfig[],
  ): Promise<NewDelivery[]> {
    const draft = await this.#options.blobs.draft("objects");
    try {
      await new Promise<void>((resolve, reject) => {
        draft.stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
      const { blob } = await draft.commit();
      return takers.map(({ name }) => ({
        ...{ studyUid, seriesUid, kind, destination: name, objectSopUid: sopUid, sopClassUid, blob },
      }));
    } catch (error) {
      await draft.abandon();
      throw error;
    }
  }

  async #plan(wanted: readonly NewDelivery[], sql: Sql): Promise<void> {
    const { deliveries, blobs, onPlanned } = this.#options;
    const planned = new Set((await deliveries.plan(wanted, sql)).map(({ blob }) => blob));
    // What was planned by an earlier attempt has a file already. If this transaction fails, files without a row remain.
    const spare = new Set(wanted.map(({ blob }) => blob).filter((blob) => !planned.has(blob)));
    for (const blob of spare) await blobs.remove(blob);
    if (planned.size > 0) onPlanned?.();
  }
}

/** Of what was found in which image; without the record's own random identifiers. */
function fingerprint(images: readonly ResultImage[]): string {
  const hash = createHash("sha256");
  for (const { instance, findings, failure } of images) {
    hash.update(JSON.stringify([instance.sopUid, failure !== undefined]));
    for (const { frame, classId, className, confidence, box, polygon, category, suggestion } of findings) {
      const { x1, y1, x2, y2 } = box;
      hash.update(JSON.stringify([frame, classId, className, confidence, x1, y1, x2, y2, polygon, category, suggestion]));
    }
  }
  return hash.digest("hex");
}
