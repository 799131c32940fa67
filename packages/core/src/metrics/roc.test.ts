import { describe, expect, test } from "vitest";
import { rocAuc, rocCurve } from "./roc";

describe("rocCurve", () => {
  // By falling score: + - + -. Each step is 1/2 of its kind.
  test("steps up for a positive and to the right for a negative case", () => {
    const { fpr, tpr, thresholds } = rocCurve([0.3, 0.9, 0.6, 0.7], [0, 1, 1, 0]);
    expect([...fpr]).toEqual([0, 0, 0.5, 0.5, 1]);
    expect([...tpr]).toEqual([0, 0.5, 0.5, 1, 1]);
    expect([...thresholds]).toEqual([Number.POSITIVE_INFINITY, 0.9, 0.7, 0.6, 0.3]);
  });

  test("takes equal scores in one step, minus infinity too", () => {
    const none = Number.NEGATIVE_INFINITY;
    const { fpr, tpr, thresholds } = rocCurve([0.5, 0.5, none, none], [1, 0, 0, 1]);
    expect([...fpr]).toEqual([0, 0.5, 1]);
    expect([...tpr]).toEqual([0, 0.5, 1]);
    expect([...thresholds]).toEqual([Number.POSITIVE_INFINITY, 0.5, none]);
  });

  test.each([
    [[], [], "0 positive and 0 negative"],
    [[0.1, 0.2], [1, 1], "2 positive and 0 negative"],
    [[0.1, 0.2], [0, 0], "0 positive and 2 negative"],
    [[0.1, Number.NaN], [0, 1], "the score of case 1 is not a number"],
    [[0.1], [0, 1], "1 scores for 2 cases"],
  ])("refuses %j of %j", (scores, positive, message) => {
    expect(() => rocCurve(scores, positive)).toThrow(message);
  });
});

describe("rocAuc", () => {
  // Of 2 x 2 pairs (0.9, 0.6) against (0.3, 0.7) three are in order.
  test("is the share of pairs in order", () => {
    expect(rocAuc([0.3, 0.9, 0.6, 0.7], [0, 1, 1, 0])).toBe(0.75);
  });

  test("counts a pair of equal scores one half", () => {
    expect(rocAuc([0.5, 0.5], [1, 0])).toBe(0.5);
    // Pairs: 0.5 = 0.5, 0.5 > 0.1, 0.9 > 0.5, 0.9 > 0.1: 3.5 of 4.
    expect(rocAuc([0.5, 0.9, 0.5, 0.1], [1, 1, 0, 0])).toBe(0.875);
  });

  test("is 1 of perfect and 0 of reversed order", () => {
    expect(rocAuc([3, 2, 1], [1, 1, 0])).toBe(1);
    expect(rocAuc([3, 2, 1], [0, 0, 1])).toBe(0);
  });
});
