import { describe, expect, test } from "vitest";
import { meanInterval } from "./mean-interval";

describe("meanInterval", () => {
  test("gives mean, deviation and Student's interval", () => {
    // Mean 3; squares 4 + 1 + 0 + 1 + 4 = 10, / 4 = 2.5, root 1.5811; t(4) = 2.776: 2.776 x 1.5811 / 5^0.5 = 1.9629.
    const { n, mean, deviation, low, high } = meanInterval([1, 2, 3, 4, 5]);
    expect([n, mean]).toEqual([5, 3]);
    expect(deviation).toBeCloseTo(1.5811388, 6);
    expect(low).toBeCloseTo(3 - 1.96292, 4);
    expect(high).toBeCloseTo(3 + 1.96292, 4);
  });

  test("goes on with the normal distribution beyond the table", () => {
    // 16 times 0 and 16 times 2: mean 1, deviation (32 / 31)^0.5 = 1.016; 31 degrees of freedom.
    const values = Array.from({ length: 32 }, (_, i) => (i % 2) * 2);
    const { mean, high } = meanInterval(values);
    expect(high - mean).toBeCloseTo((1.96 * Math.sqrt(32 / 31)) / Math.sqrt(32), 10);
  });

  test("of one value has no width, of none is no number", () => {
    expect(meanInterval([0.5])).toEqual({ n: 1, mean: 0.5, deviation: 0, low: 0.5, high: 0.5 });
    expect(meanInterval([])).toEqual({
      n: 0,
      mean: Number.NaN,
      deviation: Number.NaN,
      low: Number.NaN,
      high: Number.NaN,
    });
  });
});
