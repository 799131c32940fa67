/**
 * @file What of a study is left to fetch, when a retrieval is tried again: asked of the PACS image by image (C-FIND or QIDO-RS at
 * the level of images), and told from what was filed since the retrieval was asked for.
 *
 * A list is believed only where the PACS tells the numbers too (NumberOfStudyRelatedInstances, NumberOfSeriesRelatedInstances, PS3.4
 * C.3.4) and the list has as many: some give the first few hundred matches, and an image that is not listed would never be
 * missed. Else the series, or the whole study, is fetched as at first.
 */
import { FoveaError } from "@fovea/core/errors";
import type { PacsPeer } from "../pacs/peer";
import type { Wanted } from "../pacs/query-client";
import { isUid } from "./instance-head";

/** UIDs of one request: an identifier has room for a thousand of them (PS3.5 7.1.2), but few peers are asked for as many. */
const TOGETHER = 50;

/** A series of the PACS, and what is left of it. */
interface SeriesLeft {
  readonly studyUid: string;
  readonly seriesUid: string;
  /** Images that need not come again. */
  readonly here: number;
  /** UIDs of the others; `all`: the series as a whole. */
  readonly lacking: readonly string[] | "all";
}

/** What a request brought. */
export interface Brought {
  /** Objects that are kept, and that were refused here. */
  readonly stored: number;
  readonly refused: number;
  /** That the PACS could not send all of it. */
  readonly failure?: unknown;
}

/** Which images of a series are in the record and need not come again. */
type FiledImages = (seriesUid: string, sopUids: readonly string[]) => Promise<ReadonlySet<string>>;

/**
 * @returns series by series; undefined where the PACS cannot say: then all of it is to be fetched
 * @throws {FoveaError} `peer_unreachable`, `interrupted`
 */
export async function seriesLeft(
  peer: Pick<PacsPeer, "find">,
  { studyUid, seriesUid }: Pick<Wanted, "studyUid" | "seriesUid">,
  filed: FiledImages,
  signal: AbortSignal,
): Promise<readonly SeriesLeft[] | undefined> {
  try {
    const series = await seriesOf(peer, studyUid, seriesUid, signal);
    if (series === undefined) return undefined;
    const left: SeriesLeft[] = [];
    for (const [uid, told] of series) {
      const listed = await listedImages(peer, { studyUid, seriesUid: uid }, signal);
      const here = listed.length === told ? await filed(uid, listed) : new Set<string>();
      const lacking = here.size === 0 ? "all" : listed.filter((one) => !here.has(one));
      left.push({ studyUid, seriesUid: uid, here: here.size, lacking });
    }
    return left;
  } catch (error) {
    if (error instanceof FoveaError && error.code === "peer_refused") return undefined;
    throw error;
  }
}

/** Images by series, as the PACS counts them; undefined where it tells no numbers, or they do not come to that of the study. */
async function seriesOf(
  peer: Pick<PacsPeer, "find">,
  studyUid: string,
  only: string | undefined,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  const keys = { StudyInstanceUID: studyUid, SeriesInstanceUID: only ?? "", NumberOfSeriesRelatedInstances: "" };
  const series = new Map<string, number>();
  for await (const one of peer.find("SERIES", keys, signal)) {
    const uid = one.SeriesInstanceUID;
    const told = countOf(one.NumberOfSeriesRelatedInstances);
    if (!isUid(uid) || told === undefined) return undefined;
    if (only === undefined || uid === only) series.set(uid, told);
  }
  if (series.size === 0) return undefined;
  if (only !== undefined) return series;
  const all = [...series.values()].reduce((sum, one) => sum + one, 0);
  const study = { StudyInstanceUID: studyUid, NumberOfStudyRelatedInstances: "" };
  for await (const one of peer.find("STUDY", study, signal)) {
    if (one.StudyInstanceUID !== studyUid) continue;
    return countOf(one.NumberOfStudyRelatedInstances) === all ? series : undefined;
  }
  return undefined;
}

async function listedImages(
  peer: Pick<PacsPeer, "find">,
  { studyUid, seriesUid }: { readonly studyUid: string; readonly seriesUid: string },
  signal: AbortSignal,
): Promise<string[]> {
  const keys = { StudyInstanceUID: studyUid, SeriesInstanceUID: seriesUid, SOPInstanceUID: "" };
  const found = new Set<string>();
  for await (const { SOPInstanceUID } of peer.find("IMAGE", keys, signal)) {
    if (isUid(SOPInstanceUID)) found.add(SOPInstanceUID);
  }
  return [...found];
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Fetches what is left, as far as the PACS sends it: one image that does not come does not keep the others away. */
export async function fetchLeft(
  left: readonly SeriesLeft[],
  bring: (wanted: Wanted) => Promise<Brought>,
): Promise<Brought> {
  let sum: Brought = { stored: 0, refused: 0 };
  for (const { studyUid, seriesUid, here, lacking } of left) {
    sum = added(sum, { stored: here, refused: 0 });
    if (lacking === "all") sum = added(sum, await bring({ studyUid, seriesUid }));
    else {
      for (let at = 0; at < lacking.length; at += TOGETHER) {
        const sopUids = lacking.slice(at, at + TOGETHER);
        const brought = await bringImages({ studyUid, seriesUid, sopUids }, bring);
        sum = added(sum, brought);
        // Not one of many: it would be the same with the next, each asked for by itself.
        if (sopUids.length > 1 && brought.stored + brought.refused === 0) return sum;
      }
    }
  }
  return sum;
}

/** Together, and each by itself where the PACS takes no lists of UIDs: it refuses them, or finds fewer than there are. */
async function bringImages(
  { sopUids, ...series }: Wanted & { readonly sopUids: readonly string[] },
  bring: (wanted: Wanted) => Promise<Brought>,
): Promise<Brought> {
  const together = await bring({ ...series, sopUids });
  const came = together.stored + together.refused;
  if (came >= sopUids.length || (came > 0 && together.failure !== undefined)) return together;
  if (sopUids.length === 1) {
    const failure = new FoveaError("peer_refused", "an image that the PACS lists did not come");
    return { failure, ...together };
  }
  let sum: Brought = { stored: 0, refused: 0 };
  for (const one of sopUids) sum = added(sum, await bringImages({ ...series, sopUids: [one] }, bring));
  return sum;
}

/** The first failure counts. */
function added(a: Brought, b: Brought): Brought {
  const failure = a.failure ?? b.failure;
  return {
    stored: a.stored + b.stored,
    refused: a.refused + b.refused,
    ...(failure !== undefined && { failure }),
  };
}
