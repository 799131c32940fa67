import { describe, expect, test } from "vitest";
import { accumulation, averageDecay, learningRateFactor, warmed, warmUpIterations } from "./schedule";

describe("learningRateFactor", () => {
  const line = { epochs: 100, lrf: 0.01, cosLr: false };
  const cosine = { ...line, cosLr: true };

  test("starts at 1 and ends at lrf, both ways", () => {
    expect(learningRateFactor(0, line)).toBe(1);
    expect(learningRateFactor(0, cosine)).toBe(1);
    expect(learningRateFactor(100, line)).toBeCloseTo(0.01, 12);
    expect(learningRateFactor(100, cosine)).toBeCloseTo(0.01, 12);
  });

  test("is half way between the ends in the middle", () => {
    expect(learningRateFactor(50, line)).toBeCloseTo(0.505, 12);
    expect(learningRateFactor(50, cosine)).toBeCloseTo(0.505, 12);
  });

  test("does not fall below lrf where a run goes on beyond its epochs", () => {
    expect(learningRateFactor(150, line)).toBe(0.01);
  });
});

describe("warm-up", () => {
  test.each([
    [3, 463, 1389],
    [3, 10, 100],
    [0.5, 13, 100],
    [2.5, 101, 253], // 252.5, rounded up
    [0, 463, 0],
  ])("of %d epochs of %d batches takes %d iterations", (epochs, batches, iterations) => {
    expect(warmUpIterations(epochs, batches)).toBe(iterations);
  });

  test("goes in a line from one value to the other, and stays there", () => {
    expect([0, 25, 50, 100, 1000].map((i) => warmed(i, 100, 0.8, 0.9))).toEqual([
      0.8,
      expect.closeTo(0.825, 12),
      expect.closeTo(0.85, 12),
      0.9,
      0.9,
    ]);
  });

  test("of no iterations is over at once", () => {
    expect(warmed(0, 0, 0.8, 0.9)).toBe(0.9);
  });
});

describe("accumulation", () => {
  // 1 + 15 * i / 100 for batches of 4 and a nominal 64.
  test.each([
    [0, 1],
    [3, 1], // 1.45
    [4, 2], // 1.6
    [50, 9], // 8.5, rounded up
    [100, 16],
    [5000, 16],
  ])("at iteration %d is %d", (iteration, batches) => {
    expect(accumulation(iteration, 100, 4, 64)).toBe(batches);
  });

  test("is 1 for batches above the nominal size", () => {
    expect(accumulation(0, 0, 256, 64)).toBe(1);
  });
});

describe("averageDecay", () => {
  test("forgets nearly everything at first and nearly nothing later", () => {
    // 0.9999 (1 - exp(-t / 2000)); exp(-0.5) = 0.606530660.
    expect(averageDecay(1000)).toBeCloseTo(0.9999 * (1 - 0.60653066), 8);
    expect(averageDecay(0)).toBe(0);
    expect(averageDecay(1e6)).toBeCloseTo(0.9999, 12);
  });
});
