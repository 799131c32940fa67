import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { bootstrap, quantile } from "./stats";

describe("quantile", () => {
  // Four values lie at 0, 1/3, 2/3 and 1: a quarter is three quarters of the way from the first to the second.
  test.each([
    [0, 1],
    [0.25, 3.25],
    [1 / 3, 4],
    [0.5, 5],
    [1, 10],
  ])("%d of 1, 4, 6, 10 in any order is %d", (p, expected) => {
    expect(quantile([6, 1, 10, 4], p)).toBeCloseTo(expected, 12);
  });

  test("of one value is that value", () => {
    expect(quantile([3], 0.7)).toBe(3);
  });

  test("refuses no values, and shares outside 0 to 1", () => {
    expect(() => quantile([], 0.5)).toThrow(ArgumentError);
    expect(() => quantile([1], 1.1)).toThrow("p is 1.1");
    expect(() => quantile([1], Number.NaN)).toThrow(ArgumentError);
  });
});

describe("bootstrap", () => {
  /** Share of the draws that fall on the first 50 of 100 items. */
  const share = (weights: Uint32Array, out: Float64Array) => {
    out[0] = weights.subarray(0, 50).reduce((sum, weight) => sum + weight, 0) / 100;
  };

  test("of a share of one half of 100 is its binomial interval", () => {
    // Binomial(100, 1/2): standard deviation 5, 2.5 % and 97.5 % at 40 and 60.
    const [{ low, high }] = bootstrap(100, 1, share, { resamples: 4000 });
    expect(Math.abs(low - 0.4)).toBeLessThan(0.011);
    expect(Math.abs(high - 0.6)).toBeLessThan(0.011);
  });

  test("is narrower at a lower level", () => {
    // 16 % and 84 %: one standard deviation of 5 to either side.
    const [{ low, high }] = bootstrap(100, 1, share, { resamples: 4000, level: 0.683 });
    expect(Math.abs(low - 0.45)).toBeLessThan(0.011);
    expect(Math.abs(high - 0.55)).toBeLessThan(0.011);
  });

  test("gives the same interval for the same seed, and others for others", () => {
    const of = (seed?: number) => bootstrap(100, 1, share, { resamples: 50, seed });
    expect(of(3)).toEqual(of(3));
    expect(of()).toEqual(of(0));
    expect(of(1)).not.toEqual(of(2));
  });

  test("draws as many as there are items, the same for all values", () => {
    const sums = new Set<number>();
    const [a, b] = bootstrap(7, 2, (weights, out) => {
      sums.add(weights.reduce((sum, weight) => sum + weight, 0));
      out.fill(weights[0]);
    });
    expect([...sums]).toEqual([7]);
    expect(a).toEqual(b);
  });

  test("leaves resamples without a value out, and has no interval where none is left", () => {
    const [known, none] = bootstrap(2, 2, (weights, out) => {
      out[0] = weights[0] === 0 ? Number.NaN : 5;
      out[1] = Number.NaN;
    });
    expect(known).toEqual({ low: 5, high: 5 });
    expect(none).toEqual({ low: Number.NaN, high: Number.NaN });
  });

  test.each([
    ["nothing to draw from", 0, {}],
    ["no resamples", 3, { resamples: 0 }],
    ["a level of 1", 3, { level: 1 }],
  ])("refuses %s", (_, items, options) => {
    expect(() => bootstrap(items, 1, share, options)).toThrow(ArgumentError);
  });
});
