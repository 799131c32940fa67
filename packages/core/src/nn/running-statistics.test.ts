import { describe, expect, test } from "vitest";
import { moveTowards, unbias } from "./running-statistics";

describe("moveTowards", () => {
  test("goes the given share of the way", () => {
    const running = Float32Array.of(0, 1, -2);
    moveTowards(running, Float32Array.of(1, 1, 2), 0.25);
    expect([...running]).toEqual([0.25, 1, -1]);
  });

  test("with share 0 stays, with share 1 arrives", () => {
    const running = Float32Array.of(3);
    moveTowards(running, Float32Array.of(7), 0);
    expect(running[0]).toBe(3);
    moveTowards(running, Float32Array.of(7), 1);
    expect(running[0]).toBe(7);
  });
});

describe("unbias", () => {
  test("makes the variance of n values that of what they are drawn from", () => {
    // 1, 2, 3, 4 have variance 1.25 about their mean; as a sample of 4, 5 / 3.
    const variance = Float32Array.of(1.25);
    unbias(variance, 4);
    expect(variance[0]).toBeCloseTo(5 / 3, 6);
  });

  test("leaves the variance of a single value alone instead of dividing by zero", () => {
    const variance = Float32Array.of(0);
    unbias(variance, 1);
    expect(variance[0]).toBe(0);
  });
});
