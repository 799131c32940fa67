import { describe, expect, test } from "vitest";
import type { Dataset, Label, Sample } from "./sample";
import { tileDataset } from "./tiles";

const label = (x1: number, y1: number, x2: number, y2: number, width: number, height: number): Label => ({
  classId: 1,
  cx: (x1 + x2) / 2 / width,
  cy: (y1 + y2) / 2 / height,
  w: (x2 - x1) / width,
  h: (y2 - y1) / height,
});

function dataset(...samples: readonly Sample[]): Dataset {
  return { name: "set", names: ["a", "b"], nc: 2, split: "train", samples, problems: [] };
}

/** Labels in pixels of their crop, rounded to a hundredth. */
const pixels = ({ labels, width = 0, height = 0 }: Sample) =>
  labels.map(({ cx, cy, w, h }) =>
    [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height].map(
      (value) => Math.round(100 * value) / 100 + 0,
    ),
  );

describe("tileDataset", () => {
  // 180 x 100 in tiles of 100 that overlap by 20: columns 0 to 100 and 80 to 180.
  const wide = { file: "wide.png", width: 180, height: 100 };

  test("cuts regions to ignore, however little of them a tile shows", () => {
    const { classId: _, ...region } = label(10, 20, 85, 60, 180, 100);
    const { samples } = tileDataset(dataset({ ...wide, labels: [], ignored: [region] }), { tile: 100 });
    const shown = samples.map(({ ignored = [] }) => ignored.map(({ cx, w }) => [cx, w]));
    // 10 to 85 in the first tile; in the second, which begins at 80, 0 to 5.
    expect(shown).toEqual([[[expect.closeTo(0.475), 0.75]], [[expect.closeTo(0.025), expect.closeTo(0.05)]]]);
  });

  test("gives a lesion to every tile that shows enough of it, cut at the tile's edge", () => {
    // 70 to 110: the first tile shows 30 of 40 columns (0.75), the second, from 80 on, 30 too: 0 to 30 there.
    const { samples, problems } = tileDataset(dataset({ ...wide, labels: [label(70, 20, 110, 60, 180, 100)] }), {
      tile: 100,
    });
    expect(samples.map(({ crop }) => crop)).toEqual([
      { x: 0, y: 0, width: 100, height: 100 },
      { x: 80, y: 0, width: 100, height: 100 },
    ]);
    expect(samples.map(pixels)).toEqual([[[70, 20, 100, 60]], [[0, 20, 30, 60]]]);
    expect(samples.map(({ file, width, height }) => [file, width, height])).toEqual([
      ["wide.png", 100, 100],
      ["wide.png", 100, 100],
    ]);
    expect(samples[0].labels[0].classId).toBe(1);
    expect(problems).toEqual([]);
  });

  test("keeps a tile that shows nothing, leaves out one that shows a mere piece", () => {
    // 60 to 90: the first tile shows all, the second 10 of 30 columns, a third.
    const piece = dataset({ ...wide, labels: [label(60, 20, 90, 60, 180, 100)] });
    expect(tileDataset(piece, { tile: 100, minVisible: 0.34 }).samples.map(pixels)).toEqual([[[60, 20, 90, 60]]]);
    expect(tileDataset(piece, { tile: 100, minVisible: 0.33 }).samples.length).toBe(2);
    const aside = dataset({ ...wide, labels: [label(10, 20, 40, 60, 180, 100)] });
    expect(tileDataset(aside, { tile: 100 }).samples.map(pixels)).toEqual([[[10, 20, 40, 60]], []]);
  });

  test("keeps a tile with a whole lesion and a piece of another", () => {
    const labels = [label(60, 20, 90, 60, 180, 100), label(120, 20, 150, 60, 180, 100)];
    const { samples } = tileDataset(dataset({ ...wide, labels }), { tile: 100, minVisible: 0.5 });
    expect(samples.map(pixels)).toEqual([[[60, 20, 90, 60]], [[40, 20, 70, 60]]]);
  });

  test("leaves a small image as it is", () => {
    const small = { file: "small.png", width: 100, height: 40, labels: [] };
    expect(tileDataset(dataset(small), { tile: 100 }).samples).toEqual([small]);
  });

  test("tells of a lesion that no tile shows enough of", () => {
    // 180 of 200 columns wide: a tile shows 100 / 180 at most; and all 100 rows.
    const large = dataset({ file: "l.png", width: 200, height: 100, labels: [label(10, 0, 190, 100, 200, 100)] });
    const { samples, problems } = tileDataset(large, { tile: 100, minVisible: 0.6 });
    expect(samples).toEqual([]);
    expect(problems).toMatchObject([{ severity: "warning", code: "invalid_label", file: "l.png" }]);
    expect(problems[0].message).toContain("1 of 1 lesions");
  });

  test("cuts outlines, and measures what is visible by them", () => {
    // A triangle with its right angle at (70, 20), legs of 40 px: 800 px². Right of column 100 lies a triangle with legs
    // of 10 px, 50 px²: the first tile shows 750 / 800. Right of column 80 legs of 30 px, 450 px²: 0.5625.
    const corners = [70, 20, 110, 20, 70, 60];
    const polygon = Float32Array.from(corners, (value, i) => value / (i % 2 === 0 ? 180 : 100));
    const data = dataset({ ...wide, labels: [{ ...label(70, 20, 110, 60, 180, 100), polygon }] });
    const { samples } = tileDataset(data, { tile: 100 });
    // The second begins with column 80, where the hypotenuse is at row 50.
    expect(samples.map(pixels)).toEqual([[[70, 20, 100, 60]], [[0, 20, 30, 50]]]);
    const seen = Array.from(samples[1].labels[0].polygon ?? [], (value) => Math.round(100 * value));
    expect(seen.toSorted((a, b) => a - b)).toEqual([0, 0, 20, 20, 30, 50]);
    expect(tileDataset(data, { tile: 100, minVisible: 0.57 }).samples.length).toBe(1);
  });

  test.each([
    [{ ...wide, labels: [] }, { tile: 16 }, "tile is 16"],
    [{ ...wide, labels: [] }, { tile: 64, overlap: 0.95 }, "overlap is 0.95"],
    [{ ...wide, labels: [] }, { tile: 64, minVisible: 0 }, "minVisible is 0"],
    [{ file: "x.png", labels: [] }, { tile: 64 }, "x.png: tiles need the size"],
    [{ ...wide, labels: [], crop: { x: 0, y: 0, width: 9, height: 9 } }, { tile: 64 }, "wide.png: a crop"],
  ])("refuses %j with %j", (sample, options, message) => {
    expect(() => tileDataset(dataset(sample), options)).toThrow(message);
  });
});
