/**
 * @file Receiver operating characteristic of cases: of those that are positive, which share scores at least so much, and
 * of those that are negative.
 *
 * Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve", Radiology
 * 143 (1982), doi:10.1148/radiology.143.1.7063747. What a case and a negative case is says `case-scores.ts`.
 */
import { ArgumentError, ShapeError } from "../errors";

/** From (0, 0) to (1, 1), one point for each different score, neither axis ever falling. */
export interface RocCurve {
  /** Share of the negative cases at or above the threshold: 1 - specificity. */
  readonly fpr: Float64Array;
  /** Share of the positive cases at or above the threshold: sensitivity. */
  readonly tpr: Float64Array;
  /** Cases of at least this score are called positive; infinite at the first point. */
  readonly thresholds: Float64Array;
}

/**
 * ROC curve. All cases of equal score enter together, so the order of the input does not matter.
 *
 * @param scores n, in any order, not NaN; -Infinity for a case with no detection at all
 * @param positive n, not 0 for cases that have what is looked for
 * @throws {ShapeError} if the lengths differ
 * @throws {ArgumentError} if there is no positive or no negative case, or a score is NaN
 */
export function rocCurve(scores: ArrayLike<number>, positive: ArrayLike<number>): RocCurve {
  const { positives, negatives } = countCases("rocCurve", scores, positive);
  const n = scores.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => compareFalling(scores[i], scores[j]));
  const fpr = new Float64Array(n + 1);
  const tpr = new Float64Array(n + 1);
  const thresholds = new Float64Array(n + 1);
  thresholds[0] = Number.POSITIVE_INFINITY;
  let found = 0;
  let points = 1;
  for (let k = 0; k < n; k++) {
    const i = order[k];
    if (positive[i]) found++;
    if (k + 1 < n && scores[order[k + 1]] === scores[i]) continue;
    fpr[points] = (k + 1 - found) / negatives;
    tpr[points] = found / positives;
    thresholds[points++] = scores[i];
  }
  return { fpr: fpr.slice(0, points), tpr: tpr.slice(0, points), thresholds: thresholds.slice(0, points) };
}

/**
 * Area under the ROC curve: how often a positive case scores more than a negative one, equal scores counting one half.
 *
 * @throws as `rocCurve`
 */
export function rocAuc(scores: ArrayLike<number>, positive: ArrayLike<number>): number {
  const { fpr, tpr } = rocCurve(scores, positive);
  let area = 0;
  for (let k = 1; k < fpr.length; k++) area += ((fpr[k] - fpr[k - 1]) * (tpr[k] + tpr[k - 1])) / 2;
  return area;
}

/** Subtraction would make NaN of two infinities. */
function compareFalling(a: number, b: number): number {
  return a < b ? 1 : a > b ? -1 : 0;
}

/**
 * Cases of both kinds.
 *
 * @throws as `rocCurve`, in the name of `who`
 */
export function countCases(who: string, scores: ArrayLike<number>, positive: ArrayLike<number>) {
  const n = scores.length;
  if (positive.length !== n) throw new ShapeError(`${who}: ${n} scores for ${positive.length} cases`);
  let positives = 0;
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(scores[i])) throw new ArgumentError(`${who}: the score of case ${i} is not a number`);
    if (positive[i]) positives++;
  }
  const negatives = n - positives;
  if (positives === 0 || negatives === 0) {
    throw new ArgumentError(
      `${who}: ${positives} positive and ${negatives} negative cases, wanted at least one of each`,
    );
  }
  return { positives, negatives };
}
