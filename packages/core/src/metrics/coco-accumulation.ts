/**
 * @file From matches to precision and recall, as COCO's tools put them together: precision is made non-rising in recall
 * and read at 101 recalls without interpolation; recall is the share found by so many detections per image and category.
 */
import type { EvaluationTables } from "../dataset/box-tables";
import { byRisingKey } from "../math/stable-order";
import type { Matching } from "./coco-matching";

/** Recalls at which precision is read. */
export const RECALL_POINTS = 101;

/** What a category without objects has. */
export const ABSENT = -1;

export interface Accumulation {
  /** T x K x A x 101: precision by threshold, category, range of area and recall; -1 where nothing is judged. */
  readonly precision: Float64Array;
  /** T x K x A, all detections that were matched; -1 where nothing is judged. */
  readonly recall: Float64Array;
  /** M x T x K, first range of area: recall by the first so many of an image and category. */
  readonly recallByCount: Float64Array;
}

export interface AccumulationShape {
  readonly thresholds: number;
  readonly ranges: number;
  /** Fewer detections of an image and category at which recall is told. */
  readonly counts: readonly number[];
  /** As the matching had it. */
  readonly maxDetections: number;
}

/** Puts the matches together. */
export function accumulate(tables: EvaluationTables, matching: Matching, shape: AccumulationShape): Accumulation {
  const { thresholds, ranges, counts, maxDetections } = shape;
  const n = tables.detections.scores.length;
  const categories = tables.categories.length;
  const allBits = 2 ** thresholds - 1;
  const cells = thresholds * categories * ranges;
  const result: Accumulation = {
    precision: new Float64Array(cells * RECALL_POINTS).fill(ABSENT),
    recall: new Float64Array(cells).fill(ABSENT),
    recallByCount: new Float64Array(counts.length * thresholds * categories).fill(ABSENT),
  };
  const looked = matching.byScore.filter((row) => matching.rank[row] < maxDetections);
  const rows = byRisingKey(looked, tables.detections.category, categories);
  const walk = new CurveWalk(rows.length);
  for (let k = 0, from = 0, to = 0; k < categories; k++, from = to) {
    while (to < rows.length && tables.detections.category[rows[to]] === k) to++;
    const own = rows.subarray(from, to);
    for (let a = 0; a < ranges; a++) {
      const judged = matching.judged[a * categories + k];
      if (judged === 0) continue;
      const hits = matching.hits.subarray(a * n, (a + 1) * n);
      const ignored = matching.ignored.subarray(a * n, (a + 1) * n);
      walk.take(own, hits, ignored, allBits);
      for (let t = 0; t < thresholds; t++) {
        const cell = (t * categories + k) * ranges + a;
        const found = walk.count(1 << t);
        result.recall[cell] = found / judged;
        walk.readPrecision(found, judged, result.precision.subarray(cell * RECALL_POINTS, (cell + 1) * RECALL_POINTS));
      }
      if (a > 0) continue;
      for (const [m, count] of counts.entries()) {
        walk.take(
          own.filter((row) => matching.rank[row] < count),
          hits,
          ignored,
          allBits,
        );
        for (let t = 0; t < thresholds; t++) {
          result.recallByCount[(m * thresholds + t) * categories + k] = walk.count(1 << t) / judged;
        }
      }
    }
  }
  return result;
}

/** NumPy's steps of 0 ... 1: multiplied, not divided. */
const RECALLS = Float64Array.from({ length: RECALL_POINTS }, (_, i) => (i === RECALL_POINTS - 1 ? 1 : i * 0.01));

/** Smallest difference from 1; COCO's own guard of 0 / 0. */
const EPSILON = 2 ** -52;

/** Walks down the detections of a category. Only at a hit does recall change, and precision is highest there. */
class CurveWalk {
  /** Bits of the detections that count at some threshold, side by side: they are walked once for each. */
  readonly #hits: Uint32Array;
  readonly #ignored: Uint32Array;
  #length = 0;
  /** Precision at each hit. */
  readonly #precision: Float64Array;

  /** @param most detections of a category */
  constructor(most: number) {
    this.#hits = new Uint32Array(most);
    this.#ignored = new Uint32Array(most);
    this.#precision = new Float64Array(most);
  }

  /** The detections to walk, most confident first. */
  take(rows: Uint32Array, hits: Uint32Array, ignored: Uint32Array, allBits: number): void {
    let n = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      if (ignored[row] === allBits) continue;
      this.#hits[n] = hits[row];
      this.#ignored[n++] = ignored[row];
    }
    this.#length = n;
  }

  /** @returns how many objects are found at a threshold */
  count(bit: number): number {
    const [hits, ignored, precision] = [this.#hits, this.#ignored, this.#precision];
    let found = 0;
    let wrong = 0;
    for (let i = 0; i < this.#length; i++) {
      if (ignored[i] & bit) continue;
      if (hits[i] & bit) {
        found++;
        precision[found - 1] = found / (wrong + found + EPSILON);
      } else wrong++;
    }
    return found;
  }

  /** Highest precision at or beyond each recall; 0 beyond the last that was reached. */
  readPrecision(found: number, judged: number, out: Float64Array): void {
    const precision = this.#precision;
    for (let i = found - 2; i >= 0; i--) if (precision[i] < precision[i + 1]) precision[i] = precision[i + 1];
    for (let r = 0, i = 0; r < RECALL_POINTS; r++) {
      while (i < found && (i + 1) / judged < RECALLS[r]) i++;
      out[r] = i < found ? precision[i] : 0;
    }
  }
}
