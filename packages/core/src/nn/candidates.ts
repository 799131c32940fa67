/**
 * @file Which anchors may be assigned to which ground truth: those whose centre lies in its box.
 *
 * This is known before the network runs, so that the assigner works on one list of pairs instead of on every pair of
 * anchor and ground truth. A large lesion has hundreds of candidates, a small one a few: the list has no gaps, and only
 * the choice of the best ten, which needs rows of equal length, sees it as a table.
 *
 * Regions to ignore are no ground truths: the anchors that would have been their candidates are marked.
 */
import { ShapeError } from "../errors";
import type { Value } from "../graph/runtime";
import { type AnchorLevel, keepAnchor } from "./kept-anchors";

/** Sides below this many pixels are widened to `WIDENED` for choosing candidates, so that small lesions have any. */
const SMALL = 8;
const WIDENED = 16;

/** The table has at least this many columns; the assigner takes the best 10 of them. */
const MIN_COLUMNS = 16;

/** Grid of anchors: one level for each stride, cell centres row by row. */
export interface AnchorGrid {
  /** Image size, pixels. */
  readonly width: number;
  readonly height: number;
  /** Finest level first. */
  readonly strides: readonly number[];
}

/** Total number of anchors. */
export function anchorTotal({ width, height, strides }: AnchorGrid): number {
  return strides.reduce((n, s) => n + Math.floor(width / s) * Math.floor(height / s), 0);
}

/** Ground truths of a batch and their candidates, as the loss graph takes them. */
export interface Truths {
  /** Ground truths, a power of two; unused ones have no candidates. */
  readonly count: number;
  /** Columns of `slots`, a power of two. */
  readonly width: number;
  /** count x 4, pixels x1 y1 x2 y2. */
  readonly boxes: Float32Array;
  /** count */
  readonly classes: BigInt64Array;
  /** count: position within its image, from 1; 0 in unused rows. */
  readonly ranks: Float32Array;
  /** Pairs, ground truth by ground truth: image * anchors + anchor. Their number is a power of two, the last is unused. */
  readonly candidates: BigInt64Array;
  /** Ground truth of each pair; 0 of unused ones. */
  readonly rows: BigInt64Array;
  /** 1 for each pair that is used, else 0. */
  readonly valid: Float32Array;
  /** count x width: where each ground truth's pairs stand in the list; the rest names the last pair. */
  readonly slots: BigInt64Array;
  /** Largest number of targets in one image. */
  readonly most: number;
  /** 1 for the pair of each ground truth with the anchor kept for it, else 0; only with `assignAll`. */
  readonly kept?: Float32Array;
  /** count: weight of each ground truth; only with soft labels. */
  readonly weights?: Float32Array;
  /** image * anchors + anchor to ignore; none, or a power of two of them, the last repeated; only with soft labels. */
  readonly ignored?: BigInt64Array;
}

/** What a reader was unsure of in the n targets of a batch. */
export interface SoftLabels {
  /** n: 0, neither rewarded nor punished, to 1. @default 1 for all */
  readonly weights?: Float32Array;
  /** n: 1 for a region to ignore, whatever its class, else 0. @default none */
  readonly ignored?: Uint8Array;
}

export interface TruthOptions {
  /**
   * Keep an anchor for every ground truth, near its centre even where no centre lies in its box. The others lose that
   * candidate. @default false
   */
  readonly assignAll?: boolean;
  /** @default none: all targets weigh 1 */
  readonly soft?: SoftLabels;
}

const powerOfTwo = (n: number) => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

/**
 * Candidates of a batch.
 *
 * @param targets n x 6: image in the batch, class, centre x, centre y, width, height, normalised to the image
 * @throws {ShapeError} if targets, weights and marks do not fit together
 */
export function truthsOf(
  targets: Float32Array,
  grid: AnchorGrid,
  { assignAll = false, soft }: TruthOptions = {},
): Truths {
  if (targets.length % 6 !== 0) throw new ShapeError(`truthsOf: ${targets.length} values, wanted rows of 6`);
  const n = targets.length / 6;
  for (const given of [soft?.weights, soft?.ignored]) {
    if (given && given.length !== n)
      throw new ShapeError(`truthsOf: ${given.length} weights or marks for ${n} targets`);
  }
  const anchors = anchorTotal(grid);
  const count = powerOfTwo(n - (soft?.ignored?.reduce((sum, mark) => sum + mark, 0) ?? 0));
  const boxes = new Float32Array(4 * count);
  const classes = new BigInt64Array(count);
  const ranks = new Float32Array(count);
  const weights = soft && new Float32Array(count);
  const unread: number[] = [];
  const lists: number[][] = [];
  const firsts: number[] = [];
  const perImage = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const [image, label, cx, cy, w, h] = targets.subarray(6 * i, 6 * i + 6);
    const corners = [
      (cx - w / 2) * grid.width,
      (cy - h / 2) * grid.height,
      (cx + w / 2) * grid.width,
      (cy + h / 2) * grid.height,
    ].map(Math.fround);
    const rank = (perImage.get(image) ?? 0) + 1;
    perImage.set(image, rank);
    const within = anchorsWithin(corners, levelsOf(grid, image * anchors));
    if (soft?.ignored?.[i]) {
      unread.push(...within);
      continue;
    }
    const row = lists.length;
    boxes.set(corners, 4 * row);
    classes[row] = BigInt(label);
    ranks[row] = rank;
    if (weights) weights[row] = soft.weights?.[i] ?? 1;
    lists.push(within);
    firsts.push(image * anchors);
  }
  const own = assignAll ? keepAnchors(lists, boxes, (row) => levelsOf(grid, firsts[row])) : undefined;
  const most = Math.max(1, ...perImage.values());
  const ignored = soft && padded(unread);
  return { count, boxes, classes, ranks, ...pairsOf(lists, count, own), most, weights, ignored };
}

