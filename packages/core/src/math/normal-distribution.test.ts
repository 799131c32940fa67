import { describe, expect, test } from "vitest";
import { normalTail, twoSidedP } from "./normal-distribution";
import { normalQuantile } from "./normal-quantile";

describe("normalTail", () => {
  // Abramowitz and Stegun, tables 26.1 and 26.2: 1 - P(x).
  test.each([
    [0, 0.5],
    [1, 0.158655253931457],
    [2, 0.0227501319481792],
    [3, 1.34989803163e-3],
    [5, 2.866515719e-7],
    [10, 7.619853e-24],
  ])("beyond %d is %d", (z, tail) => {
    expect(Math.abs(normalTail(z) / tail - 1)).toBeLessThan(1e-7);
    expect(normalTail(-z)).toBeCloseTo(1 - tail, 12);
  });

  test("is what the quantile is the inverse of, on both sides of where the formulas meet", () => {
    for (const p of [0.4, 0.025, 0.00136, 0.00134, 1e-6]) expect(normalTail(-normalQuantile(p))).toBeCloseTo(p, 9);
  });

  test("at the ends is 0 and 1, and of nothing nothing", () => {
    expect(normalTail(Number.POSITIVE_INFINITY)).toBe(0);
    expect(normalTail(Number.NEGATIVE_INFINITY)).toBe(1);
    expect(normalTail(Number.NaN)).toBeNaN();
    expect(twoSidedP(-1.959963984540054)).toBeCloseTo(0.05, 12);
  });
});
