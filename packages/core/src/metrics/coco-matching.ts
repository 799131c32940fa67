/**
 * @file Which detection finds which object, by the rule of COCO's tools.
 *
 * Within an image and category the most confident detection chooses first: of the objects that are judged and still
 * free the one it overlaps most, if by the threshold; else of those that are not judged, of which a crowd may be chosen
 * many times. What chose one of these, and what found nothing and is of another size, counts neither way. Of equal
 * overlaps the last wins. The overlap with a crowd is the share of the detection that lies in it.
 *
 * Overlaps are computed once for all thresholds and ranges of area; a detection's fate is one bit for each threshold.
 */
import type { BoxTable, EvaluationTables } from "../dataset/box-tables";
import { type MaskRuns, maskArea, maskBounds, maskOverlap } from "../geometry/mask-runs";
import { byFallingValue, byRisingKey, inputOrder } from "../math/stable-order";

/** From and to, square pixels, both included. */
export type AreaRange = readonly [number, number];

export interface MatchingRules {
  /** Rising, at most 32. */
  readonly thresholds: readonly number[];
  readonly areaRanges: readonly AreaRange[];
  /** Of an image and category only so many are looked at. */
  readonly maxDetections: number;
  /** Whether nothing is judged where the truth says `ignore`; always so in crowds. */
  readonly honourIgnore: boolean;
}

export interface Matching {
  /** A x n by range of area: bit t of a detection is 1 where it found an object at threshold t ... */
  readonly hits: Uint32Array;
  /** ... and where it counts neither way. */
  readonly ignored: Uint32Array;
  /** n: place among the detections of its image and category, 0 the most confident. */
  readonly rank: Uint32Array;
  /** A x K: objects that are judged, by range of area and category. */
  readonly judged: Uint32Array;
  /** All detections by falling score; equal ones by image, then as they came. */
  readonly byScore: Uint32Array;
  /** n: overlap with the object that was found at the first threshold in the first range of area, 0 without. */
  readonly overlap: Float64Array;
}

/** Matches everything. Scores must not be NaN. */
export function matchTables(tables: EvaluationTables, rules: MatchingRules): Matching {
  const { images, categories, truth, detections } = tables;
  const n = detections.scores.length;
  const ranges = rules.areaRanges.length;
  const inImages = byRisingKey(inputOrder(n), detections.image, images);
  const byScore = byFallingValue(inImages, detections.scores);
  const found = grouped(byScore, detections, images, categories.length);
  const marked = grouped(inputOrder(truth.image.length), truth, images, categories.length);
  const matching: Matching = {
    hits: new Uint32Array(ranges * n),
    ignored: new Uint32Array(ranges * n),
    rank: new Uint32Array(n),
    judged: countJudged(tables, rules),
    byScore,
    overlap: new Float64Array(n),
  };
  const matcher = new GroupMatcher(tables, rules, matching);
  const keyOf = (table: BoxTable, row: number) => table.category[row] * images + table.image[row];
  let g = 0;
  for (let d = 0; d < n; ) {
    const key = keyOf(detections, found[d]);
    const first = d;
    while (d < n && keyOf(detections, found[d]) === key) matching.rank[found[d]] = d++ - first;
    while (g < marked.length && keyOf(truth, marked[g]) < key) g++;
    const firstTruth = g;
    while (g < marked.length && keyOf(truth, marked[g]) === key) g++;
    if (firstTruth === g) continue;
    matcher.match(found.subarray(first, Math.min(d, first + rules.maxDetections)), marked.subarray(firstTruth, g));
  }
  leaveOtherSizes(detections.areas, rules, matching);
  return matching;
}

/** `order` by category, then image. */
function grouped(order: Uint32Array, table: BoxTable, images: number, categories: number): Uint32Array {
  return byRisingKey(byRisingKey(order, table.image, images), table.category, categories);
}

