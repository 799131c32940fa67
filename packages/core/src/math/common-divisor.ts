/**
 * @file Greatest common divisor.
 */

/** Largest whole number that divides both `a` and `b`, which are whole and not negative; of 0 and b, b. Euclid. */
export function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
