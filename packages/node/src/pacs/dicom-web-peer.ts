/**
 * @file A PACS behind DICOMweb: STOW-RS, QIDO-RS, WADO-RS (PS3.18 10.4 to 10.6).
 */
import { Readable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";
import type { DestinationConfig } from "../config/service-config";
import { identifierOfJson } from "./dicom-json";
import { type DicomWeb, json, pieces, request, statusError, type WebTimes } from "./dicom-web-request";
import { type Identifier, keywordEntry, keywordTable } from "./identifier";
import { boundaryOf, parts } from "./multipart";
import { type PacsPeer, unlessRefused } from "./peer";
import type { Level, Wanted } from "./query-client";
import { stow } from "./stow-client";

/** Matches asked for at a time. */
const PAGE = 500;

/** @throws {FoveaError} `invalid_config` if the destination has no DICOMweb address */
export function dicomWebPeer({ name, dicomWeb }: DestinationConfig, times: WebTimes = {}): PacsPeer {
  if (!dicomWeb) throw new FoveaError("invalid_config", `destination ${JSON.stringify(name)} has no dicomWeb section`);
  const web: DicomWeb = dicomWeb;
  return {
    name,
    echo: async (signal) => {
      await page(web, "/studies?limit=1", times, signal);
    },
    send: (objects, signal) => stow(web, objects, times, signal),
    has: (object, signal) => unlessRefused(() => has(web, object, times, signal)),
    count: (studyUid, signal) => unlessRefused(() => count(web, studyUid, times, signal)),
    find: (level, query, signal) => find(web, level, query, times, signal),
    retrieve: (wanted, signal) => retrieve(web, wanted, times, signal),
  };
}

/** Matches of one request; none where the study is not there. */
async function page(web: DicomWeb, path: string, times: WebTimes, signal?: AbortSignal): Promise<unknown[]> {
  const response = await request(web, path, { accept: "application/dicom+json", signal }, times);
  if (response.status === 204 || response.status === 404) {
    await response.body?.cancel();
    return [];
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw statusError(response.status, "QIDO-RS");
  }
  const answer = await json(response, times, signal);
  if (answer === undefined) return [];
  if (!Array.isArray(answer)) throw new FoveaError("peer_refused", "QIDO-RS: the answer is no list");
  return answer;
}

/** `/studies/{uid}/series/{uid}/instances` and what it is asked for; UIDs in the path are those that are known. */
function queryPath(level: Level, query: Readonly<Identifier>): string {
  const { StudyInstanceUID: study, SeriesInstanceUID: series, ...keys } = query;
  const isExact = (value: string | undefined): value is string => value !== undefined && /^[0-9.]+$/.test(value);
  const inStudy = level !== "STUDY" && isExact(study);
  const inSeries = level === "IMAGE" && inStudy && isExact(series);
  const parameters = new URLSearchParams();
  const rest: Record<string, string | undefined> = { ...keys, ...(inStudy ? {} : { StudyInstanceUID: study }) };
  if (!inSeries) rest.SeriesInstanceUID = series;
  for (const [keyword, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (value === "") parameters.append("includefield", keyword);
    else parameters.append(keyword, value);
  }
  const name = { STUDY: "/studies", SERIES: "/series", IMAGE: "/instances" }[level];
  return `${inStudy ? `/studies/${study}` : ""}${inSeries ? `/series/${series}` : ""}${name}?${parameters}`;
}

/** Page after page until an empty one: a server may give fewer matches at a time than it was asked for. */
async function* find(
  web: DicomWeb,
  level: Level,
  query: Readonly<Identifier>,
  times: WebTimes,
  signal?: AbortSignal,
): AsyncGenerator<Identifier> {
  const table = await keywordTable();
  for (const keyword of Object.keys(query)) keywordEntry(table, keyword);
  const path = queryPath(level, query);
  let before = "";
  for (let offset = 0; ; ) {
    const matches = await page(web, `${path}&limit=${PAGE}&offset=${offset}`, times, signal);
    // Some ignore the offset, and would answer the same for ever.
    const text = JSON.stringify(matches);
    if (matches.length === 0 || text === before) return;
    for (const match of matches) yield await identifierOfJson(match);
    before = text;
    offset += matches.length;
  }
}

async function has(
  web: DicomWeb,
  object: Parameters<PacsPeer["has"]>[0],
  times: WebTimes,
  signal?: AbortSignal,
): Promise<boolean> {
  const keys = {
    StudyInstanceUID: object.studyUid,
    SeriesInstanceUID: object.seriesUid,
    SOPInstanceUID: object.sopUid,
  };
  for await (const one of find(web, "IMAGE", keys, times, signal))
    if (one.SOPInstanceUID === object.sopUid) return true;
  return false;
}

async function count(web: DicomWeb, studyUid: string, times: WebTimes, signal?: AbortSignal): Promise<number> {
  const study = { StudyInstanceUID: studyUid };
  for await (const one of find(web, "STUDY", { ...study, NumberOfStudyRelatedInstances: "" }, times, signal)) {
    const told = one.NumberOfStudyRelatedInstances ?? "";
    if (/^\d+$/.test(told)) return Number(told);
    break;
  }
  let instances = 0;
  for await (const _ of find(web, "IMAGE", study, times, signal)) instances++;
  return instances;
}

/** Files part by part; a stream is over when the next one is asked for. @throws {FoveaError} `peer_refused` at the end, if it has more */
async function* retrieve(
  web: DicomWeb,
  { studyUid, seriesUid, sopUid }: Wanted,
  times: WebTimes,
  signal?: AbortSignal,
): AsyncGenerator<Readable> {
  const path = `/studies/${studyUid}${seriesUid ? `/series/${seriesUid}` : ""}${sopUid ? `/instances/${sopUid}` : ""}`;
  const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*';
  const response = await request(web, path, { accept, signal }, times);
  if (!response.ok) {
    await response.body?.cancel();
    throw statusError(response.status, "WADO-RS");
  }
  const boundary = boundaryOf(response.headers.get("content-type") ?? "");
  for await (const part of parts(pieces(response, times, signal), boundary)) {
    // Whoever reads it hears of an error; one that nobody reads any more must not end the process.
    const stream = Readable.from(part.body, { objectMode: false }).on("error", () => {});
    yield stream;
    if (!stream.readableEnded) stream.destroy();
  }
  // Partial Content: not all of it could be given (PS3.18 table 10.4.3-1).
  if (response.status === 206) throw new FoveaError("peer_refused", "WADO-RS: not everything came (HTTP status 206)");
}
