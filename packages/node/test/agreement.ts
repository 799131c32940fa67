/**
 * @file How far two arrays are apart, in the terms in which tolerances are stated.
 */

type Numbers = ArrayLike<number>;

/** Largest absolute value. */
export function largest(values: Numbers): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/**
 * Largest difference, as a share of the largest expected entry. Infinity if the lengths differ or an entry is NaN, so
 * that no comparison passes by accident.
 */
export function relativeError(got: Numbers, expected: Numbers): number {
  if (got.length !== expected.length || expected.length === 0) return Infinity;
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(got[i] - expected[i]);
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference;
  }
  return most === 0 ? 0 : most / largest(expected);
}

/** Euclidean norm. */
export function norm(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return Math.sqrt(sum);
}

/** Cosine of the angle between two arrays of one length. */
export function cosine(a: Numbers, b: Numbers): number {
  let dot = 0;
  for (let i = 0; i < a.length; i++) dot += a[i] * b[i];
  return dot / (norm(a) * norm(b));
}

/**
 * `relativeError` of each row of (B, rows, N) for itself, the largest of them: probabilities beside pixels would vanish
 * in the scale of the whole.
 */
export function rowError(got: Numbers, expected: Numbers, [batch, rows, count]: readonly number[]): number {
  if (got.length !== expected.length || expected.length !== batch * rows * count) return Infinity;
  let most = 0;
  const cut = (values: Numbers, row: number) => Array.prototype.slice.call(values, row * count, (row + 1) * count);
  for (let row = 0; row < batch * rows; row++) most = Math.max(most, relativeError(cut(got, row), cut(expected, row)));
  return most;
}
