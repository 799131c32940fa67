import { describe, expect, test } from "vitest";
import {
  expectedCalibrationError,
  fitTemperature,
  maximumCalibrationError,
  reliability,
  withTemperature,
} from "./calibration";

describe("reliability", () => {
  // Bins (0, 0.5] and (0.5, 1]. First: 0.2 and 0.5, one right. Second: 0.8, 0.9, 1, all right.
  const scores = [0.9, 0.2, 0.8, 0.5, 1];
  const outcomes = [1, 0, 1, 1, 1];

  test("is mean confidence against the share that is right, by bins", () => {
    const bins = reliability(scores, outcomes, { bins: 2 });
    expect(bins.map(({ low, high, count }) => [low, high, count])).toEqual([
      [0, 0.5, 2],
      [0.5, 1, 3],
    ]);
    expect(bins.map(({ confidence }) => confidence)).toEqual([expect.closeTo(0.35), expect.closeTo(0.9)]);
    expect(bins.map(({ observed }) => observed)).toEqual([0.5, 1]);
    // Wilson: 3 of 3 with z² = 3.8415: 3 / (3 + z²) = 0.4385.
    expect(bins[1].interval).toEqual({ low: expect.closeTo(0.4385, 4), high: 1 });
    // 2/5 |0.35 - 0.5| + 3/5 |0.9 - 1| = 0.06 + 0.06.
    expect(expectedCalibrationError(bins)).toBeCloseTo(0.12, 12);
    expect(maximumCalibrationError(bins)).toBeCloseTo(0.15, 12);
  });

  test("leaves empty bins out and puts 0 into the first, 1 into the last", () => {
    const bins = reliability([0, 1], [0, 1]);
    expect(bins.map(({ low, high }) => [low, high])).toEqual([
      [0, 0.1],
      [0.9, 1],
    ]);
    expect(expectedCalibrationError(bins)).toBe(0);
  });

  test("makes bins of equal count, equal scores together", () => {
    const bins = reliability([0.1, 0.2, 0.3, 0.3, 0.3, 0.9], [0, 0, 0, 1, 1, 1], { bins: 3, equalCount: true });
    // Cuts at 2, 4, 6; the second moves behind the last 0.3.
    expect(bins.map(({ low, high, count }) => [low, high, count])).toEqual([
      [0.1, 0.2, 2],
      [0.3, 0.3, 3],
      [0.9, 0.9, 1],
    ]);
  });

  test("is nothing of nothing", () => {
    expect(reliability([], [])).toEqual([]);
    expect(reliability([], [], { equalCount: true })).toEqual([]);
    expect(expectedCalibrationError([])).toBe(0);
    expect(maximumCalibrationError([])).toBe(0);
  });

  test("refuses what is no confidence, and lengths that do not fit", () => {
    expect(() => reliability([0.5, 1.5], [1, 1])).toThrow("reliability: score 1 is 1.5");
    expect(() => reliability([0.5], [1, 1])).toThrow("1 scores for 2 outcomes");
    expect(() => reliability([0.5], [1], { bins: 0 })).toThrow("0 bins");
  });
});

describe("fitTemperature", () => {
  // All say p = 0.9 and 3 of 4 are right: best is sigmoid(z / T) = 3/4, T = ln 9 / ln 3 = 2.
  test("makes of an overconfident model one that is right as often as it says", () => {
    const { temperature, before, after } = fitTemperature([0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0]);
    expect(temperature).toBeCloseTo(2, 9);
    expect(before).toBeCloseTo(-(3 * Math.log(0.9) + Math.log(0.1)) / 4, 6);
    expect(after).toBeCloseTo(-(3 * Math.log(0.75) + Math.log(0.25)) / 4, 9);
    expect(withTemperature([0.9, 0.5], temperature)[0]).toBeCloseTo(0.75, 9);
  });

  // sigmoid(z) = 3/4 says z = ln 3; 9 of 10 are right: T = ln 3 / ln 9 = 1/2.
  test("makes an underconfident one surer", () => {
    const outcomes = [1, 1, 1, 1, 1, 1, 1, 1, 1, 0];
    expect(fitTemperature(new Array(10).fill(0.75), outcomes).temperature).toBeCloseTo(0.5, 9);
  });

  test("stays at its ends where all is in order or reversed", () => {
    expect(fitTemperature([0.9, 0.1], [1, 0]).temperature).toBeCloseTo(0.01, 9);
    expect(fitTemperature([0.9, 0.1], [0, 1]).temperature).toBeCloseTo(100, 6);
  });

  test("keeps certainties finite", () => {
    const { before } = fitTemperature([1, 0, 1], [1, 0, 0]);
    // One certainty of 1 - 1e-7 is wrong: ln 1e7 / 3.
    expect(before).toBeCloseTo(Math.log(1e7) / 3, 6);
  });

  test("needs both outcomes", () => {
    expect(() => fitTemperature([0.9], [1])).toThrow("1 right and 0 wrong");
  });
});

test("withTemperature refuses a temperature of 0", () => {
  expect(() => withTemperature([0.5], 0)).toThrow("temperature is 0");
});
