import { expect, test } from "vitest";
import { outlineSpans } from "./scanline";

function spans(outline: readonly number[], width: number, height: number): number[][] {
  const found: number[][] = [];
  outlineSpans(Float32Array.from(outline), width, height, (...span) => found.push(span));
  return found;
}

test("outlineSpans gives cells whose centre is inside, cut at the grid", () => {
  // Centres are at .5: from 1.4 to 3.6 those of cells 1, 2 (1.5, 2.5) and 3 (3.5).
  expect(spans([1.4, 0.4, 3.6, 0.4, 3.6, 2.4, 1.4, 2.4], 9, 9)).toEqual([
    [0, 1, 4],
    [1, 1, 4],
  ]);
  expect(spans([-5, -5, 50, -5, 50, 50, -5, 50], 2, 2)).toEqual([
    [0, 0, 2],
    [1, 0, 2],
  ]);
  expect(spans([1.6, 0, 2.4, 0, 2.4, 9, 1.6, 9], 9, 9)).toEqual([]);
});
