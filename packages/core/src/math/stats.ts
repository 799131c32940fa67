/**
 * @file Quantiles, and intervals by resampling.
 *
 * Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979), doi:10.1214/aos/1176344552;
 * the intervals are the percentiles of the resamples.
 */
import { ArgumentError } from "../errors";
import { Random } from "./random";

/**
 * The value below which a share `p` of `values` lies, linear between two of them (type 7 of Hyndman and Fan, NumPy's
 * default).
 *
 * @param values in any order, not NaN
 * @param p in [0, 1]
 * @throws {ArgumentError} if there is no value, or `p` lies outside
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  if (values.length === 0) throw new ArgumentError("quantile: no values, wanted at least one");
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`quantile: p is ${p}, wanted 0 to 1`);
  const sorted = Float64Array.from(values).sort();
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** @default 1000 */
  readonly resamples?: number;
  /** Share of the resamples within the interval. In (0, 1). @default 0.95 */
  readonly level?: number;
  /** The same seed gives the same interval. @default 0 */
  readonly seed?: number;
}

/**
 * What is measured on a resample.
 *
 * @param weights how often each item was drawn; their sum is the number of items. Reused from resample to resample
 * @param out where the values go; NaN where the resample has none
 */
export type WeightedMeasure = (weights: Uint32Array, out: Float64Array) => void;

/**
 * Percentile intervals of `count` values that `measure` takes of `items` independent things, drawn again and again with
 * replacement. All values are of the same draws.
 *
 * Resamples where a value is NaN are left out of its interval; NaN to NaN if that leaves none.
 *
 * @throws {ArgumentError} if there is nothing to draw, or an option lies outside
 */
export function bootstrap(
  items: number,
  count: number,
  measure: WeightedMeasure,
  { resamples = 1000, level = 0.95, seed = 0 }: BootstrapOptions = {},
): Interval[] {
  if (!(Number.isSafeInteger(items) && items > 0)) {
    throw new ArgumentError(`bootstrap: ${items} items to draw from, wanted at least one`);
  }
  if (!(Number.isSafeInteger(resamples) && resamples > 0)) {
    throw new ArgumentError(`bootstrap: ${resamples} resamples, wanted at least one`);
  }
  if (!(level > 0 && level < 1))
    throw new ArgumentError(`bootstrap: level is ${level}, wanted more than 0 and less than 1`);
  const random = new Random(seed);
  const weights = new Uint32Array(items);
  const out = new Float64Array(count);
  const drawn = Array.from({ length: count }, () => new Float64Array(resamples));
  for (let r = 0; r < resamples; r++) {
    weights.fill(0);
    for (let i = 0; i < items; i++) weights[random.integer(0, items)]++;
    measure(weights, out);
    for (let k = 0; k < count; k++) drawn[k][r] = out[k];
  }
  return drawn.map((values) => {
    const known = values.filter((value) => !Number.isNaN(value));
    if (known.length === 0) return { low: Number.NaN, high: Number.NaN };
    return { low: quantile(known, (1 - level) / 2), high: quantile(known, (1 + level) / 2) };
  });
}
