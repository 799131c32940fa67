import { image } from "@fovea/core/imaging/image";
import { describe, expect, test } from "vitest";
import { cutMiddle } from "./cut-middle";

/** 100 x 100, each pixel its column. */
const square = image(
  100,
  100,
  1,
  Uint8Array.from({ length: 10000 }, (_, i) => i % 100),
);

const cut = (x1: number, y1: number, x2: number, y2: number, outline?: Float32Array) =>
  cutMiddle({ image: square, labels: [{ classId: 2, x1, y1, x2, y2, outline }] }, 60, 100);

describe("cutMiddle", () => {
  test("keeps the middle columns and moves labels along", () => {
    const { image: middle, labels } = cut(30, 10, 50, 40);
    expect([middle.width, middle.height, middle.data[0], middle.data[59]]).toEqual([60, 100, 20, 79]);
    expect(labels).toMatchObject([{ classId: 2, x1: 10, y1: 10, x2: 30, y2: 40 }]);
  });

  test("cuts a label at the edge and drops what is left too small", () => {
    // Columns 20 to 80 stay. Of 0 to 40 half is left; of 0 to 22 less than a tenth; of 10 to 22, 2 px are too thin.
    expect(cut(0, 10, 40, 40).labels).toMatchObject([{ x1: 0, y1: 10, x2: 20, y2: 40 }]);
    expect(cut(0, 10, 22, 40).labels).toEqual([]);
    expect(cut(10, 10, 22, 40).labels).toEqual([]);
    expect(cut(0, 10, 15, 40).labels).toEqual([]);
  });

  test("keeps an outlined lesion of which a twelfth is left", () => {
    // Of a bar of 60 columns, five.
    const outline = Float32Array.of(-35, 10, 25, 10, 25, 14, -35, 14);
    expect(cut(-35, 10, 25, 14, outline).labels).toMatchObject([{ x1: 0, x2: 5 }]);
    expect(cut(-35, 10, 25, 14).labels).toEqual([]);
  });

  test("keeps whatever is left of a region to ignore", () => {
    const region = { classId: -1, x1: 0, y1: 10, x2: 21, y2: 40 };
    expect(cutMiddle({ image: square, labels: [region] }, 60, 100).labels).toMatchObject([{ x1: 0, x2: 1 }]);
  });

  test("cuts outlines, whose box follows", () => {
    // A triangle with its right angle at (40, 10) and its points at (0, 10) and (40, 50): at column 20 it is 20 high.
    const { labels } = cut(0, 10, 40, 50, Float32Array.of(0, 10, 40, 10, 40, 50));
    expect(labels).toMatchObject([{ x1: 0, y1: 10, x2: 20, y2: 50 }]);
    const points = [...(labels[0].outline ?? [])];
    expect(points.length).toBe(8);
    expect(points).toEqual(expect.arrayContaining([0, 10, 20, 10, 20, 50, 0, 30]));
  });
});
