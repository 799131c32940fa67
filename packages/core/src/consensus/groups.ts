/**
 * @file Which sightings of different readers are one lesion.
 *
 * Sightings are the points of a graph, its edges the overlaps of at least the threshold; groups are made by DBSCAN with
 * eps = 1 - threshold, as connected components, or by weighted box fusion. All three can chain: B overlaps A1 and A2 of
 * one reader, who says by marking two boxes that these are two lesions. So a group with two sightings of one reader is
 * split, unless told to keep it: its edges are taken up from the greatest overlap down, and one that would bring two
 * sightings of a reader together is left out.
 */
import { ArgumentError } from "../errors";
import type { Box } from "../finding";
import { wbf } from "../geometry/wbf";
import { dbscan, NOISE } from "./dbscan";
import type { Readings, Sighting } from "./readings";
import { hull, lesionIou, rootOf } from "./sightings";

export const GROUPINGS = ["dbscan", "components", "wbf"] as const;

export type Grouping = (typeof GROUPINGS)[number];

export interface GroupOptions {
  /** @default "dbscan" */
  readonly method?: Grouping;
  /** Sightings that overlap by at least this IoU may be one lesion. In (0, 1]. @default 0.4, in a volume 0.1 */
  readonly iou?: number;
  /** Sightings within reach, itself among them, that make one the core of a DBSCAN cluster. @default 2 */
  readonly minPoints?: number;
  /** What happens to a group with two sightings of one reader. @default "split" */
  readonly sameReader?: "split" | "keep";
  /** Only sightings of one class are put together. @default false: the class is voted on */
  readonly perClass?: boolean;
  /** Weight of each reader, by which fusion shifts its boxes. @default all 1 */
  readonly reliability?: readonly number[];
}

/**
 * The IoU from which on two sightings may be one lesion.
 *
 * In a volume a reader who stops a slice earlier loses as much as one who draws a wider box, so that less is asked for.
 */
export function overlapWanted({ volume }: Pick<Readings, "volume">, { iou }: Pick<GroupOptions, "iou">): number {
  return iou ?? (volume ? 0.1 : 0.4);
}

/** Two sightings that overlap. */
export interface Overlap {
  readonly a: number;
  readonly b: number;
  readonly iou: number;
}

/**
 * Pairs of sightings of one case that overlap, a < b.
 *
 * Those of one case are sorted by their left edge, so that only neighbours are compared.
 */
export function overlaps(sightings: readonly Sighting[], among: (a: Sighting, b: Sighting) => boolean): Overlap[] {
  const outer = sightings.map(({ boxes }) => [...boxes.values()].reduce(hull));
  const order = sightings.map((_, i) => i);
  order.sort((a, b) => sightings[a].case - sightings[b].case || outer[a].x1 - outer[b].x1 || a - b);
  const found: Overlap[] = [];
  for (let p = 0; p < order.length; p++) {
    const i = order[p];
    for (let q = p + 1; q < order.length; q++) {
      const j = order[q];
      if (sightings[j].case !== sightings[i].case || outer[j].x1 > outer[i].x2) break;
      if (!among(sightings[i], sightings[j])) continue;
      const iou = lesionIou(sightings[i].boxes, sightings[j].boxes);
      if (iou > 0) found.push({ a: Math.min(i, j), b: Math.max(i, j), iou });
    }
  }
  return found;
}

/**
 * Groups of indices into `sightings`, each rising, in the order of their first members. Every sighting is in one.
 *
 * @throws {ArgumentError} if the IoU lies outside, or fusion is asked for in volumes
 */
export function groupSightings(
  readings: Readings,
  sightings: readonly Sighting[],
  options: GroupOptions = {},
): number[][] {
  const { method = "dbscan", minPoints = 2, sameReader = "split", perClass = false } = options;
  const iou = overlapWanted(readings, options);
  if (!(iou > 0 && iou <= 1)) throw new ArgumentError(`iou is ${iou}, wanted more than 0 and at most 1`);
  const among = (a: Sighting, b: Sighting) =>
    (sameReader === "keep" || a.reader !== b.reader) && (!perClass || a.classId === b.classId);
  const all = overlaps(sightings, among);
  // Fusion compares with the fused box, so that two members may overlap by less than the threshold.
  const edges = method === "wbf" ? all : all.filter((edge) => edge.iou >= iou);
  const groups =
    method === "wbf"
      ? fused(sightings, { ...options, iou })
      : connected(
          sightings.length,
          edges,
          method === "dbscan" ? { eps: 1 - iou, minPoints } : { eps: 1, minPoints: 1 },
        );
  const inside = sameReader === "keep" ? [] : edgesInside(groups, edges, sightings.length);
  const whole = sameReader === "keep" ? groups : groups.flatMap((group, g) => split(group, sightings, inside[g]));
  return whole.map((group) => group.sort((a, b) => a - b)).sort((a, b) => a[0] - b[0]);
}

