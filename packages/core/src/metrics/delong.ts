/**
 * @file How sure an area under the ROC curve is, and whether two on the same cases differ.
 *
 * DeLong et al., "Comparing the areas under two or more correlated receiver operating characteristic curves", Biometrics
 * 44 (1988), doi:10.2307/2531595, with the midranks of Sun and Xu, "Fast implementation of DeLong's algorithm", IEEE Signal
 * Processing Letters 21 (2014), doi:10.1109/LSP.2014.2337313: O(n log n) rather than each positive against each negative.
 */
import { ArgumentError } from "../errors";
import { twoSidedP } from "../math/normal-distribution";
import { normalQuantile } from "../math/normal-quantile";
import type { Interval } from "../math/stats";
import { countCases } from "./roc";

export interface DelongOptions {
  /** In (0, 1). @default 0.95 */
  readonly level?: number;
}

export interface AucEstimate {
  readonly auc: number;
  /** NaN where there is but one case of a kind: one has no spread. */
  readonly standardError: number;
  /** By the normal distribution, cut to [0, 1]. Of no width at an area of exactly 0 or 1, which few cases make by chance. */
  readonly interval: Interval;
}

/**
 * Area under the ROC curve with its standard error and interval.
 *
 * @param scores n, not NaN
 * @param positive n, not 0 for positive cases
 * @throws as `rocCurve`, and {ArgumentError} if the level lies outside
 */
export function delong(
  scores: ArrayLike<number>,
  positive: ArrayLike<number>,
  { level = 0.95 }: DelongOptions = {},
): AucEstimate {
  if (!(level > 0 && level < 1))
    throw new ArgumentError(`delong: level is ${level}, wanted more than 0 and less than 1`);
  const { auc, ofPositives, ofNegatives } = components(scores, positive);
  const variance =
    covariance(ofPositives, ofPositives) / ofPositives.length +
    covariance(ofNegatives, ofNegatives) / ofNegatives.length;
  const standardError = Math.sqrt(variance);
  const reach = normalQuantile((1 + level) / 2) * standardError;
  return { auc, standardError, interval: { low: Math.max(0, auc - reach), high: Math.min(1, auc + reach) } };
}

export interface AucDifference {
  /** Area of `a` less that of `b`. */
  readonly difference: number;
  readonly standardError: number;
  /** Difference in standard errors; 0 where both are 0. */
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
}

/**
 * Difference of the areas of two scores of the same cases.
 *
 * @param a n
 * @param b n, of the same cases in the same order
 * @param positive n, not 0 for positive cases
 * @throws as `rocCurve`
 */
export function delongTest(a: ArrayLike<number>, b: ArrayLike<number>, positive: ArrayLike<number>): AucDifference {
  const one = components(a, positive);
  const two = components(b, positive);
  const spread = (x: Float64Array, y: Float64Array) => {
    // Of the differences themselves: the same as var(x) + var(y) - 2 cov(x, y), and never below 0 by rounding.
    const differences = x.map((value, i) => value - y[i]);
    return covariance(differences, differences) / x.length;
  };
  const variance = spread(one.ofPositives, two.ofPositives) + spread(one.ofNegatives, two.ofNegatives);
  const standardError = Math.sqrt(variance);
  const difference = one.auc - two.auc;
  const z = difference === 0 && standardError === 0 ? 0 : difference / standardError;
  return { difference, standardError, z, p: twoSidedP(z) };
}

/** The area, and for each case the share of the other kind that it stands right to. */
interface Components {
  readonly auc: number;
  readonly ofPositives: Float64Array;
  readonly ofNegatives: Float64Array;
}

function components(scores: ArrayLike<number>, positive: ArrayLike<number>): Components {
  const { positives: m, negatives: n } = countCases("delong", scores, positive);
  const x = new Float64Array(m);
  const y = new Float64Array(n);
  let [i, j] = [0, 0];
  for (let k = 0; k < scores.length; k++) {
    if (positive[k]) x[i++] = scores[k];
    else y[j++] = scores[k];
  }
  const together = new Float64Array(m + n);
  together.set(x);
  together.set(y, m);
  const ranks = midranks(together);
  const ranksX = midranks(x);
  const ranksY = midranks(y);
  const ofPositives = ranksX.map((own, k) => (ranks[k] - own) / n);
  const ofNegatives = ranksY.map((own, k) => 1 - (ranks[m + k] - own) / m);
  return { auc: mean(ofPositives), ofPositives, ofNegatives };
}

/** Ranks from 1, equal values sharing the mean of theirs. */
function midranks(values: Float64Array): Float64Array {
  const n = values.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) =>
    values[i] < values[j] ? -1 : values[i] > values[j] ? 1 : 0,
  );
  const ranks = new Float64Array(n);
  for (let k = 0; k < n; ) {
    let end = k + 1;
    while (end < n && values[order[end]] === values[order[k]]) end++;
    for (let l = k; l < end; l++) ranks[order[l]] = (k + end + 1) / 2;
    k = end;
  }
  return ranks;
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Of a sample, with n - 1: NaN of a single value. */
function covariance(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - meanA) * (b[i] - meanB);
  return sum / (a.length - 1);
}
