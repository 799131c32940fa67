import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { type AnchorGrid, anchorTotal, type TruthOptions, type Truths, truthFeeds, truthsOf } from "./candidates";

/** 8 x 6 cells of 8 px, 4 x 3 of 16 px, 2 x 1 of 32 px. */
const GRID: AnchorGrid = { width: 64, height: 48, strides: [8, 16, 32] };

/** A target from corners in pixels. */
function target(image: number, label: number, x1: number, y1: number, x2: number, y2: number): number[] {
  const { width, height } = GRID;
  return [image, label, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height];
}

const truths = (...targets: number[][]) => truthsOf(Float32Array.from(targets.flat()), GRID);
const truthsWith = (options: TruthOptions, ...targets: number[][]) =>
  truthsOf(Float32Array.from(targets.flat()), GRID, options);

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

describe("truthsOf with soft labels", () => {
  const box = [8, 8, 24, 24] as const;

  test("keeps the weight of each ground truth, 1 unless told", () => {
    const weights = Float32Array.of(0.5, 0, 1);
    const targets = [target(0, 0, ...box), target(0, 1, ...box), target(1, 0, ...box)];
    expect([...truthsWith({ soft: { weights } }, ...targets).weights!]).toEqual([0.5, 0, 1, 0]);
    expect([...truthsWith({ soft: {} }, ...targets).weights!]).toEqual([1, 1, 1, 0]);
  });

  test("takes a region to ignore out of the ground truths, and lists its anchors", () => {
    const ignored = Uint8Array.of(0, 1, 0);
    const found = truthsWith(
      { soft: { weights: Float32Array.of(0.5, 1, 0.25), ignored } },
      target(0, 2, 0, 0, 64, 48),
      target(1, 1, ...box),
      target(1, 0, 30, 30, 40, 40),
    );
    expect(found.count).toBe(2);
    expect([...found.classes]).toEqual([2n, 0n]);
    expect([...found.weights!]).toEqual([0.5, 0.25]);
    // The second of its image all the same: masks count the region.
    expect([...found.ranks]).toEqual([1, 2]);
    // Five of them, up to a power of two.
    expect([...found.ignored!].map(Number)).toEqual([9, 10, 17, 18, 60, 60, 60, 60].map((anchor) => 62 + anchor));
  });

  test("feeds what the options ask for, and nothing else", () => {
    const names = (options: TruthOptions) =>
      Object.keys(truthFeeds(truthsWith(options, target(0, 0, ...box)))).slice(6);
    expect(names({})).toEqual([]);
    expect(names({ assignAll: true })).toEqual(["candidates_kept"]);
    expect(names({ soft: {} })).toEqual(["truth_weights", "ignored_anchors"]);
  });

  test("refuses weights or marks of another number than the targets", () => {
    expect(() => truthsWith({ soft: { weights: new Float32Array(2) } }, target(0, 0, ...box))).toThrow(ShapeError);
    expect(() => truthsWith({ soft: { ignored: new Uint8Array(0) } }, target(0, 0, ...box))).toThrow(
      "0 weights or marks for 1 targets",
    );
  });
});

describe("truthsOf with assignAll", () => {
  const assignAll = true;
  /** The anchor kept for a row. */
  const keptFor = ({ candidates, rows, kept }: Truths, row: number) =>
    [...kept!.keys()].filter((i) => kept![i] === 1 && Number(rows[i]) === row).map((i) => Number(candidates[i]));

  test("keeps the anchor at the centre, which the others lose", () => {
    // Centres (16, 16) and (28, 20): the first lies on the corner of four cells and takes cell 1, 1; the second is at
    // the centre of cell 3, 2, which the first box does not hold.
    const found = truthsWith({ assignAll }, target(0, 0, 8, 8, 24, 24), target(0, 0, 12, 13, 44, 27));
    expect(keptFor(found, 0)).toEqual([9]);
    expect(keptFor(found, 1)).toEqual([2 * 8 + 3]);
    expect(listed(found, 0)).toEqual([9, 10, 17, 18, 60]);
    // Centres in x: 20, 28, 36 of level 0, 24 and 40 of level 1, 16 of level 2; in y: 20, 24, 16.
    expect(listed(found, 1)).toEqual([18, 19, 20, 48 + 5, 48 + 6, 60]);
    const other = truthsWith({ assignAll }, target(0, 0, 12, 13, 44, 27), target(0, 0, 18, 18, 22, 22));
    expect(keptFor(other, 1)).toEqual([18]);
    expect(listed(other, 0)).toEqual([19, 20, 48 + 5, 48 + 6, 60]);
  });

  test("gives anchors to boxes that hold no centre, the nearest there is", () => {
    const found = truthsWith({ assignAll }, target(0, 0, 100, 100, 130, 130), target(1, 0, -20, -20, -10, -10));
    expect(listed(found, 0)).toEqual([47]);
    expect(listed(found, 1)).toEqual([62]);
  });

  test("gives each of several in one place its own", () => {
    // 70 boxes for 62 anchors: the last eight go without.
    const found = truthsWith({ assignAll }, ...Array.from({ length: 70 }, () => target(0, 0, 20, 20, 21, 21)));
    const kept = Array.from({ length: 70 }, (_, row) => keptFor(found, row));
    expect(kept[0]).toEqual([18]);
    expect(new Set(kept.slice(0, 62).flat()).size).toBe(62);
    expect(kept.slice(62).flat()).toEqual([]);
  });

  test("keeps for a large box an anchor of the level whose 8 strides reach its sides", () => {
    const wide: AnchorGrid = { width: 512, height: 512, strides: [8, 16, 32] };
    const levelOf = (side: number) => {
      const anchor = keptFor(truthsOf(Float32Array.of(0, 0, 0.5, 0.5, side / 512, 0.1), wide, { assignAll }), 0)[0];
      return anchor < 4096 ? 0 : anchor < 4096 + 1024 ? 1 : 2;
    };
    expect([1, 128, 130, 256, 258, 512].map(levelOf)).toEqual([0, 0, 1, 1, 2, 2]);
  });
});
