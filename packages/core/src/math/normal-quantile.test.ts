import { describe, expect, test } from "vitest";
import { normalQuantile } from "./normal-quantile";

describe("normalQuantile", () => {
  // Table values of the standard normal distribution.
  test.each([
    [0.5, 0],
    [0.975, 1.959963985],
    [0.025, -1.959963985],
    [0.999, 3.090232306],
    [0.0001, -3.719016485],
    [0.8413447461, 1],
  ])("of %d is %d", (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 7);
  });

  test("has no value at the ends", () => {
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  });
});
