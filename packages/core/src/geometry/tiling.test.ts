import { describe, expect, test } from "vitest";
import { tileRects } from "./tiling";

const corners = (width: number, height: number, tile: number, overlap?: number) =>
  tileRects(width, height, { tile, overlap }).map((rect) => [
    rect.x,
    rect.y,
    rect.x + rect.width,
    rect.y + rect.height,
  ]);

describe("tileRects", () => {
  // get_slice_bboxes of obss/sahi, commit 9a4e5696, with overlap ratios of 0.2 and 0.25.
  test("covers an image as sliced inference does", () => {
    expect(corners(640, 480, 256)).toEqual([
      [0, 0, 256, 256],
      [205, 0, 461, 256],
      [384, 0, 640, 256],
      [0, 205, 256, 461],
      [205, 205, 461, 461],
      [384, 205, 640, 461],
      [0, 224, 256, 480],
      [205, 224, 461, 480],
      [384, 224, 640, 480],
    ]);
    expect(corners(1024, 1024, 640, 0.25)).toEqual([
      [0, 0, 640, 640],
      [384, 0, 1024, 640],
      [0, 384, 640, 1024],
      [384, 384, 1024, 1024],
    ]);
  });

  test("takes a short side whole", () => {
    // Step 100 - 20 = 80: 0, 80, then 160 moved back to 150.
    expect(corners(250, 60, 100)).toEqual([
      [0, 0, 100, 60],
      [80, 0, 180, 60],
      [150, 0, 250, 60],
    ]);
    expect(corners(100, 100, 100)).toEqual([[0, 0, 100, 100]]);
    expect(corners(7, 3, 100)).toEqual([[0, 0, 7, 3]]);
  });

  test("meets edge to edge without overlap", () => {
    expect(corners(200, 100, 100, 0)).toEqual([
      [0, 0, 100, 100],
      [100, 0, 200, 100],
    ]);
  });

  test.each([
    [0, 10, { tile: 5 }],
    [10, 10.5, { tile: 5 }],
    [10, 10, { tile: 0 }],
    [10, 10, { tile: 5, overlap: 1 }],
    [10, 10, { tile: 5, overlap: -0.1 }],
  ])("refuses %d x %d, %j", (width, height, options) => {
    expect(() => tileRects(width, height, options)).toThrow("expected");
  });
});
