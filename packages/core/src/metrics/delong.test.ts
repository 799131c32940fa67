import { describe, expect, test } from "vitest";
import { Random } from "../math/random";
import { delong, delongTest } from "./delong";

/** The definition: each positive case against each negative one. */
function byDefinition(scores: readonly number[], positive: readonly number[]) {
  const x = scores.filter((_, i) => positive[i]);
  const y = scores.filter((_, i) => !positive[i]);
  const order = (a: number, b: number) => (a > b ? 1 : a === b ? 0.5 : 0);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    ofPositives: x.map((a) => mean(y.map((b) => order(a, b)))),
    ofNegatives: y.map((b) => mean(x.map((a) => order(a, b)))),
    auc: mean(x.map((a) => mean(y.map((b) => order(a, b))))),
  };
}

function spread(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return a.reduce((sum, value, i) => sum + (value - mean(a)) * (b[i] - mean(b)), 0) / (a.length - 1) / a.length;
}

describe("delong", () => {
  // Positives 0.8, 0.6 against negatives 0.7, 0.3. Shares in order: of positives 1 and 1/2, of negatives 1/2 and 1.
  // Variance of either is (1/4)² + (1/4)² = 1/8, so that the square of the error is 1/8 / 2 + 1/8 / 2 = 1/8.
  test("is the area with DeLong's error, by hand", () => {
    const { auc, standardError, interval } = delong([0.8, 0.6, 0.7, 0.3], [1, 1, 0, 0]);
    expect(auc).toBe(0.75);
    expect(standardError).toBeCloseTo(Math.sqrt(1 / 8), 12);
    expect(interval).toEqual({ low: expect.closeTo(0.75 - 1.959964 * Math.sqrt(1 / 8), 6), high: 1 });
  });

  test("is what each against each gives, with many equal scores", () => {
    const random = new Random(5);
    const positive = Array.from({ length: 60 }, () => Number(random.chance(0.4)));
    const scores = positive.map((is) => random.integer(0, 8) + 2 * is);
    const slow = byDefinition(scores, positive);
    const { auc, standardError } = delong(scores, positive);
    expect(auc).toBeCloseTo(slow.auc, 12);
    const variance = spread(slow.ofPositives, slow.ofPositives) + spread(slow.ofNegatives, slow.ofNegatives);
    expect(standardError).toBeCloseTo(Math.sqrt(variance), 12);
  });

  test("has no error where order is perfect, and knows none of a single case", () => {
    expect(delong([4, 3, 2, 1], [1, 1, 0, 0])).toEqual({ auc: 1, standardError: 0, interval: { low: 1, high: 1 } });
    expect(delong([2, 3, 1], [1, 0, 0]).standardError).toBeNaN();
  });

  test("refuses cases of one kind", () => {
    expect(() => delong([1, 2], [1, 1])).toThrow("2 positive and 0 negative");
  });

  test("takes cases without any detection", () => {
    expect(delong([0.5, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], [1, 1, 0]).auc).toBe(0.75);
  });
});

describe("delongTest", () => {
  test("finds no difference between a model and itself", () => {
    const scores = [0.8, 0.6, 0.7, 0.3];
    expect(delongTest(scores, scores, [1, 1, 0, 0])).toEqual({ difference: 0, standardError: 0, z: 0, p: 1 });
  });

  // a as above, b in perfect order: shares all 1. Differences of positives 0, -1/2, of negatives -1/2, 0: variance 1/8 each.
  test("is the difference in its errors, by hand", () => {
    const { difference, standardError, z, p } = delongTest([0.8, 0.6, 0.7, 0.3], [4, 3, 2, 1], [1, 1, 0, 0]);
    expect(difference).toBe(-0.25);
    expect(standardError).toBeCloseTo(Math.sqrt(1 / 8), 12);
    expect(z).toBeCloseTo(-Math.SQRT1_2, 12);
    // Table of the normal distribution: 2 (1 - P(0.7071)) = 0.4795.
    expect(p).toBeCloseTo(0.4795, 4);
  });

  test("is what variances and covariance of the definition give", () => {
    const random = new Random(6);
    const positive = Array.from({ length: 50 }, (_, i) => Number(i % 3 === 0));
    const a = positive.map((is) => random.integer(0, 9) + is);
    const b = a.map((score, i) => score + random.integer(-2, 3) + positive[i]);
    const [one, two] = [byDefinition(a, positive), byDefinition(b, positive)];
    const variance = (["ofPositives", "ofNegatives"] as const)
      .map((kind) => spread(one[kind], one[kind]) + spread(two[kind], two[kind]) - 2 * spread(one[kind], two[kind]))
      .reduce((sum, part) => sum + part);
    const { difference, standardError } = delongTest(a, b, positive);
    expect(difference).toBeCloseTo(one.auc - two.auc, 12);
    expect(standardError).toBeCloseTo(Math.sqrt(variance), 12);
  });
});
