/**
 * @file Orders of indices, stable: what is equal keeps the order it came in. By digits rather than by comparing, so that
 * a third of a million scores takes some milliseconds.
 */

/** 0, 1, 2 ... n - 1. */
export function inputOrder(n: number): Uint32Array {
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  return order;
}

/**
 * `order` by rising `keys`.
 *
 * @param order indices into `keys`
 * @param keys whole numbers below `limit`
 */
export function byRisingKey(order: Uint32Array, keys: ArrayLike<number>, limit: number): Uint32Array {
  const starts = new Uint32Array(limit + 1);
  for (let i = 0; i < order.length; i++) starts[keys[order[i]] + 1]++;
  for (let k = 0; k < limit; k++) starts[k + 1] += starts[k];
  const sorted = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) sorted[starts[keys[order[i]]]++] = order[i];
  return sorted;
}

/** Digits of 16 bits in a number of double precision, and how many values one has. */
const DIGITS = 4;
const RADIX = 65536;

/**
 * `order` by falling `scores`.
 *
 * @param order indices into `scores`
 * @param scores not NaN
 */
export function byFallingValue(order: Uint32Array, scores: Float64Array): Uint32Array {
  const n = order.length;
  const digits = fallingDigits(scores);
  let from: Uint32Array = order;
  let to: Uint32Array = new Uint32Array(n);
  const starts = new Uint32Array(RADIX);
  for (let digit = 0; digit < DIGITS; digit++) {
    starts.fill(0);
    for (let i = 0; i < n; i++) starts[digits[DIGITS * from[i] + digit]]++;
    if (n === 0 || starts[digits[DIGITS * from[0] + digit]] === n) continue;
    for (let k = 0, sum = 0; k < RADIX; k++) {
      const count = starts[k];
      starts[k] = sum;
      sum += count;
    }
    for (let i = 0; i < n; i++) to[starts[digits[DIGITS * from[i] + digit]]++] = from[i];
    // The order that was given stays as it is.
    const free = from === order ? new Uint32Array(n) : from;
    from = to;
    to = free;
  }
  return from === order ? order.slice() : from;
}

/**
 * Digits of all scores, lowest first, of whole numbers that rise as the scores fall: of a number above 0 all bits but
 * the sign are turned, and one below 0 stays as it is (IEEE 754: sign and magnitude).
 */
function fallingDigits(scores: Float64Array): Uint16Array {
  // 0 is added, for -0 is not below 0.
  const digits = new Uint16Array(scores.map((score) => score + 0).buffer);
  for (let p = 0; p < digits.length; p += DIGITS) {
    if (digits[p + 3] >= 0x8000) continue;
    digits[p] ^= 0xffff;
    digits[p + 1] ^= 0xffff;
    digits[p + 2] ^= 0xffff;
    digits[p + 3] ^= 0x7fff;
  }
  return digits;
}
