import { describe, expect, test } from "vitest";
import { ArgumentError, ShapeError } from "../errors";
import { IDENTITY, scaling, translation } from "../geometry/affine";
import { image } from "./image";
import { resizeBilinear } from "./resample";
import { warpAffine } from "./warp";

const grey = image(3, 2, 1, Uint8Array.of(10, 20, 30, 40, 50, 60));

describe("warpAffine", () => {
  test("by the identity is a copy", () => {
    expect([...warpAffine(grey, IDENTITY, 3, 2).data]).toEqual([...grey.data]);
  });

  test("moves whole pixels exactly and fills the rest", () => {
    expect([...warpAffine(grey, translation(1, 0), 3, 2, { fill: 7 }).data]).toEqual([7, 10, 20, 7, 40, 50]);
    expect([...warpAffine(grey, translation(0, -1), 3, 2, { fill: 7 }).data]).toEqual([40, 50, 60, 7, 7, 7]);
  });

  test("mirrors about the middle of the image, in continuous coordinates", () => {
    expect([...warpAffine(grey, [-1, 0, 3, 0, 1, 0], 3, 2).data]).toEqual([30, 20, 10, 60, 50, 40]);
  });

  test("blends with the fill across the edge", () => {
    // Half a pixel to the right: each pixel is the mean of itself and its left neighbour, 114 beyond the edge.
    expect([...warpAffine(image(2, 1, 1, Uint8Array.of(10, 20)), translation(0.5, 0), 3, 1).data]).toEqual([
      62, 15, 67,
    ]);
  });

  test("scales as resizeBilinear does, away from the edges", () => {
    const source = image(
      8,
      8,
      3,
      Uint8Array.from({ length: 192 }, (_, i) => (i * 53) % 256),
    );
    const warped = warpAffine(source, scaling(2), 16, 16).data;
    const resized = resizeBilinear(source, 16, 16).data;
    for (let y = 1; y < 15; y++) {
      for (let i = 3; i < 45; i++) expect(Math.abs(warped[48 * y + i] - resized[48 * y + i])).toBeLessThanOrEqual(1);
    }
  });

  test("far outside the image there is fill alone", () => {
    expect([...warpAffine(grey, translation(1e6, 0), 2, 1).data]).toEqual([114, 114]);
  });

  test("writes into the room that is given, all of it", () => {
    const out = new Uint8Array(6).fill(99);
    expect(warpAffine(grey, translation(2, 0), 3, 2, { out, fill: 0 }).data).toBe(out);
    expect([...out]).toEqual([0, 0, 10, 0, 0, 40]);
  });

  test("refuses empty sizes, flat transforms and a room of another size", () => {
    expect(() => warpAffine(grey, IDENTITY, 0, 2)).toThrow(ArgumentError);
    expect(() => warpAffine(grey, scaling(0), 3, 2)).toThrow("determinant 0");
    expect(() => warpAffine(grey, IDENTITY, 3, 2, { out: new Uint8Array(5) })).toThrow(ShapeError);
  });
});
