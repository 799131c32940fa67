import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { shiftHsv, toPlanes } from "./color";
import { image } from "./image";

const NONE = { hue: 0, saturation: 1, value: 1 };

function shifted(pixel: readonly number[], shift: Partial<typeof NONE>): number[] {
  return [...shiftHsv(image(1, 1, 3, Uint8Array.from(pixel)), { ...NONE, ...shift }).data];
}

describe("shiftHsv", () => {
  // Pure colours lie a third of the circle apart.
  test.each([
    [[255, 0, 0], 1 / 3, [0, 255, 0]],
    [[0, 255, 0], 1 / 3, [0, 0, 255]],
    [[0, 0, 255], 1 / 3, [255, 0, 0]],
    [[255, 0, 0], -1 / 3, [0, 0, 255]],
    [[255, 255, 0], 1 / 2, [0, 0, 255]],
  ])("turns %j by %d of the circle to %j", (pixel, hue, expected) => {
    expect(shifted(pixel, { hue })).toEqual(expected);
  });

  test("takes the colour out at saturation 0", () => {
    expect(shifted([200, 100, 50], { saturation: 0 })).toEqual([200, 200, 200]);
  });

  test("halves the value", () => {
    expect(shifted([200, 0, 0], { value: 0.5 })).toEqual([100, 0, 0]);
  });

  test("cuts at 255", () => {
    expect(shifted([200, 200, 200], { value: 2 })).toEqual([255, 255, 255]);
    expect(shifted([200, 100, 100], { saturation: 9 })).toEqual([200, 0, 0]);
  });

  test("grey pixels keep their grey whatever hue and saturation do", () => {
    expect(shifted([90, 90, 90], { hue: 0.4, saturation: 2 })).toEqual([90, 90, 90]);
  });

  test("gives a grey image its new values", () => {
    const grey = image(3, 1, 1, Uint8Array.of(0, 100, 200));
    expect([...shiftHsv(grey, { hue: 0.5, saturation: 2, value: 1.5 }).data]).toEqual([0, 150, 255]);
  });

  test("changes no value by more than a hue step without a shift", () => {
    const data = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) % 256);
    const same = shiftHsv(image(1000, 1, 3, data.slice()), NONE).data;
    // Hue in steps of two degrees: 1 / 30 of a sector, at most 255 / 60 levels and a cut.
    data.forEach((value, i) => {
      expect(Math.abs(value - same[i])).toBeLessThanOrEqual(6);
    });
  });
});

describe("toPlanes", () => {
  test("parts red, green and blue", () => {
    const out = new Uint8Array(7);
    toPlanes(image(2, 1, 3, Uint8Array.of(1, 2, 3, 4, 5, 6)), out, 1);
    expect([...out]).toEqual([0, 1, 4, 2, 5, 3, 6]);
  });

  test("replicates grey", () => {
    const out = new Uint8Array(6);
    toPlanes(image(2, 1, 1, Uint8Array.of(8, 9)), out);
    expect([...out]).toEqual([8, 9, 8, 9, 8, 9]);
  });

  test("refuses too little room", () => {
    expect(() => toPlanes(image(2, 1, 1, Uint8Array.of(8, 9)), new Uint8Array(6), 1)).toThrow(ShapeError);
  });
});
