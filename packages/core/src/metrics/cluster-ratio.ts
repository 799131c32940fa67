/**
 * @file Shares and rates with intervals where what is counted comes in clusters: lesions of one patient are alike.
 *
 * Patients are drawn with all that is theirs (`math/stats.ts`). A share of exactly 0 or 1 shows no spread to the draws,
 * which would make two of two lesions found look certain, and neither does a share within one cluster. Such shares get
 * Wilson's interval, with the number of clusters for its number of trials.
 */
import { type BootstrapOptions, bootstrap, type Interval } from "../math/stats";
import { wilsonInterval } from "../math/wilson-interval";
import { clusterCount } from "./froc-intervals";

/** A value with its interval. Bounds are NaN where nothing can be said. */
export interface Measured extends Interval {
  readonly value: number;
}

/** A sum of some things over a sum of others. */
export interface ClusterRatio {
  /** By cluster. */
  readonly over: Float64Array;
  readonly under: Float64Array;
  /** Whether it cannot exceed 1: `over` counts some of what `under` counts. @default true */
  readonly share?: boolean;
}

/** Sums `values` by cluster, with 1 for each where no values are given. */
export function sumByCluster(clusters: ArrayLike<number>, count: number, values?: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(count);
  for (let i = 0; i < clusters.length; i++) sums[clusters[i]] += values ? values[i] : 1;
  return sums;
}

/**
 * Every ratio with its interval, all from the same draws; NaN throughout where `under` is 0.
 *
 * @param clusters of each image, from 0
 * @throws {ArgumentError} as `bootstrap`
 */
export function clusterRatios(
  ratios: readonly ClusterRatio[],
  clusters: ArrayLike<number>,
  options: BootstrapOptions = {},
): Measured[] {
  const count = clusterCount(clusters);
  // Most ratios are of a few clusters only: those where both are 0 are passed over.
  const sparse = ratios.map(({ over, under }) => {
    const own: number[] = [];
    for (let c = 0; c < count; c++) if (over[c] !== 0 || under[c] !== 0) own.push(c);
    return { own: Uint32Array.from(own), over, under };
  });
  const intervals = bootstrap(
    count,
    ratios.length,
    (weights, out) => {
      sparse.forEach(({ own, over, under }, k) => {
        let [above, below] = [0, 0];
        for (let i = 0; i < own.length; i++) {
          const c = own[i];
          above += weights[c] * over[c];
          below += weights[c] * under[c];
        }
        out[k] = below === 0 ? Number.NaN : above / below;
      });
    },
    options,
  );
  return ratios.map(({ over, under, share = true }, k): Measured => {
    const value = sum(over) / sum(under);
    if (!Number.isFinite(value)) return { value: Number.NaN, low: Number.NaN, high: Number.NaN };
    const trials = under.filter((n) => n > 0).length;
    if (!share) return trials > 1 ? { value, ...intervals[k] } : { value, low: Number.NaN, high: Number.NaN };
    if (trials > 1 && value > 0 && value < 1) return { value, ...intervals[k] };
    return { value, ...wilsonInterval(value * trials, trials, options.level) };
  });
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
