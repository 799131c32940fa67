/**
 * @file Interval of a share: so many of so many.
 *
 * Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927),
 * doi:10.1080/01621459.1927.10502953. Other than the textbook's interval it stays within [0, 1], and says something where
 * none or all were counted.
 */
import { ArgumentError } from "../errors";
import { normalQuantile } from "./normal-quantile";
import type { Interval } from "./stats";

/**
 * Wilson score interval of `count` of `total`; 0 to 1 of nothing.
 *
 * @param level in (0, 1)
 * @throws {ArgumentError} if there are more than in all, or fewer than none
 */
export function wilsonInterval(count: number, total: number, level = 0.95): Interval {
  if (!(count >= 0 && count <= total)) throw new ArgumentError(`wilsonInterval: ${count} of ${total}`);
  if (!(level > 0 && level < 1)) throw new ArgumentError(`wilsonInterval: level is ${level}, wanted within 0 to 1`);
  if (total === 0) return { low: 0, high: 1 };
  const z = normalQuantile((1 + level) / 2);
  const share = count / total;
  const scale = 1 + z ** 2 / total;
  const middle = (share + z ** 2 / (2 * total)) / scale;
  const reach = (z / scale) * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  // At the ends the two are equal but for rounding.
  return {
    low: count === 0 ? 0 : Math.max(0, middle - reach),
    high: count === total ? 1 : Math.min(1, middle + reach),
  };
}
