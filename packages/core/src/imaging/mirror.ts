/**
 * @file How an image goes on beyond its edges: mirrored about its outermost pixels, as OpenCV's `BORDER_REFLECT_101`.
 */

/** Index within `size` that stands for index `i`: 3 2 1 | 0 1 2 3 | 2 1 0. */
export function mirrored(i: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const folded = ((i % period) + period) % period;
  return folded < size ? folded : period - folded;
}
