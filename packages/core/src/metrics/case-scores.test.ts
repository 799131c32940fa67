import { describe, expect, test } from "vitest";
import { caseAccuracy, caseScores } from "./case-scores";

// Cases 0 (lesion, best 0.8), 1 (lesion, nothing), 2 (none, 0.4), 3 (none, nothing).
const cases = caseScores({ scores: [0.3, 0.8, 0.4], cases: [0, 0, 2], lesionCases: [0, 1, 1], caseCount: 4 });

describe("caseScores", () => {
  test("are the highest of each case, minus infinity without detections", () => {
    const none = Number.NEGATIVE_INFINITY;
    expect([...cases.scores]).toEqual([0.8, none, 0.4, none]);
    expect([...cases.positive]).toEqual([1, 1, 0, 0]);
  });

  test("refuse lengths that do not fit", () => {
    expect(() => caseScores({ scores: [1], cases: [], lesionCases: [], caseCount: 1 })).toThrow("1 scores for 0");
  });
});

describe("caseAccuracy", () => {
  test("counts a case without lesion and without a detection from the threshold on as true negative", () => {
    const at = (threshold: number) => {
      const { truePositives, falseNegatives, trueNegatives, falsePositives } = caseAccuracy(cases, threshold);
      return [truePositives, falseNegatives, trueNegatives, falsePositives];
    };
    expect(at(0.4)).toEqual([1, 1, 1, 1]);
    expect(at(0.41)).toEqual([1, 1, 2, 0]);
  });

  test("has Wilson's intervals, and no specificity without negative cases", () => {
    const { sensitivity, specificity } = caseAccuracy({ scores: Float64Array.of(1), positive: Uint8Array.of(1) }, 0.5);
    // 1 of 1: 1 / (1 + 3.8415).
    expect(sensitivity).toEqual({ value: 1, low: expect.closeTo(0.2065, 4), high: 1 });
    expect(specificity).toEqual({ value: Number.NaN, low: 0, high: 1 });
  });
});
