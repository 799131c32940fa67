import { describe, expect, test } from "vitest";
import { picaiMetrics, tprAtFpr } from "./picai";
import { picaiCase } from "./picai-case";

const lesion = (confidence: number) => ({ isLesion: true, confidence });
const wrong = (confidence: number) => ({ isLesion: false, confidence });

describe("picaiMetrics", () => {
  // 0.9 lesion, 0.8 wrong, 0.7 lesion, one missed: precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3: 1/3 + 1/3 x 2/3 = 5/9.
  test("is average precision by steps, misses included", () => {
    const { ap, auroc } = picaiMetrics([{ lesions: [lesion(0.9), wrong(0.8), lesion(0.7), lesion(0)] }]);
    expect(ap).toBeCloseTo(5 / 9, 14);
    expect(auroc).toBeUndefined();
  });

  test("takes a case for its most confident finding unless told otherwise", () => {
    const cases = [{ lesions: [lesion(0.5)] }, { lesions: [wrong(0.6)] }, { lesions: [] }];
    expect(picaiMetrics(cases).auroc).toBe(0.5);
    expect(picaiMetrics([{ ...cases[0], score: 0.9 }, ...cases.slice(1)]).auroc).toBe(1);
  });

  test("refuses no case, and confidences below 0", () => {
    expect(() => picaiMetrics([])).toThrow("no case");
    expect(() => picaiMetrics([{ lesions: [wrong(-1)] }])).toThrow("confidence -1");
  });

  test("has no sensitivity before the curve begins", () => {
    expect(tprAtFpr({ tpr: [0.5, 1], fpr: [1, 2] }, 0.5)).toBe(0);
    expect(tprAtFpr({ tpr: [0.5, 1], fpr: [1, 2] }, 1)).toBe(0.5);
  });
});

describe("picaiCase", () => {
  const volume = (...data: number[]) => ({ shape: [data.length, 1, 1] as const, data });

  // Lesion of voxels 1-4. Candidates 0-1 (IoU 1/5) and 3-4 (IoU 2/4): the second takes it, the first is forgiven or not.
  test("gives a lesion to the candidate that overlaps it most", () => {
    const map = volume(0.9, 0.9, 0, 0.7, 0.7);
    const label = volume(0, 1, 1, 1, 1);
    const { lesions, score } = picaiCase(map, label);
    expect(lesions).toEqual([{ isLesion: true, confidence: 0.7, overlap: 0.5 }]);
    expect(score).toBe(0.9);
    expect(picaiCase(map, label, { forgiveOverlap: false }).lesions[1]).toEqual({ ...wrong(0.9), overlap: 0 });
  });

  test("refuses volumes of different shape", () => {
    expect(() => picaiCase(volume(1), volume(1, 0))).toThrow("a map of 1 x 1 x 1 for a label of 2 x 1 x 1");
  });
});
