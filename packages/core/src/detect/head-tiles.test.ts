import { describe, expect, test } from "vitest";
import type { Level } from "./head-scores";
import { TilePlan } from "./head-tiles";

/** 5 x 4 cells: tiles of 2 x 2 in two rows of three, of which the last of each row hangs over. */
const WIDE: Level = { width: 5, height: 4, stride: 8 };
const SMALL: Level = { width: 2, height: 2, stride: 16 };

/** Two channels: 1 + the cell's number, and 1000 more. */
function features({ width, height }: Level): Float32Array {
  const cells = width * height;
  return Float32Array.from({ length: 2 * cells }, (_, i) => 1 + (i % cells) + 1000 * Math.floor(i / cells));
}

const cellAt = (x: number, y: number) => y * WIDE.width + x;

describe("TilePlan", () => {
  test("cuts out each tile once, with a margin of two cells", () => {
    // Both cells lie in the tile of columns 2 and 3, rows 0 and 1.
    const plan = new TilePlan([WIDE, SMALL], Int32Array.of(cellAt(3, 0), cellAt(2, 1)));
    const inputs = plan.inputs([features(WIDE), features(SMALL)]);
    expect(inputs["tiles.0"].shape).toEqual([1, 2, 6, 6]);
    const cut = inputs["tiles.0"].data as Float32Array;
    // Columns 0 ... 5 of rows -2 ... 3: two rows beyond the map, then cells (0, 0) ... (4, 0), then one beyond.
    expect([...cut.subarray(0, 12)]).toEqual(new Array(12).fill(0));
    expect([...cut.subarray(12, 18)]).toEqual([1, 2, 3, 4, 5, 0]);
    expect(cut[34]).toBe(1 + cellAt(4, 3));
    // The second channel, at the tile's first row within the map.
    expect([...cut.subarray(36 + 12, 36 + 15)]).toEqual([1001, 1002, 1003]);
  });

  test("marks what of a tile, with a margin of one cell, lies in the map", () => {
    const plan = new TilePlan([WIDE, SMALL], Int32Array.of(cellAt(4, 3)));
    const { data, shape } = plan.inputs([features(WIDE), features(SMALL)])["inside.0"];
    expect(shape).toEqual([1, 1, 4, 4]);
    // Columns 3 ... 6 of which 3 and 4 exist, rows 1 ... 4 of which 1, 2, 3 exist.
    const row = [1, 1, 0, 0];
    expect([...data]).toEqual([...row, ...row, ...row, 0, 0, 0, 0]);
  });

  test("gives levels without a cell no tiles", () => {
    const plan = new TilePlan([WIDE, SMALL], Int32Array.of(20 + 3));
    const inputs = plan.inputs([features(WIDE), features(SMALL)]);
    expect(inputs["tiles.0"]).toMatchObject({ shape: [0, 2, 6, 6], data: new Float32Array(0) });
    expect(inputs["tiles.1"].shape).toEqual([1, 2, 6, 6]);
    expect(Object.keys(inputs).sort()).toEqual(["inside.0", "inside.1", "tiles.0", "tiles.1"]);
  });

  test("reads boxes from where each anchor's logits stand", () => {
    // Two tiles: that of (3, 2), which is first asked for, and the last one, of (4, 3).
    const anchors = Int32Array.of(cellAt(3, 2), cellAt(4, 3));
    const plan = new TilePlan([WIDE, SMALL], anchors);
    const logits = new Float32Array(2 * 64 * 4);
    const sure = (place: number, cell: number, bins: readonly number[]) => {
      for (const [side, bin] of bins.entries()) logits[(place * 64 + 16 * side + bin) * 4 + cell] = 100;
    };
    // The upper right cell of its tile, and the lower left one.
    sure(0, 1, [1, 2, 3, 0]);
    sure(1, 2, [8, 0, 0, 1]);
    const boxes = plan.boxes(anchors, [logits, new Float32Array(0)]);
    // Centres (3.5, 2.5) and (4.5, 3.5) strides of 8 px; distances left, top, right, bottom.
    expect([...boxes.subarray(0, 4)]).toEqual([20, 4, 52, 20]);
    expect([...boxes.subarray(4)]).toEqual([-28, 28, 36, 36]);
  });

  test("takes the expectation over a distance's bins", () => {
    const anchors = Int32Array.of(20);
    const plan = new TilePlan([WIDE, SMALL], anchors);
    const logits = new Float32Array(64 * 4);
    // Left: bins 2 and 4 alike, mean 3. The others: all bins alike, mean 7.5. Centre (0.5, 0.5) strides of 16 px.
    logits[2 * 4] = logits[4 * 4] = 100;
    expect([...plan.boxes(anchors, [new Float32Array(0), logits])]).toEqual([8 - 48, 8 - 120, 8 + 120, 8 + 120]);
  });

  test("gathers one anchor's mask coefficients", () => {
    const anchors = Int32Array.of(cellAt(1, 3));
    const plan = new TilePlan([WIDE], anchors);
    const all = Float32Array.from({ length: 3 * 4 }, (_, i) => i);
    // The lower right one of the tile's four cells.
    expect([...plan.coefficients(anchors[0], 3, [all])]).toEqual([3, 7, 11]);
  });
});
