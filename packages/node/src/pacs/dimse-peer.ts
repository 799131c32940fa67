/**
 * @file A PACS behind DIMSE.
 */
import type { Readable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";
import type { DestinationConfig } from "../config/service-config";
import { get } from "./get-client";
import { type OutgoingObject, type PacsPeer, type SendOutcome, unlessRefused } from "./peer";
import { type ClientOptions, echo, find, type Level, move, type SuboperationCounts, type Wanted } from "./query-client";
import type { Callee } from "./request-association";
import { sendObjects } from "./store-client";

/** What only DIMSE can: have the peer send to a third one, or to our own receiver. */
export interface DimsePeer extends PacsPeer {
  /** @throws {FoveaError} `peer_refused`, `peer_unreachable`, `interrupted` */
  move(wanted: Wanted, destinationAe: string, signal?: AbortSignal): Promise<SuboperationCounts>;
}

/** @throws {FoveaError} `invalid_config` if the destination has no DIMSE address */
export function dimsePeer({ name, dimse }: DestinationConfig, options: Omit<ClientOptions, "signal"> = {}): DimsePeer {
  if (!dimse) throw new FoveaError("invalid_config", `destination ${JSON.stringify(name)} has no dimse section`);
  const callee: Callee = dimse;
  return {
    name,
    echo: (signal?: AbortSignal) => echo(callee, { ...options, signal }),
    send: (objects: readonly OutgoingObject[], signal?: AbortSignal): Promise<SendOutcome[]> =>
      sendObjects(callee, objects, { ...options, signal }),
    has: (object, signal) => has(callee, object, { ...options, signal }),
    count: (studyUid, signal) => count(callee, studyUid, { ...options, signal }),
    find: (level, query, signal?: AbortSignal) => find(callee, level, query, { ...options, signal }),
    retrieve: (wanted, signal?: AbortSignal) => retrieve(callee, wanted, { ...options, signal }),
    move: (wanted, destinationAe, signal) => move(callee, wanted, destinationAe, { ...options, signal }),
  };
}

async function all(callee: Callee, level: Level, query: Readonly<Record<string, string>>, options: ClientOptions) {
  const found: Record<string, string>[] = [];
  for await (const one of find(callee, level, query, options)) found.push(one);
  return found;
}

function has(
  callee: Callee,
  { studyUid, seriesUid, sopUid }: Parameters<PacsPeer["has"]>[0],
  options: ClientOptions,
): Promise<boolean | undefined> {
  const keys = { StudyInstanceUID: studyUid, SeriesInstanceUID: seriesUid, SOPInstanceUID: sopUid };
  return unlessRefused(async () => {
    const found = await all(callee, "IMAGE", keys, options);
    // A peer that ignores a key answers with everything.
    return found.some((one) => one.SOPInstanceUID === sopUid);
  });
}

/** By the study's own number, else by its series' numbers, else by counting instances. */
function count(callee: Callee, studyUid: string, options: ClientOptions): Promise<number | undefined> {
  const study = { StudyInstanceUID: studyUid };
  return unlessRefused(async () => {
    const [found] = await all(callee, "STUDY", { ...study, NumberOfStudyRelatedInstances: "" }, options);
    if (!found) return 0;
    const told = number(found.NumberOfStudyRelatedInstances);
    if (told !== undefined) return told;
    const series = await all(
      callee,
      "SERIES",
      { ...study, SeriesInstanceUID: "", NumberOfSeriesRelatedInstances: "" },
      options,
    );
    let sum = 0;
    for (const { SeriesInstanceUID, NumberOfSeriesRelatedInstances } of series) {
      const one = { ...study, SeriesInstanceUID, SOPInstanceUID: "" };
      sum += number(NumberOfSeriesRelatedInstances) ?? (await all(callee, "IMAGE", one, options)).length;
    }
    return sum;
  });
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** C-GET, with contexts for what the study has: it is asked first. */
async function* retrieve(callee: Callee, wanted: Wanted, options: ClientOptions): AsyncGenerator<Readable> {
  const classes = await classesOf(callee, wanted, options);
  yield* get(callee, wanted, classes, options);
}

/** SOP classes of what is wanted, as far as the peer says; [] where it does not. */
async function classesOf(
  callee: Callee,
  { studyUid, seriesUid, sopUid }: Wanted,
  options: ClientOptions,
): Promise<string[]> {
  const found = await unlessRefused(async () => {
    const [study] = await all(callee, "STUDY", { StudyInstanceUID: studyUid, SOPClassesInStudy: "" }, options);
    const told = study?.SOPClassesInStudy?.split("\\").filter(Boolean) ?? [];
    if (told.length > 0) return told;
    const series = seriesUid
      ? [{ SeriesInstanceUID: seriesUid }]
      : await all(callee, "SERIES", { StudyInstanceUID: studyUid, SeriesInstanceUID: "" }, options);
    const classes = new Set<string>();
    for (const { SeriesInstanceUID } of series) {
      const keys = { StudyInstanceUID: studyUid, SeriesInstanceUID, SOPInstanceUID: sopUid ?? "", SOPClassUID: "" };
      for (const { SOPClassUID } of await all(callee, "IMAGE", keys, options))
        if (SOPClassUID) classes.add(SOPClassUID);
    }
    return [...classes];
  });
  return found ?? [];
}
