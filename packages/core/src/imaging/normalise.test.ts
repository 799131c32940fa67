import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { image } from "./image";
import { normalise } from "./normalise";

describe("normalise", () => {
  test("takes mean and deviation as shares of the range", () => {
    // (51 / 255 - .5) / .25 = -1.2; (255 / 255 - .5) / .25 = 2.
    const { data } = normalise(image(2, 1, 1, Uint8Array.of(51, 255)), { mean: [0.5], std: [0.25] });
    expect(data[0]).toBeCloseTo(-1.2, 6);
    expect(data[1]).toBe(2);
  });

  test("has ImageNet's numbers for colours", () => {
    // (1 - .485) / .229, (0 - .456) / .224, (.2 - .406) / .225.
    const { data } = normalise(image(1, 1, 3, Uint8Array.of(255, 0, 51)));
    for (const [c, value] of [2.2489, -2.0357, -0.9156].entries()) expect(data[c]).toBeCloseTo(value, 4);
  });

  test("brings each channel to mean 0 and deviation 1", () => {
    // 1, 3 and 10, 30: means 2 and 20, deviations 1 and 10; the third has none.
    const deep = image(2, 1, 3, Int16Array.of(1, 10, 5, 3, 30, 5));
    expect([...normalise(deep, { method: "z-score" }).data]).toEqual([-1, -1, 0, 1, 1, 0]);
  });

  test("refuses numbers that do not fit", () => {
    const grey = image(1, 1, 1, Uint8Array.of(1));
    expect(() => normalise(grey, { std: [0] })).toThrow(ArgumentError);
    expect(() => normalise(image(1, 1, 3, new Uint8Array(3)), { mean: [0, 1] })).toThrow("2 numbers for 3 channels");
  });
});
