/**
 * @file The probability that a standard normal variable lies beyond a value; its inverse is `normal-quantile.ts`.
 *
 * Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.11 (series) and 26.2.14 (continued fraction).
 */

/** Above this the continued fraction is as exact as doubles are, below it the series. */
const TAIL = 3;

/** Probability of more than `z`; keeps its digits far out, where 1 - P would be 0. */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
  if (z < TAIL) {
    let term = z;
    let sum = z;
    for (let k = 3; term > sum * 1e-17; k += 2) {
      term *= z ** 2 / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  if (density === 0) return 0;
  let fraction = z;
  for (let k = 160; k >= 1; k--) fraction = z + k / fraction;
  return density / fraction;
}

/** Two-sided p of a standard normal test statistic, in [0, 1]. */
export function twoSidedP(z: number): number {
  return 2 * normalTail(Math.abs(z));
}
