/**
 * @file Whether two tests of the same cases are right equally often.
 *
 * McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", Psychometrika 12
 * (1947), doi:10.1007/BF02295996; with Edwards' correction of continuity (Psychometrika 13, 1948), and exactly.
 */
import { ArgumentError } from "../errors";
import { twoSidedP } from "../math/normal-distribution";

export interface McNemar {
  /** Cases that only the first has right, and only the second. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Two-sided, by the binomial distribution of one half; 1 where there is no such case. */
  readonly exactP: number;
  /** (|a - b| - 1)² / (a + b), of one degree of freedom; 0 where there is no such case. */
  readonly statistic: number;
  readonly p: number;
  /** a / b: infinite where b is 0, NaN where both are. */
  readonly oddsRatio: number;
}

/** @throws {ArgumentError} if a count is no whole number of 0 or more */
export function mcnemar(onlyA: number, onlyB: number): McNemar {
  for (const count of [onlyA, onlyB]) {
    if (!(Number.isSafeInteger(count) && count >= 0))
      throw new ArgumentError(`mcnemar: ${count} cases, wanted 0 or more`);
  }
  const n = onlyA + onlyB;
  const statistic = n === 0 ? 0 : Math.max(0, Math.abs(onlyA - onlyB) - 1) ** 2 / n;
  const p = twoSidedP(Math.sqrt(statistic));
  return { onlyA, onlyB, exactP: exactP(Math.min(onlyA, onlyB), n), statistic, p, oddsRatio: onlyA / onlyB };
}

/** Twice the probability of at most `k` heads in `n` throws, at most 1. In logarithms: 2^-n is 0 from 1075 throws on. */
function exactP(k: number, n: number): number {
  let term = -n * Math.LN2;
  let sum = Math.exp(term);
  for (let i = 1; i <= k; i++) {
    term += Math.log((n - i + 1) / i);
    sum += Math.exp(term);
  }
  return Math.min(1, 2 * sum);
}
