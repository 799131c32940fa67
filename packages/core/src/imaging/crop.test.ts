import { describe, expect, test } from "vitest";
import { cropImage } from "./crop";
import { image } from "./image";

// 4 x 3, grey: 0 to 11 row by row.
const grey = image(
  4,
  3,
  1,
  Uint8Array.from({ length: 12 }, (_, i) => i),
);

describe("cropImage", () => {
  test("copies rows and columns", () => {
    expect(cropImage(grey, { x: 1, y: 1, width: 2, height: 2 })).toEqual(image(2, 2, 1, Uint8Array.of(5, 6, 9, 10)));
    const colour = image(
      2,
      2,
      3,
      Uint8Array.from({ length: 12 }, (_, i) => i),
    );
    expect(cropImage(colour, { x: 1, y: 0, width: 1, height: 2 })).toEqual(
      image(1, 2, 3, Uint8Array.of(3, 4, 5, 9, 10, 11)),
    );
  });

  test("keeps the pixel type", () => {
    const deep = image(3, 2, 1, Uint16Array.of(1, 2, 3, 4000, 5000, 6000));
    expect(cropImage(deep, { x: 1, y: 1, width: 2, height: 1 })).toEqual(image(2, 1, 1, Uint16Array.of(5000, 6000)));
  });

  test("gives the whole as it is", () => {
    expect(cropImage(grey, { x: 0, y: 0, width: 4, height: 3 })).toBe(grey);
  });

  test.each([
    { x: 3, y: 0, width: 2, height: 1 },
    { x: 0, y: 3, width: 1, height: 1 },
    { x: -1, y: 0, width: 2, height: 1 },
    { x: 0, y: 0, width: 0, height: 1 },
    { x: 0.5, y: 0, width: 1, height: 1 },
  ])("refuses %j of 4 x 3", (rect) => {
    expect(() => cropImage(grey, rect)).toThrow("of an image of 4 x 3");
  });
});