/** Positions up to a power of two, the last of them repeated; none stays none. */
function padded(list: readonly number[]): BigInt64Array {
  if (list.length === 0) return new BigInt64Array(0);
  return BigInt64Array.from({ length: powerOfTwo(list.length) }, (_, i) => BigInt(list[Math.min(i, list.length - 1)]));
}

/** Lists of candidates as one, and where each ground truth's stand in it. */
function pairsOf(lists: readonly (readonly number[])[], count: number, own: readonly number[] | undefined) {
  const width = powerOfTwo(Math.max(MIN_COLUMNS, ...lists.map((list) => list.length)));
  const length = powerOfTwo(lists.reduce((sum, list) => sum + list.length, 1));
  const candidates = new BigInt64Array(length);
  const rows = new BigInt64Array(length);
  const valid = new Float32Array(length);
  const kept = own && new Float32Array(length);
  const slots = new BigInt64Array(count * width).fill(BigInt(length - 1));
  let next = 0;
  lists.forEach((list, row) => {
    for (let column = 0; column < list.length; column++, next++) {
      candidates[next] = BigInt(list[column]);
      rows[next] = BigInt(row);
      valid[next] = 1;
      if (kept && list[column] === own[row]) kept[next] = 1;
      slots[row * width + column] = BigInt(next);
    }
  });
  return { width, candidates, rows, valid, slots, kept };
}

/**
 * Keeps an anchor for every ground truth: it joins the list of its own and leaves those of the others.
 *
 * @returns the anchor of each, -1 where none was left
 */
function keepAnchors(
  lists: number[][],
  boxes: Float32Array,
  levels: (row: number) => readonly AnchorLevel[],
): readonly number[] {
  const taken = new Set<number>();
  const own = lists.map((_, row) => keepAnchor(boxes.subarray(4 * row, 4 * row + 4), levels(row), taken));
  lists.forEach((list, row) => {
    lists[row] = list.filter((anchor) => anchor === own[row] || !taken.has(anchor));
    if (own[row] >= 0 && !list.includes(own[row])) lists[row].push(own[row]);
  });
  return own;
}

/** The inputs of `truthInputs` by name. */
export function truthFeeds(truths: Truths): Readonly<Record<string, Value>> {
  const { count, width, boxes, classes, candidates, rows, valid, slots, kept, weights, ignored } = truths;
  return {
    truth_boxes: { dtype: "float32", shape: [count, 4], data: boxes },
    truth_classes: { dtype: "int64", shape: [count], data: classes },
    candidates: { dtype: "int64", shape: [candidates.length], data: candidates },
    candidate_rows: { dtype: "int64", shape: [rows.length], data: rows },
    candidate_slots: { dtype: "int64", shape: [count, width], data: slots },
    candidates_valid: { dtype: "float32", shape: [valid.length], data: valid },
    ...(kept && { candidates_kept: { dtype: "float32", shape: [kept.length], data: kept } }),
    ...(weights && { truth_weights: { dtype: "float32", shape: [weights.length], data: weights } }),
    ...(ignored && { ignored_anchors: { dtype: "int64", shape: [ignored.length], data: ignored } }),
  };
}

/** @param first number of the image's first anchor */
function levelsOf({ width, height, strides }: AnchorGrid, first: number): AnchorLevel[] {
  let start = first;
  return strides.map((stride) => {
    const level = { start, stride, columns: Math.floor(width / stride), rows: Math.floor(height / stride) };
    start += level.columns * level.rows;
    return level;
  });
}

/** Anchors whose centre lies strictly within the box, small sides widened. */
function anchorsWithin(box: readonly number[], levels: readonly AnchorLevel[]): number[] {
  const [left, right] = widened(box[0], box[2]);
  const [top, bottom] = widened(box[1], box[3]);
  const list: number[] = [];
  for (const { start, stride: s, columns, rows } of levels) {
    // Cell i has its centre at (i + 0.5) s.
    const x0 = Math.max(0, Math.floor(left / s - 0.5) + 1);
    const x1 = Math.min(columns - 1, Math.ceil(right / s - 0.5) - 1);
    const y0 = Math.max(0, Math.floor(top / s - 0.5) + 1);
    const y1 = Math.min(rows - 1, Math.ceil(bottom / s - 0.5) - 1);
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) list.push(start + y * columns + x);
  }
  return list;
}

function widened(from: number, to: number): readonly [number, number] {
  if (to - from >= SMALL) return [from, to];
  const centre = (from + to) / 2;
  return [centre - WIDENED / 2, centre + WIDENED / 2];
}
