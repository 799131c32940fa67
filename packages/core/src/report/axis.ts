/**
 * @file Round numbers along an axis.
 */

/** An axis: its ends, and the values that are written at it. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/**
 * An axis over `low` ... `high` with about `count` ticks, steps of 1, 2 or 5 times a power of ten.
 *
 * Its ends are ticks, so that no line touches the frame; with `exact` the ends are `low` and `high` themselves. A span
 * of nothing is widened by a tenth of the value, or by one around zero.
 */
export function roundAxis(
  low: number,
  high: number,
  { count = 5, exact = false }: { readonly count?: number; readonly exact?: boolean } = {},
): Axis {
  if (low === high) {
    const margin = low === 0 ? 1 : Math.abs(low) / 10;
    return roundAxis(low - margin, high + margin, { count });
  }
  const step = roundStep((high - low) / count);
  // A sum of steps gathers error; whole numbers of steps do not. 1e-9 of a step forgives the division.
  const first = exact ? Math.ceil(low / step - 1e-9) : Math.floor(low / step + 1e-9);
  const last = exact ? Math.floor(high / step + 1e-9) : Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return exact ? { low, high, ticks } : { low: ticks[0], high: ticks[ticks.length - 1], ticks };
}

/** The least of 1, 2, 5 times a power of ten that is no less than `x`. */
function roundStep(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  const share = x / power;
  return power * (share <= 1 + 1e-9 ? 1 : share <= 2 + 1e-9 ? 2 : share <= 5 + 1e-9 ? 5 : 10);
}

/** A value at an axis: `0.25`, `1200`, `1e-5`. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential().replace("e+", "e");
  return String(value);
}
