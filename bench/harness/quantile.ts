/**
 * @file Quantiles of a few measured times.
 */

/** Quantile `q` in [0, 1] of `values`, linear between neighbours (Hyndman and Fan's type 7); 0.5 is the median. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error("quantile: no values");
  const sorted = [...values].sort((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const low = Math.floor(position);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (position - low) * (sorted[high] - sorted[low]);
}
