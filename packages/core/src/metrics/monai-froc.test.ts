import { describe, expect, test } from "vitest";
import { fpTpScores, monaiCurve, monaiScore } from "./monai-froc";

describe("monaiCurve", () => {
  // Scores 0.9 (lesion), 0.5 (false positive), 0 (missed): points at 0.9 and 0.5.
  test("has a point for each score but the lowest", () => {
    const { fpPerImage, sensitivity } = monaiCurve({ fp: [0.5], tp: [0.9, 0], targets: 2 }, 1);
    expect([...fpPerImage]).toEqual([0, 0, 1]);
    expect([...sensitivity]).toEqual([0, 0.5, 0.5]);
    expect(monaiScore({ fpPerImage, sensitivity }, [0.5, 1])).toBe(0.5);
  });

  test("needs a lesion and an image", () => {
    expect(() => monaiCurve({ fp: [], tp: [], targets: 0 }, 1)).toThrow("0 lesions in 1 images");
  });
});

test("fpTpScores refuses points outside of the mask, and lengths that do not fit", () => {
  expect(() => fpTpScores({ scores: [1], x: [5], y: [0] }, { rows: [[0]] })).toThrow("point 5, 0 lies outside");
  expect(() => fpTpScores({ scores: [1], x: [], y: [0] }, { rows: [[0]] })).toThrow("1 scores for 0 x");
});