const outside = (area: number, range: AreaRange) => area < range[0] || area > range[1];

function countJudged(
  { truth, categories }: EvaluationTables,
  { areaRanges, honourIgnore }: MatchingRules,
): Uint32Array {
  const judged = new Uint32Array(areaRanges.length * categories.length);
  for (const [a, range] of areaRanges.entries()) {
    for (let j = 0; j < truth.image.length; j++) {
      if (truth.crowd[j] || (honourIgnore && truth.ignore[j]) || outside(truth.areas[j], range)) continue;
      judged[a * categories.length + truth.category[j]]++;
    }
  }
  return judged;
}

/** What found nothing and is of another size counts neither way. */
function leaveOtherSizes(areas: Float64Array, { areaRanges, thresholds }: MatchingRules, matching: Matching): void {
  const { hits, ignored } = matching;
  const allBits = 2 ** thresholds.length - 1;
  for (let a = 0, p = 0; a < areaRanges.length; a++) {
    for (let i = 0; i < areas.length; i++, p++) {
      if (outside(areas[i], areaRanges[a])) ignored[p] |= ~hits[p] & allBits;
    }
  }
}

/** Matches one image and category after the other, in arrays that are used again. */
class GroupMatcher {
  readonly #tables: EvaluationTables;
  readonly #rules: MatchingRules;
  readonly #matching: Matching;
  readonly #limits: readonly number[];
  readonly #overlapsOf: (d: Uint32Array, g: Uint32Array, out: Float64Array) => void;
  /** D x G. */
  #overlaps = new Float64Array(1024);
  /** D: largest overlap of each detection. */
  #best = new Float64Array(128);
  /** G: objects in the order in which they are offered, and whether they are judged. */
  #order = new Uint32Array(128);
  #skipped = new Uint8Array(128);
  /** G: number of the pass in which an object was found. */
  #taken = new Uint32Array(128);
  #pass = 0;

  constructor(tables: EvaluationTables, rules: MatchingRules, matching: Matching) {
    this.#tables = tables;
    this.#rules = rules;
    this.#matching = matching;
    this.#limits = rules.thresholds.map((threshold) => Math.min(threshold, 1 - 1e-10));
    this.#overlapsOf = overlapsOf(tables);
  }

