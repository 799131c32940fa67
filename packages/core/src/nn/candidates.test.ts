import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { type AnchorGrid, anchorTotal, type Truths, truthsOf } from "./candidates";

/** 8 x 6 cells of 8 px, 4 x 3 of 16 px, 2 x 1 of 32 px. */
const GRID: AnchorGrid = { width: 64, height: 48, strides: [8, 16, 32] };

/** A target from corners in pixels. */
function target(image: number, label: number, x1: number, y1: number, x2: number, y2: number): number[] {
  const { width, height } = GRID;
  return [image, label, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height];
}

const truths = (...targets: number[][]) => truthsOf(Float32Array.from(targets.flat()), GRID);

/** Candidates of a ground truth, by the table of places; the list must say the same. */
function listed({ candidates, rows, valid, slots, width }: Truths, row: number): number[] {
  const places = [...slots.subarray(row * width, (row + 1) * width)].map(Number).filter((place) => valid[place] === 1);
  expect([...rows.keys()].filter((i) => valid[i] === 1 && Number(rows[i]) === row)).toEqual(places);
  return places.map((place) => Number(candidates[place]));
}

describe("anchorTotal", () => {
  test("counts the whole cells of every level", () => {
    expect(anchorTotal(GRID)).toBe(48 + 12 + 2);
  });
});

describe("truthsOf", () => {
  test("lists the anchors whose centre lies in the box, level by level", () => {
    // x and y 8 to 24: centres 12 and 20 of level 0, columns and rows 1 and 2; of level 1 8 and 24 lie on the edge;
    // the first of level 2, 16, lies inside.
    const found = truths(target(0, 1, 8, 8, 24, 24));
    expect(listed(found, 0)).toEqual([9, 10, 17, 18, 60]);
    expect([...found.boxes.subarray(0, 4)]).toEqual([8, 8, 24, 24]);
    expect(found.classes[0]).toBe(1n);
  });

  test("leaves out a centre on the edge", () => {
    // x from 4: column 0 has its centre at 4.
    expect(listed(truths(target(0, 0, 4, 4, 14, 14)), 0)).toEqual([9, 48]);
  });

  test("counts on from image to image", () => {
    const found = truths(target(1, 0, 8, 8, 24, 24));
    expect(listed(found, 0)).toEqual([9, 10, 17, 18, 60].map((anchor) => anchor + 62));
  });

  test("widens sides below 8 px to 16 px about their centre, each side for itself", () => {
    // 4 x 4 px at (20, 20) becomes 12 to 28: centre 20 of level 0 (12 lies on the edge), 24 of level 1, 16 of level 2.
    expect(listed(truths(target(0, 0, 18, 18, 22, 22)), 0)).toEqual([18, 48 + 5, 60]);
    // 20 px wide and 4 px high: x 10 to 30 as it is, y 12 to 28; centres 12, 20, 28 of row 2.
    const flat = truths(target(0, 0, 10, 18, 30, 22));
    expect(listed(flat, 0)).toEqual([17, 18, 19, 48 + 5, 60]);
    expect([...flat.boxes.subarray(0, 4)]).toEqual([10, 18, 30, 22]);
  });

  test("takes exactly 8 px as it is", () => {
    // x and y 9 to 17: centre 12 alone, at level 0.
    expect(listed(truths(target(0, 0, 9, 9, 17, 17)), 0)).toEqual([9, 60]);
  });

  test("gives a box over the whole image every anchor", () => {
    const found = truths(target(0, 0, 0, 0, 64, 48));
    expect(listed(found, 0)).toEqual(Array.from({ length: 62 }, (_, i) => i));
    expect(found.width).toBe(64);
  });

  test("keeps to the grid where a box leaves the image", () => {
    expect(listed(truths(target(0, 0, -20, -20, 6, 6)), 0)).toEqual([0]);
    expect(listed(truths(target(0, 0, 100, 100, 130, 130)), 0)).toEqual([]);
  });

  test("numbers the ground truths of an image from 1", () => {
    const box = [8, 8, 24, 24] as const;
    const found = truths(target(0, 0, ...box), target(0, 1, ...box), target(2, 0, ...box));
    expect([...found.ranks]).toEqual([1, 2, 1, 0]);
    expect(found.most).toBe(2);
  });

  test("pads list and table to powers of two, at least 16 columns, without valid pairs", () => {
    const box = [8, 8, 24, 24] as const;
    const found = truths(target(0, 0, ...box), target(0, 0, ...box), target(0, 0, ...box));
    expect([found.count, found.width]).toEqual([4, 16]);
    // 3 x 5 candidates and the unused pair that the rest of the table names.
    expect(found.valid).toHaveLength(16);
    expect(found.slots).toHaveLength(64);
    expect(listed(found, 3)).toEqual([]);
    expect(found.valid.reduce((a, b) => a + b)).toBe(15);
  });

  test("of no ground truth has one empty row", () => {
    const found = truths();
    expect([found.count, found.width, found.most]).toEqual([1, 16, 1]);
    expect(found.valid.every((v) => v === 0)).toBe(true);
  });

  test("refuses rows that are no six values", () => {
    expect(() => truthsOf(new Float32Array(7), GRID)).toThrow(ShapeError);
  });
});
