import { describe, expect, test } from "vitest";
import { maskArea, maskBounds, maskOverlap, outlineMask, outlinesMask } from "./mask-runs";

// Corners of a square from (x1, y1) to (x2, y2).
const square = (x1: number, y1: number, x2: number, y2: number) => [x1, y1, x1, y2, x2, y2, x2, y1];

describe("outlineMask", () => {
  test("fills the pixels of a square on pixel edges", () => {
    // 6 rows, 8 columns; columns 2 to 4 and rows 1 to 3: 2 * 6 + 1 = 13 zeros, then 3 of 6 rows each.
    expect([...outlineMask(square(2, 1, 5, 4), 6, 8).runs]).toEqual([13, 3, 3, 3, 3, 3, 20]);
  });

  // frPyObjects of pycocotools 2.0.11 on a mask of 6 x 8.
  test.each<readonly [readonly number[], readonly number[]]>([
    [
      [1.2, 0.7, 6.9, 2.1, 3.3, 5.4],
      [13, 2, 4, 4, 3, 2, 4, 1, 5, 1, 9],
    ],
    [
      [0, 0, 8, 0, 8, 6, 0, 6],
      [0, 48],
    ],
    [
      [-2.5, 1.5, 4.5, -3, 9.5, 4, 3, 8],
      [0, 5, 1, 36, 1, 4, 1],
    ],
    [
      [2.5, 2.5, 2.5, 2.5, 5.5, 4.5, 5.5, 4.5, 1, 5],
      [10, 1, 4, 2, 4, 2, 5, 1, 5, 1, 13],
    ],
    [
      [6.1, 0.2, 6.4, 5.8, 0.3, 5.1, 7.7, 2.9],
      [22, 2, 4, 2, 4, 2, 1, 2, 5, 1, 3],
    ],
  ])("rasters %j as pycocotools", (outline, runs) => {
    expect([...outlineMask(outline, 6, 8).runs]).toEqual(runs);
  });

  test("needs a mask with sides", () => {
    expect(() => outlineMask(square(0, 0, 1, 1), 0, 8)).toThrow(
      "mask of 0 x 8 pixels, wanted two whole numbers above 0",
    );
  });
});

describe("outlinesMask", () => {
  test("covers what any part covers", () => {
    // 3 x 3 and 2 x 2 pixels that share one.
    const mask = outlinesMask([square(0, 0, 3, 3), square(2, 2, 4, 4)], 6, 8);
    expect(maskArea(mask)).toBe(9 + 4 - 1);
    expect(maskBounds(mask)).toEqual([0, 0, 4, 4]);
  });

  test("of no parts is empty", () => {
    const mask = outlinesMask([], 6, 8);
    expect([maskArea(mask), maskBounds(mask)]).toEqual([0, [0, 0, 0, 0]]);
  });
});

describe("maskOverlap", () => {
  test("counts pixels of both and of either", () => {
    const [a, b] = [outlineMask(square(0, 0, 4, 4), 6, 8), outlineMask(square(2, 1, 6, 5), 6, 8)];
    // Columns 2 and 3, rows 1 to 3.
    expect(maskOverlap(a, b)).toEqual({ shared: 6, either: 16 + 16 - 6 });
    expect(maskOverlap(a, a)).toEqual({ shared: 16, either: 16 });
  });

  test("of masks of different sizes shares nothing", () => {
    const [a, b] = [outlineMask(square(0, 0, 2, 2), 6, 8), outlineMask(square(0, 0, 2, 2), 8, 6)];
    expect(maskOverlap(a, b)).toEqual({ shared: 0, either: 8 });
  });
});

describe("maskBounds", () => {
  test("of a run over two columns reaches from edge to edge", () => {
    // Pixels 4 to 7 of 6 rows: rows 4 and 5 of column 0, rows 0 and 1 of column 1.
    expect(maskBounds({ height: 6, width: 8, runs: Uint32Array.of(4, 4, 40) })).toEqual([0, 0, 2, 6]);
  });
});
