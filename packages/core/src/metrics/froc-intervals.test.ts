import { describe, expect, test } from "vitest";
import { ArgumentError, ShapeError } from "../errors";
import { NO_LESION } from "./froc";
import { type FrocScans, frocIntervals } from "./froc-intervals";

/** 100 scans with a lesion each, the first 80 found, and nothing else. */
const EIGHTY: FrocScans = {
  scores: new Array(80).fill(0.5),
  hits: Array.from({ length: 80 }, (_, i) => i),
  scans: Array.from({ length: 80 }, (_, i) => i),
  lesionScans: Array.from({ length: 100 }, (_, i) => i),
  lesionCount: 100,
  scanCount: 100,
};

describe("frocIntervals", () => {
  test("of 80 of 100 lesions in scans of their own is the binomial interval", () => {
    // Binomial(100, 0.8): 2.5 % at 72, 97.5 % at 87 or 88 (0.9747 lie at 87 or below).
    const [[{ low, high }]] = frocIntervals([{ curve: EIGHTY, points: [1] }], { resamples: 4000 });
    expect(Math.abs(low - 0.72)).toBeLessThan(0.011);
    expect(Math.abs(high - 0.875)).toBeLessThan(0.011);
  });

  test("draws scans, not lesions: what is in one scan is found or missed together", () => {
    // The first scan has two lesions, both found, the second has one, missed.
    const curve: FrocScans = {
      ...{ scores: [0.9, 0.9], hits: [0, 1], scans: [0, 0], lesionScans: [0, 0, 1], lesionCount: 3, scanCount: 2 },
    };
    // Two draws of two scans: twice the first 1, mixed 2 of 3, twice the second 0; each end has a quarter.
    const [[interval]] = frocIntervals([{ curve, points: [1] }]);
    expect(interval).toEqual({ low: 0, high: 1 });
  });

  test("is a point where every resample is alike, read by straight lines between points, in the order asked for", () => {
    // One scan: FP at 0.9, then FP and hit together. From (1, 0) to (2, 1): half way at 1.5.
    const curve: FrocScans = {
      ...{ scores: [0.9, 0.8, 0.8], hits: [NO_LESION, 0, NO_LESION], scans: [0, 0, 0] },
      ...{ lesionScans: [0], lesionCount: 1, scanCount: 1 },
    };
    const [intervals] = frocIntervals([{ curve, points: [4, 1.5, 1, 0.5] }], { resamples: 3 });
    expect(intervals.map(({ low }) => low)).toEqual([1, 0.5, 0, 0]);
    expect(intervals.map(({ high }) => high)).toEqual([1, 0.5, 0, 0]);
  });

  test("leaves out resamples without a lesion", () => {
    // One of two scans has the lesion, which is found.
    const curve = { scores: [0.9], hits: [0], scans: [1], lesionScans: [1], lesionCount: 1, scanCount: 2 };
    expect(frocIntervals([{ curve, points: [1] }])).toEqual([[{ low: 1, high: 1 }]]);
  });

  test("of several readings is that of each alone", () => {
    const few = {
      ...EIGHTY,
      scores: EIGHTY.scores,
      hits: Array.from({ length: 80 }, (_, i) => (i < 50 ? i : NO_LESION)),
    };
    const readings = [
      { curve: EIGHTY, points: [0.1, 1] },
      { curve: few, points: [1] },
    ];
    expect(frocIntervals(readings)).toEqual(readings.map((reading) => frocIntervals([reading])[0]));
    expect(frocIntervals([])).toEqual([]);
  });

  test("refuses columns that do not fit", () => {
    const read = (change: Partial<FrocScans>) => frocIntervals([{ curve: { ...EIGHTY, ...change }, points: [1] }]);
    expect(() => read({ scans: [0] })).toThrow(ShapeError);
    expect(() => read({ lesionScans: [0] })).toThrow("80 scans of detections and 1 of lesions for 80 detections");
    expect(() => read({ lesionScans: new Array(100).fill(100) })).toThrow(ArgumentError);
    expect(() => read({ lesionCount: 0, lesionScans: [], hits: new Array(80).fill(NO_LESION) })).toThrow("0 lesions");
    const other = { ...EIGHTY, scanCount: 101 };
    const both = [EIGHTY, other].map((curve) => ({ curve, points: [1] }));
    expect(() => frocIntervals(both)).toThrow("curves of 100 and of 101 scans");
  });
});
