/**
 * @file Mean of a few repeated measurements, and how far it may be trusted.
 */

export interface MeanInterval {
  readonly n: number;
  readonly mean: number;
  /** Standard deviation of the sample, with n - 1; 0 for a single value. */
  readonly deviation: number;
  /** 95 % interval of the mean by Student's t; both ends the mean itself for a single value. */
  readonly low: number;
  readonly high: number;
}

/**
 * 97.5 % quantiles of Student's t for 1 ... 30 degrees of freedom: NIST/SEMATECH e-Handbook of Statistical Methods,
 * 1.3.6.7.2, "Critical Values of the Student's t Distribution".
 */
const T975 = [
  ...[12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228],
  ...[2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086],
  ...[2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042],
] as const;

/** Of the normal distribution, what t goes to. */
const NORMAL975 = 1.96;

/**
 * Mean, deviation and interval of `values`; NaN throughout if there is none.
 *
 * Folds of one cross-validation share training images, so that the interval is somewhat too narrow for them: Bengio and
 * Grandvalet, "No unbiased estimator of the variance of k-fold cross-validation", JMLR 5 (2004).
 */
export function meanInterval(values: readonly number[]): MeanInterval {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { n, mean, deviation: n === 0 ? Number.NaN : 0, low: mean, high: mean };
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const reach = ((T975[n - 2] ?? NORMAL975) * deviation) / Math.sqrt(n);
  return { n, mean, deviation, low: mean - reach, high: mean + reach };
}
