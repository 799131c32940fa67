/**
 * @file A data set divided: groups told, dealt to parts, written as files that training reads, and held against leakage.
 *
 *     OUT/data.yaml                 train, val, test; of several divisions one in each folder
 *     OUT/train.json, val.json      COCO annotations
 *     OUT/train.txt, val.txt        of a YOLO set: paths of the images, whose labels stay where they are
 */
import { alikeImages } from "@fovea/core/dataset/check/alike-images";
import { byFolds, byLeavingOut, byRatios, type Division } from "@fovea/core/dataset/split/divide";
import { findLeaks, type Leak } from "@fovea/core/dataset/split/leaks";
import { type Stratification, strataOf } from "@fovea/core/dataset/split/strata";
import { joinGroups } from "@fovea/core/dataset/together";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { allGrouped, groupsOf } from "./groups-of";
import { lookAtPictures } from "./look-at-pictures";
import { type OpenedSets, openSets } from "./open-sets";
import { divisionFolders, writeDivision } from "./write-division";

export interface SplitDataRequest {
  readonly data: readonly string[];
  readonly images?: string;
  /** Folder for the parts. */
  readonly out: string;
  /** @default patient where they are known, else image */
  readonly by?: string;
  /** CSV file `image,patient`. */
  readonly patients?: string;
  /** Sizes of the parts, in any unit. @default [70, 15, 15] */
  readonly ratios?: readonly number[];
  /** Number of folds, in place of ratios. */
  readonly folds?: number;
  /** `site`, or any attribute: each of its values is held out once. */
  readonly leaveOneOut?: string;
  /** @default ["class"] */
  readonly stratify?: readonly Stratification[];
  /** Keep pictures that look nearly the same in one part. @default false */
  readonly nearDuplicates?: boolean;
  /** @default 0 */
  readonly seed?: number;
}

export interface SplitDataEvents {
  onProgress?(step: string, done: number, total: number): void;
  onWarning?(message: string): void;
  shouldStop?(): boolean;
}

export interface SplitData {
  readonly opened: OpenedSets;
  readonly divisions: readonly Division[];
  /** What was kept together. */
  readonly by: string;
  /** Group of each image. */
  readonly groups: readonly string[];
  /** Paths of the data YAMLs, by division. */
  readonly files: readonly string[];
}

/**
 * @throws {ArgumentError} if a group is not known of every image, or there are fewer groups than parts
 * @throws {FoveaError} `invalid_dataset` if a patient would stand in several parts: nothing is written then
 */
export async function splitData(request: SplitDataRequest, events: SplitDataEvents = {}): Promise<SplitData> {
  const { data, images, out, stratify = ["class"], seed } = request;
  if (request.folds !== undefined && request.leaveOneOut !== undefined) {
    throw new ArgumentError("folds and leave-one-out are two ways to divide; give one of them");
  }
  const opened = await openSets(data, {
    images,
    onProgress: (done, total) => events.onProgress?.("opening", done, total),
  });
  const { by, patients, groups: told } = await groupsFor(opened, request, events);
  const groups = request.nearDuplicates ? await withTwins(opened, told, events) : told;
  const strata = strataOf(opened.set, stratify);
  const grouped = groups.map((group, i) => ({ group, strata: strata[i] }));
  const options = { seed, noun: by };
  const divisions =
    request.leaveOneOut !== undefined
      ? byLeavingOut(await sitesOf(opened, request.leaveOneOut))
      : request.folds !== undefined
        ? byFolds(grouped, request.folds, options)
        : [byRatios(grouped, request.ratios ?? [70, 15, 15], options)];
  for (const division of divisions) refuseLeaks(division, groups, patients, by);
  const files: string[] = [];
  const folders = divisionFolders(out, divisions);
  for (const [d, division] of divisions.entries()) files.push(await writeDivision(folders[d], division, opened));
  return { opened, divisions, by, groups, files };
}

interface Groups {
  readonly by: string;
  readonly groups: string[];
  /** Where they are known, whatever the images are grouped by. */
  readonly patients: readonly (string | undefined)[];
}

async function groupsFor(
  { set, paths }: OpenedSets,
  { by: wanted, patients: table }: SplitDataRequest,
  { onWarning }: SplitDataEvents,
): Promise<Groups> {
  const patients = await groupsOf(set.images, paths, { by: "patient", table });
  const known = patients.some((patient) => patient !== undefined);
  const by = wanted ?? (known || table !== undefined ? "patient" : "image");
  if (wanted === undefined && by === "image") {
    onWarning?.(
      "patients are not known: every image is taken for itself; give --by or --patients if some are of one patient",
    );
  }
  const found = by === "patient" ? patients : await groupsOf(set.images, paths, { by });
  return { by, patients, groups: allGrouped(found, set.images, by) };
}

/** Groups of which some pictures look nearly the same, joined. */
async function withTwins({ paths }: OpenedSets, groups: readonly string[], events: SplitDataEvents): Promise<string[]> {
  const pictures = await lookAtPictures(paths, {
    shouldStop: events.shouldStop,
    onProgress: (done, total) => events.onProgress?.("reading pictures", done, total),
  });
  if (events.shouldStop?.())
    throw new FoveaError("interrupted", "interrupted while pictures were read; nothing is written");
  const { same, near } = alikeImages(pictures);
  const pairs = [
    ...same.flatMap(([first, ...others]) => others.map((other) => [first, other] as const)),
    ...near.map(({ a, b }) => [a, b] as const),
  ];
  return joinGroups(groups, pairs);
}

async function sitesOf({ set, paths }: OpenedSets, by: string): Promise<string[]> {
  return allGrouped(await groupsOf(set.images, paths, { by }), set.images, by);
}

/** Groups stay whole by how they are dealt; a division by sites may still tear a patient who was at two of them. */
function refuseLeaks(
  { name, parts }: Division,
  groups: readonly string[],
  patients: readonly (string | undefined)[],
  by: string,
): void {
  const partOf = new Map(parts.flatMap((part) => part.images.map((i) => [i, part.name] as const)));
  const partsByImage = groups.map((_, i) => partOf.get(i));
  // Every image for itself was asked for.
  const leaks: readonly Leak[] = by === "image" ? [] : findLeaks(patients, partsByImage);
  const torn = [...findLeaks(groups, partsByImage), ...leaks];
  if (torn.length === 0) return;
  const where = name === "" ? "" : ` in ${name}`;
  throw new FoveaError(
    "invalid_dataset",
    `leakage${where}: ${torn.length} of them in several parts, ${torn[0].group} first; divide by patient, or take those images out`,
  );
}
