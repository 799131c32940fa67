/**
 * @file Linear interpolation in a table.
 */

/**
 * Values of the piecewise linear function through (`xs[i]`, `ys[i]`) at each of `positions`.
 *
 * Where several `xs` are equal the function jumps: at the jump itself the last of them counts, as with NumPy's `interp`.
 *
 * @param xs not falling, at least one
 * @param left value before the first of `xs`
 * @param right value after the last of `xs`
 */
export function interpolate(
  positions: Float64Array,
  xs: Float64Array,
  ys: Float64Array,
  left: number = ys[0],
  right: number = ys[ys.length - 1],
): Float64Array {
  const last = xs.length - 1;
  return positions.map((x) => {
    if (x < xs[0]) return left;
    if (x > xs[last]) return right;
    // The last i with xs[i] <= x.
    let low = 0;
    let high = last + 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (xs[middle] <= x) low = middle;
      else high = middle;
    }
    if (low === last || xs[low] === x) return ys[low];
    return ((ys[low + 1] - ys[low]) / (xs[low + 1] - xs[low])) * (x - xs[low]) + ys[low];
  });
}
