import { describe, expect, test } from "vitest";
import { ArgumentError, ShapeError } from "../errors";
import { cpm, type FrocInput, froc, NO_LESION, sensitivityAt } from "./froc";

const FP = NO_LESION;

/** Two scans, four lesions, three of them found: FP at 0.8, lesion 0 once more at 0.7. */
const SMALL: FrocInput = {
  scores: [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
  hits: [0, FP, 0, 1, FP, 3],
  lesionCount: 4,
  scanCount: 2,
};

const points = (input: FrocInput) => {
  const { fpPerScan, sensitivity, thresholds } = froc(input);
  return Array.from(fpPerScan, (x, k) => [x, sensitivity[k], thresholds[k]]);
};

describe("froc", () => {
  test("rises by a quarter for each of four lesions, and goes right by a half for each false mark in two scans", () => {
    expect(points(SMALL)).toEqual([
      [0, 0, Number.POSITIVE_INFINITY],
      [0, 0.25, 0.9],
      [0.5, 0.25, 0.8],
      // Not at 0.7: the second hit on lesion 0 is neither.
      [0.5, 0.5, 0.6],
      [1, 0.5, 0.5],
      [1, 0.75, 0.4],
    ]);
  });

  test("does not depend on the order of the input", () => {
    const order = [3, 5, 0, 2, 4, 1];
    const mixed = { ...SMALL, scores: order.map((i) => SMALL.scores[i]), hits: order.map((i) => SMALL.hits[i]) };
    expect(froc(mixed)).toEqual(froc(SMALL));
  });

  test("lets equal scores enter together, whatever their order", () => {
    const tied = { scores: [0.5, 0.5, 0.5], lesionCount: 1, scanCount: 1 };
    const expected = [
      [0, 0, Number.POSITIVE_INFINITY],
      [2, 1, 0.5],
    ];
    expect(points({ ...tied, hits: [0, FP, FP] })).toEqual(expected);
    expect(points({ ...tied, hits: [FP, FP, 0] })).toEqual(expected);
  });

  test("of no detections is the origin", () => {
    const curve = froc({ scores: [], hits: [], lesionCount: 3, scanCount: 2 });
    expect([...curve.fpPerScan, ...curve.sensitivity]).toEqual([0, 0]);
    expect([sensitivityAt(curve, 1), cpm(curve)]).toEqual([0, 0]);
  });

  test("of hits alone reaches its end without a false positive", () => {
    const curve = froc({ scores: [0.9, 0.8], hits: [1, 0], lesionCount: 2, scanCount: 5 });
    expect([sensitivityAt(curve, 0), sensitivityAt(curve, 8), cpm(curve)]).toEqual([1, 1, 1]);
  });

  test("refuses lengths that differ", () => {
    expect(() => froc({ ...SMALL, hits: [0] })).toThrow(ShapeError);
    expect(() => froc({ ...SMALL, hits: [0] })).toThrow("6 scores for 1 hits");
  });

  test.each([
    ["no lesion", { lesionCount: 0, hits: [FP, FP, FP, FP, FP, FP] }, "0 lesions"],
    ["no scan", { scanCount: 0 }, "0 scans"],
    ["a hit on a lesion that does not exist", { lesionCount: 3 }, "detection 5 hits lesion 3, wanted -1 to 2"],
    ["a hit that is no number of a lesion", { hits: [-2, FP, FP, FP, FP, FP] }, "detection 0 hits lesion -2"],
  ])("refuses %s", (_, change, message) => {
    expect(() => froc({ ...SMALL, ...change })).toThrow(ArgumentError);
    expect(() => froc({ ...SMALL, ...change })).toThrow(message);
  });
});

describe("sensitivityAt", () => {
  const curve = froc({ scores: [0.9, 0.8, 0.8, 0.7], hits: [0, FP, 1, FP], lesionCount: 4, scanCount: 1 });

  // (0, 1/4), then FP and hit together to (1, 1/2), then (2, 1/2).
  test.each([
    [0, 0.25],
    [0.5, 0.375],
    [1, 0.5],
    [2, 0.5],
    [8, 0.5],
  ])("at %d false positives per scan is %d, by a straight line or the end of the curve", (at, expected) => {
    expect(sensitivityAt(curve, at)).toBe(expected);
  });

  test("takes the upper end of a step", () => {
    expect(sensitivityAt(froc(SMALL), 0.5)).toBe(0.5);
  });
});

test("cpm is the mean at 1/8, 1/4, 1/2, 1, 2, 4 and 8", () => {
  // SMALL: 1/4 up to 1/2, where 1/2 is reached, then up at 1 to 3/4.
  expect(cpm(froc(SMALL))).toBeCloseTo((0.25 + 0.25 + 0.5 + 0.75 + 0.75 + 0.75 + 0.75) / 7, 12);
});
