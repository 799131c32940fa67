/**
 * @file Which anchors may be assigned to which ground truth: those whose centre lies in its box.
 *
 * This is known before the network runs, so that the assigner works on one list of pairs instead of on every pair of
 * anchor and ground truth. A large lesion has hundreds of candidates, a small one a few: the list has no gaps, and only
 * the choice of the best ten, which needs rows of equal length, sees it as a table.
 */
import { ShapeError } from "../errors";
import type { Value } from "../graph/runtime";

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
  /** Largest number of ground truths in one image. */
  readonly most: number;
}

const powerOfTwo = (n: number) => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

/**
 * Candidates of a batch.
 *
 * @param targets n x 6: image in the batch, class, centre x, centre y, width, height, normalised to the image
 */
export function truthsOf(targets: Float32Array, grid: AnchorGrid): Truths {
  if (targets.length % 6 !== 0) throw new ShapeError(`truthsOf: ${targets.length} values, wanted rows of 6`);
  const n = targets.length / 6;
  const anchors = anchorTotal(grid);
  const count = powerOfTwo(n);
  const boxes = new Float32Array(4 * count);
  const classes = new BigInt64Array(count);
  const ranks = new Float32Array(count);
  const lists: number[][] = [];
  const perImage = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const [image, label, cx, cy, w, h] = targets.subarray(6 * i, 6 * i + 6);
    const box = boxes.subarray(4 * i, 4 * i + 4);
    box[0] = (cx - w / 2) * grid.width;
    box[1] = (cy - h / 2) * grid.height;
    box[2] = (cx + w / 2) * grid.width;
    box[3] = (cy + h / 2) * grid.height;
    classes[i] = BigInt(label);
    ranks[i] = (perImage.get(image) ?? 0) + 1;
    perImage.set(image, ranks[i]);
    lists.push(anchorsWithin(box, grid, image * anchors));
  }
  const width = powerOfTwo(Math.max(MIN_COLUMNS, ...lists.map((list) => list.length)));
  const length = powerOfTwo(lists.reduce((sum, list) => sum + list.length, 1));
  const candidates = new BigInt64Array(length);
  const rows = new BigInt64Array(length);
  const valid = new Float32Array(length);
  const slots = new BigInt64Array(count * width).fill(BigInt(length - 1));
  let next = 0;
  lists.forEach((list, row) => {
    for (let column = 0; column < list.length; column++, next++) {
      candidates[next] = BigInt(list[column]);
      rows[next] = BigInt(row);
      valid[next] = 1;
      slots[row * width + column] = BigInt(next);
    }
  });
  const most = Math.max(1, ...perImage.values());
  return { count, width, boxes, classes, ranks, candidates, rows, valid, slots, most };
}

/** The inputs of `truthInputs` by name. */
export function truthFeeds({ count, width, boxes, classes, candidates, rows, valid, slots }: Truths) {
  return {
    truth_boxes: { dtype: "float32", shape: [count, 4], data: boxes },
    truth_classes: { dtype: "int64", shape: [count], data: classes },
    candidates: { dtype: "int64", shape: [candidates.length], data: candidates },
    candidate_rows: { dtype: "int64", shape: [rows.length], data: rows },
    candidate_slots: { dtype: "int64", shape: [count, width], data: slots },
    candidates_valid: { dtype: "float32", shape: [valid.length], data: valid },
  } as const satisfies Readonly<Record<string, Value>>;
}

/** Anchors whose centre lies strictly within the box, small sides widened. */
function anchorsWithin(box: Float32Array, { width, height, strides }: AnchorGrid, offset: number): number[] {
  const [left, right] = widened(box[0], box[2]);
  const [top, bottom] = widened(box[1], box[3]);
  const list: number[] = [];
  let start = offset;
  for (const s of strides) {
    const columns = Math.floor(width / s);
    const rows = Math.floor(height / s);
    // Cell i has its centre at (i + 0.5) s.
    const x0 = Math.max(0, Math.floor(left / s - 0.5) + 1);
    const x1 = Math.min(columns - 1, Math.ceil(right / s - 0.5) - 1);
    const y0 = Math.max(0, Math.floor(top / s - 0.5) + 1);
    const y1 = Math.min(rows - 1, Math.ceil(bottom / s - 0.5) - 1);
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) list.push(start + y * columns + x);
    start += columns * rows;
  }
  return list;
}

function widened(from: number, to: number): readonly [number, number] {
  if (to - from >= SMALL) return [from, to];
  const centre = (from + to) / 2;
  return [centre - WIDENED / 2, centre + WIDENED / 2];
}
