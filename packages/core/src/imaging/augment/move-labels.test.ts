import { describe, expect, test } from "vitest";
import { type Affine, translation } from "../../geometry/affine";
import { image } from "../image";
import { moveLabels } from "./move-labels";
import type { Tile } from "./tile";

const SIZE = 100;

/** A tile of 100 x 100 px whose upper left corner lies on the canvas at (x, y); label in pixels of the tile. */
function tile(
  [x1, y1, x2, y2]: readonly number[],
  {
    x = 0,
    y = 0,
    region = { x1: x, y1: y, x2: x + SIZE, y2: y + SIZE },
    outline,
  }: { x?: number; y?: number; region?: Tile["region"]; outline?: readonly number[] } = {},
): Tile {
  const rows = Float32Array.of(2, (x1 + x2) / 2 / SIZE, (y1 + y2) / 2 / SIZE, (x2 - x1) / SIZE, (y2 - y1) / SIZE);
  const outlines = outline && [Float32Array.from(outline, (value) => value / SIZE)];
  return {
    image: image(SIZE, SIZE, 1, new Uint8Array(SIZE * SIZE)),
    labels: { rows, outlines },
    canvasFromImage: translation(x, y),
    region,
  };
}

function move(source: Tile, outputFromCanvas: Affine = translation(0, 0), scale = 1) {
  return moveLabels(source, { outputFromCanvas, scale }, SIZE).map(({ outline: _, ...label }) =>
    Object.fromEntries(Object.entries(label).map(([key, value]) => [key, Number(value.toFixed(3))])),
  );
}

describe("moveLabels", () => {
  test("keeps whatever is left of a region to ignore, and weights", () => {
    const shifted = { outputFromCanvas: translation(89, 0), scale: 1 };
    const place = tile([10, 20, 30, 40]);
    // One of 20 columns is left.
    expect(moveLabels(place, shifted, SIZE)).toEqual([]);
    const rows = place.labels.rows.slice();
    rows[0] = -1;
    const swapped = [1, 0];
    expect(moveLabels({ ...place, labels: { rows } }, { ...shifted, mirrored: true }, SIZE, swapped)).toEqual([
      { classId: -1, x1: 99, y1: expect.closeTo(20, 4), x2: 100, y2: 40 },
    ]);
    const weights = Float32Array.of(0.25);
    const weighted = { ...place, labels: { ...place.labels, weights } };
    expect(moveLabels(weighted, { outputFromCanvas: translation(0, 0), scale: 1 }, SIZE)[0].weight).toBe(0.25);
  });

  test("moves a box with its tile", () => {
    expect(move(tile([10, 20, 30, 40], { x: 5, y: -7 }))).toEqual([{ classId: 2, x1: 15, y1: 13, x2: 35, y2: 33 }]);
  });

  test("puts a box around the corners of a turned one", () => {
    // x' = y, y' = 100 - x: a quarter turn about the middle.
    expect(move(tile([10, 20, 30, 60]), [0, 1, 0, -1, 0, 100])).toEqual([
      { classId: 2, x1: 20, y1: 70, x2: 60, y2: 90 },
    ]);
  });

  test("cuts at the region of the tile, and at the image", () => {
    const region = { x1: 20, y1: 0, x2: 100, y2: 100 };
    expect(move(tile([10, 20, 30, 40], { region }))).toEqual([{ classId: 2, x1: 20, y1: 20, x2: 30, y2: 40 }]);
    expect(move(tile([10, 20, 30, 40]), translation(80, 0))).toEqual([{ classId: 2, x1: 90, y1: 20, x2: 100, y2: 40 }]);
  });

  test("drops what lies outside the region or the image", () => {
    expect(move(tile([10, 20, 30, 40], { region: { x1: 30, y1: 0, x2: 100, y2: 100 } }))).toEqual([]);
    expect(move(tile([10, 20, 30, 40]), translation(90, 0))).toEqual([]);
  });

  test("drops boxes of which a tenth or less is left", () => {
    // 40 px wide: 4.5 px are 11 %, 3.5 px are 9 %.
    expect(move(tile([0, 0, 40, 40]), translation(-35.5, 0)).length).toBe(1);
    expect(move(tile([0, 0, 40, 40]), translation(-36.5, 0)).length).toBe(0);
  });

  test("does not count a drawn scale as loss", () => {
    const half: Affine = [0.25, 0, 0, 0, 0.25, 0];
    expect(move(tile([0, 0, 40, 40]), half, 0.25)).toEqual([{ classId: 2, x1: 0, y1: 0, x2: 10, y2: 10 }]);
    // A sixteenth of the area, if the scale were not known.
    expect(move(tile([0, 0, 40, 40]), half, 1)).toEqual([]);
  });

  test("drops sides of 2 px and less, and slivers", () => {
    expect(move(tile([10, 10, 12, 50]))).toEqual([]);
    expect(move(tile([10, 10, 12.1, 50])).length).toBe(1);
    // 2.1 px by 210 px: 1 to 100.
    expect(move(tile([0, 10, 100, 12.1]), [2.1, 0, 0, 0, 1, 0], 1).length).toBe(1);
    expect(moveLabels(tile([0, 10, 100, 12.1]), { outputFromCanvas: [2.2, 0, 0, 0, 1, 0], scale: 1 }, 220)).toEqual([]);
  });

  test("takes the box of an outline from what is seen of it", () => {
    // A triangle with its tip at (20, 10) and its base on y = 50 from 0 to 40; cut at x >= 20 by the image.
    const outline = [20, 10, 40, 50, 0, 50];
    const [label] = moveLabels(
      tile([0, 10, 40, 50], { outline }),
      { outputFromCanvas: translation(-20, 0), scale: 1 },
      SIZE,
    );
    expect([label.x1, label.y1, label.x2, label.y2].map((v) => Number(v.toFixed(3)))).toEqual([0, 10, 20, 50]);
    expect(label.outline?.length).toBe(6);
    // Shifted by 40 more, only the base's last corner would touch: nothing is left.
    expect(move(tile([0, 10, 40, 50], { outline }), translation(-40, 0))).toEqual([]);
  });

  test("keeps an outlined lesion down to a hundredth", () => {
    // The last 3 of 40 px: 7.5 % of the box's area.
    const square = [0, 0, 40, 0, 40, 40, 0, 40];
    expect(move(tile([0, 0, 40, 40]), translation(-37, 0)).length).toBe(0);
    expect(move(tile([0, 0, 40, 40], { outline: square }), translation(-37, 0)).length).toBe(1);
  });

  test("has nothing to move in an image without lesions", () => {
    const empty = { ...tile([0, 0, 1, 1]), labels: { rows: new Float32Array(0) } };
    expect(moveLabels(empty, { outputFromCanvas: translation(0, 0), scale: 1 }, SIZE)).toEqual([]);
  });
});
