import { describe, expect, test } from "vitest";
import {
  compressRuns,
  decompressRuns,
  maskArea,
  maskBounds,
  maskOfPixels,
  maskOutlines,
  maskPixels,
  runsOf,
} from "./run-length";

// Rows of 4: (1, 1), (2, 1), (2, 2) inside. Down the columns of height 3: 000 010 011 000.
const PIXELS = [0, 0, 0, 0, /**/ 0, 1, 1, 0, /**/ 0, 0, 1, 0];
const RUNS = [4, 1, 2, 2, 3];

describe("run-length code", () => {
  test("counts pixels down the columns, beginning with those outside", () => {
    expect(maskOfPixels(PIXELS, 4, 3)).toEqual({ size: [3, 4], counts: RUNS });
    expect([...maskPixels({ size: [3, 4], counts: RUNS })]).toEqual(PIXELS);
  });

  // By hand after maskApi.c: each number from the fourth on less the one two before it, as five bits and a sign, plus 48.
  // 4 -> "4", 1 -> "1", 2 -> "2", 2 - 1 = 1 -> "1", 3 - 2 = 1 -> "1".
  // 100 = 3 * 32 + 4: 4 + 32 + 48 = 84 "T", then 3 + 48 "3". 16 needs a second character, as bit 4 is the sign: "`0".
  // 5, 9, 5, 2: 2 - 9 = -7 is 25 with its sign bit set: 73 "I".
  test.each([
    [RUNS, "41211"],
    [[100], "T3"],
    [[16], "`0"],
    [[5, 9, 5, 2], "595I"],
    [[], ""],
  ])("%j is %s", (runs, text) => {
    expect(compressRuns(runs)).toBe(text);
    expect(decompressRuns(text)).toEqual(runs);
  });

  test.each([
    [{ size: [3, 4], counts: [4, 1] }, "runs of 5 pixels in all; 3 x 4 are 12"],
    [{ size: [1, 1], counts: "T" }, "character 2 is none of the code"],
    [{ size: [1, 1], counts: "~" }, "character 1 is none of the code"],
    [{ size: [1, 1], counts: [2, -1] }, "a run of -1"],
  ] as const)("is refused as %j", (mask, message) => {
    expect(() => runsOf(mask)).toThrow(message);
  });
});

describe("mask", () => {
  test("has the area and the bounds of the pixels inside", () => {
    const mask = { size: [3, 4], counts: RUNS } as const;
    expect(maskArea(mask)).toBe(3);
    expect(maskBounds(mask)).toEqual({ x1: 1, y1: 1, x2: 3, y2: 3 });
    // A run over the end of a column touches both edges.
    expect(maskBounds({ size: [3, 4], counts: [5, 2, 5] })).toEqual({ x1: 1, y1: 0, x2: 3, y2: 3 });
    expect(maskBounds({ size: [3, 4], counts: [12] })).toBeUndefined();
  });

  test("has one outline for each part, holes joined to it", () => {
    // 3 x 3 with a hole in the middle, and one pixel apart.
    const pixels = [1, 1, 1, 0, 0, /**/ 1, 0, 1, 0, 1, /**/ 1, 1, 1, 0, 0];
    const outlines = maskOutlines(maskOfPixels(pixels, 5, 3));
    expect(outlines).toHaveLength(2);
    const xs = outlines.map((outline) => outline.filter((_, i) => i % 2 === 0));
    expect(xs.map((one) => [Math.min(...one), Math.max(...one)]).sort()).toEqual([
      [0, 3],
      [4, 5],
    ]);
  });
});