/** Clusters, and what is noise each for itself: a lesion that one reader alone saw is a group too. */
function connected(n: number, edges: readonly Overlap[], options: { eps: number; minPoints: number }): number[][] {
  const labels = dbscan(
    n,
    edges.map(({ a, b, iou }) => ({ a, b, distance: 1 - iou })),
    options,
  );
  const groups: number[][] = [];
  const alone: number[][] = [];
  labels.forEach((label, i) => {
    if (label === NOISE) alone.push([i]);
    else if (groups[label]) groups[label].push(i);
    else groups[label] = [i];
  });
  return [...groups, ...alone];
}

/** Groups as weighted box fusion makes them, image by image. */
function fused(sightings: readonly Sighting[], { iou = 0.4, perClass = false, reliability }: GroupOptions): number[][] {
  const byCase = new Map<number, number[]>();
  sightings.forEach((one, i) => {
    if (one.boxes.size > 1) throw new ArgumentError("wbf groups boxes of single images; in a volume use dbscan");
    const list = byCase.get(one.case);
    if (list) list.push(i);
    else byCase.set(one.case, [i]);
  });
  const readers = 1 + sightings.reduce((most, { reader }) => Math.max(most, reader), 0);
  return [...byCase.values()].flatMap((members) => {
    const own = Array.from({ length: readers }, (_, r) => members.filter((i) => sightings[i].reader === r));
    const models = own.map((list) => ({
      boxes: Float32Array.from(list.flatMap((i) => corners(sightings[i]))),
      scores: Float64Array.from(list, (i) => sightings[i].score),
      classIds: Int32Array.from(list, (i) => (perClass ? sightings[i].classId : 0)),
    }));
    // What fusion leaves out (boxes without area) stays a group of its own.
    const groups = wbf(models, { iouThreshold: iou, weights: reliability }).members.map((list) =>
      list.map(({ model, index }) => own[model][index]),
    );
    const seen = new Set(groups.flat());
    return [...groups, ...members.filter((i) => !seen.has(i)).map((i) => [i])];
  });
}

function corners({ boxes }: Sighting): number[] {
  const [{ x1, y1, x2, y2 }]: Box[] = [...boxes.values()];
  return [x1, y1, x2, y2];
}

/** Edges within each group, in their order. One pass: a set of many images has many groups and many edges. */
function edgesInside(groups: readonly (readonly number[])[], edges: readonly Overlap[], count: number): Overlap[][] {
  const groupOf = new Int32Array(count);
  groups.forEach((group, g) => {
    for (const i of group) groupOf[i] = g;
  });
  const inside: Overlap[][] = groups.map(() => []);
  for (const edge of edges) if (groupOf[edge.a] === groupOf[edge.b]) inside[groupOf[edge.a]].push(edge);
  return inside;
}

/** A group in parts that hold each reader once; the group itself if it does already. */
function split(group: readonly number[], sightings: readonly Sighting[], edges: readonly Overlap[]): number[][] {
  if (new Set(group.map((i) => sightings[i].reader)).size === group.length) return [[...group]];
  const at = new Map(group.map((i, k) => [i, k]));
  const parent = group.map((_, k) => k);
  const readers = group.map((i) => new Set([sightings[i].reader]));
  const own = [...edges];
  // Ties keep the order of the sightings, so that every machine gives the same groups.
  own.sort((p, q) => q.iou - p.iou || p.a - q.a || p.b - q.b);
  for (const { a, b } of own) {
    const p = rootOf(parent, at.get(a) ?? 0);
    const q = rootOf(parent, at.get(b) ?? 0);
    if (p === q || [...readers[q]].some((reader) => readers[p].has(reader))) continue;
    parent[q] = p;
    for (const reader of readers[q]) readers[p].add(reader);
  }
  const parts = new Map<number, number[]>();
  group.forEach((i, k) => {
    const root = rootOf(parent, k);
    const list = parts.get(root);
    if (list) list.push(i);
    else parts.set(root, [i]);
  });
  return [...parts.values()];
}