  /**
   * @param found rows of the detections, most confident first
   * @param marked rows of the truth
   */
  match(found: Uint32Array, marked: Uint32Array): void {
    this.#measure(found, marked);
    for (let a = 0; a < this.#rules.areaRanges.length; a++) this.#matchRange(a, found, marked);
  }

  /** Overlaps of all with all. */
  #measure(found: Uint32Array, marked: Uint32Array): void {
    const [rows, columns] = [found.length, marked.length];
    if (this.#overlaps.length < rows * columns) this.#overlaps = new Float64Array(2 * rows * columns);
    if (this.#best.length < rows) this.#best = new Float64Array(2 * rows);
    if (this.#order.length < columns) {
      this.#order = new Uint32Array(2 * columns);
      this.#skipped = new Uint8Array(2 * columns);
      this.#taken = new Uint32Array(2 * columns);
      this.#pass = 0;
    }
    this.#overlapsOf(found, marked, this.#overlaps);
    for (let i = 0; i < rows; i++) {
      let best = 0;
      for (let p = i * columns; p < (i + 1) * columns; p++) best = Math.max(best, this.#overlaps[p]);
      this.#best[i] = best;
    }
  }

  /** Puts the objects that are judged first; both kinds keep their order. */
  #arrange(range: AreaRange, marked: Uint32Array): void {
    const { crowd, ignore, areas } = this.#tables.truth;
    let judged = 0;
    for (let j = 0; j < marked.length; j++) {
      const row = marked[j];
      const skip = crowd[row] || (this.#rules.honourIgnore && ignore[row]) || outside(areas[row], range);
      this.#skipped[j] = skip ? 1 : 0;
      if (!skip) this.#order[judged++] = j;
    }
    for (let j = 0; j < marked.length; j++) if (this.#skipped[j]) this.#order[judged++] = j;
  }

  #matchRange(a: number, found: Uint32Array, marked: Uint32Array): void {
    this.#arrange(this.#rules.areaRanges[a], marked);
    const { hits, ignored, overlap } = this.#matching;
    const skipped = this.#skipped;
    const base = a * this.#tables.detections.scores.length;
    for (let t = 0; t < this.#limits.length; t++) {
      const limit = this.#limits[t];
      this.#pass++;
      for (let i = 0; i < found.length; i++) {
        if (this.#best[i] < limit) continue;
        const j = this.#choose(i, limit, marked);
        if (j < 0) continue;
        this.#taken[j] = this.#pass;
        hits[base + found[i]] |= 1 << t;
        if (skipped[j]) ignored[base + found[i]] |= 1 << t;
        else if (base === 0 && t === 0) overlap[found[i]] = this.#overlaps[i * marked.length + j];
      }
    }
  }

  /** The object that detection `i` chooses, -1 if none. */
  #choose(i: number, limit: number, marked: Uint32Array): number {
    const { crowd } = this.#tables.truth;
    const columns = marked.length;
    let best = limit;
    let chosen = -1;
    for (let k = 0; k < columns; k++) {
      const j = this.#order[k];
      if (this.#taken[j] === this.#pass && !crowd[marked[j]]) continue;
      if (chosen >= 0 && !this.#skipped[chosen] && this.#skipped[j]) break;
      const value = this.#overlaps[i * columns + j];
      if (value < best) continue;
      best = value;
      chosen = j;
    }
    return chosen;
  }
}

/** How overlaps of some detections and objects are computed: by masks where the tables hold them. */
function overlapsOf({ truth, detections }: EvaluationTables) {
  if (truth.masks && detections.masks) {
    return maskOverlaps(detections.masks, truth.masks, truth.crowd);
  }
  const [boxes, others, crowd] = [detections.boxes, truth.boxes, truth.crowd];
  return (found: Uint32Array, marked: Uint32Array, out: Float64Array) => {
    for (let i = 0, at = 0; i < found.length; i++) {
      const p = 4 * found[i];
      const [x, y, w, h] = [boxes[p], boxes[p + 1], boxes[p + 2], boxes[p + 3]];
      for (let j = 0; j < marked.length; j++, at++) {
        const q = 4 * marked[j];
        const width = Math.min(w + x, others[q + 2] + others[q]) - Math.max(x, others[q]);
        const height = Math.min(h + y, others[q + 3] + others[q + 1]) - Math.max(y, others[q + 1]);
        if (width <= 0 || height <= 0) {
          out[at] = 0;
          continue;
        }
        const shared = width * height;
        out[at] = shared / (crowd[marked[j]] ? w * h : w * h + others[q + 2] * others[q + 3] - shared);
      }
    }
  };
}

function maskOverlaps(masks: readonly MaskRuns[], others: readonly MaskRuns[], crowd: Uint8Array) {
  const [bounds, otherBounds] = [masks.map(maskBounds), others.map(maskBounds)];
  return (found: Uint32Array, marked: Uint32Array, out: Float64Array) => {
    for (let i = 0, at = 0; i < found.length; i++) {
      const [x, y, w, h] = bounds[found[i]];
      for (let j = 0; j < marked.length; j++, at++) {
        const [x2, y2, w2, h2] = otherBounds[marked[j]];
        out[at] = 0;
        if (x + w <= x2 || x2 + w2 <= x || y + h <= y2 || y2 + h2 <= y) continue;
        const { shared, either } = maskOverlap(masks[found[i]], others[marked[j]]);
        if (shared > 0) out[at] = shared / (crowd[marked[j]] ? maskArea(masks[found[i]]) : either);
      }
    }
  };
}
