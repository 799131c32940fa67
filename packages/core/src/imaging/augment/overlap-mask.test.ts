import { describe, expect, test } from "vitest";
import type { PlacedLabel } from "./move-labels";
import { byDecreasingArea, paintOverlapMask } from "./overlap-mask";

function box(x1: number, y1: number, x2: number, y2: number, outline?: number[]): PlacedLabel {
  return { classId: 0, x1, y1, x2, y2, ...(outline ? { outline: Float32Array.from(outline) } : {}) };
}

/** A map of 4 x 4 cells of 4 px, as text. */
function paint(labels: readonly PlacedLabel[]): string[] {
  const map = new Uint8Array(16).fill(9);
  paintOverlapMask(labels, map, 4, 4, 4);
  return [0, 4, 8, 12].map((row) => map.subarray(row, row + 4).join(""));
}

describe("byDecreasingArea", () => {
  test("sorts by the outline where there is one, ties in their order", () => {
    const small = box(0, 0, 2, 2);
    const large = box(0, 0, 9, 9);
    // A triangle of area 2 in a box of 100.
    const thin = box(0, 0, 10, 10, [0, 0, 2, 0, 10, 2]);
    const tie = box(5, 5, 7, 7);
    // small and tie have 4 px², large 81.
    expect(byDecreasingArea([thin, small, large, tie])).toEqual([large, small, tie, thin]);
    expect(byDecreasingArea([])).toEqual([]);
  });
});

describe("paintOverlapMask", () => {
  test("clears the map of an image without lesions", () => {
    expect(paint([])).toEqual(["0000", "0000", "0000", "0000"]);
  });

  test("fills the cells whose centre is inside", () => {
    // Cell centres at 2, 6, 10, 14. A box from 2 to 10: the centre at 2 is in, the one at 10 is not.
    expect(paint([box(2, 2, 10, 10)])).toEqual(["1100", "1100", "0000", "0000"]);
    expect(paint([box(2.5, 2.5, 10.5, 10.5)])).toEqual(["0000", "0110", "0110", "0000"]);
  });

  test("fills outlines, not their boxes", () => {
    // The triangle (0,0) (16,0) (0,16), centres with x + y < 16: of the anti-diagonal, x + y = 16, none.
    expect(paint([box(0, 0, 16, 16, [0, 0, 16, 0, 0, 16])])).toEqual(["1110", "1100", "1000", "0000"]);
  });

  test("leaves a hole where an outline runs back inside itself", () => {
    const ring = [0, 0, 16, 0, 16, 16, 0, 16, 0, 0, 4, 4, 12, 4, 12, 12, 4, 12, 4, 4];
    expect(paint([box(0, 0, 16, 16, ring)])).toEqual(["1111", "1001", "1001", "1111"]);
  });

  test("shows the later of two labels that overlap", () => {
    expect(paint([box(0, 0, 16, 16), box(4, 4, 12, 12)])).toEqual(["1111", "1221", "1221", "1111"]);
  });

  test("gives a lesion between all centres the cell of its middle", () => {
    expect(paint([box(12.1, 12.1, 13.9, 13.9)])).toEqual(["0000", "0000", "0000", "0001"]);
    expect(paint([box(15.9, 0, 16, 1.5)])).toEqual(["0001", "0000", "0000", "0000"]);
  });

  test("cuts what reaches beyond the image", () => {
    expect(paint([box(-9, -9, 6.5, 99)])).toEqual(["1100", "1100", "1100", "1100"]);
  });
});
