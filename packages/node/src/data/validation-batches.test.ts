import { describe, expect, test } from "vitest";
import { rectBatches, squareBatches } from "./validation-batches";

const sized = (...sizes: readonly (readonly [number, number])[]) =>
  sizes.map(([width, height], i) => ({ file: `${i}`, width, height, labels: [] }));

describe("squareBatches", () => {
  test("keeps the order and ends with what is left", () => {
    expect(squareBatches(3, 64, 2)).toEqual([
      { width: 64, height: 64, positions: [0, 1] },
      { width: 64, height: 64, positions: [2] },
    ]);
  });
});

describe("rectBatches", () => {
  test("sees a square image of 640 px in 672 px", () => {
    expect(rectBatches(sized([640, 640]), 640, 16, 32)).toEqual([{ width: 672, height: 672, positions: [0] }]);
  });

  test("groups images of like proportions, ties in their order", () => {
    // Ratios 2, .5, 1, .5, 2: sorted .5 .5 | 1 2 | 2.
    // First batch: height .5 * 320 / 32 + .5 = 5.5 -> 6 cells; width 10.5 -> 11. Second, 1 to 2: square. Third: 1 / 2 wide.
    const samples = sized([100, 200], [200, 100], [90, 90], [400, 200], [10, 20]);
    expect(rectBatches(samples, 320, 2, 32)).toEqual([
      { width: 352, height: 192, positions: [1, 3] },
      { width: 352, height: 352, positions: [2, 0] },
      { width: 192, height: 352, positions: [4] },
    ]);
  });

  test("refuses images of unknown size, naming the file", () => {
    expect(() => rectBatches([{ file: "a.dcm", labels: [] }], 320, 2, 32)).toThrow("a.dcm: rect needs the size");
  });
});
