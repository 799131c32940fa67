import { describe, expect, test } from "vitest";
import { GAUSS_3, GAUSS_5_COLOUR, GAUSS_7_SIGMA, LINE_5, MEDIAN_3_COLOUR, MEDIAN_5, MOTION_5 } from "../../test/opencv";
import { pattern } from "../../test/patterns";
import { ArgumentError } from "../errors";
import { gaussianBlur, gaussianWeights, linePoints, medianBlur, motionBlur } from "./blur";
import { image } from "./image";

describe("gaussianBlur", () => {
  test("equals OpenCV's GaussianBlur", () => {
    expect([...gaussianBlur(pattern(9, 7), 3).data]).toEqual(GAUSS_3);
    expect([...gaussianBlur(pattern(5, 4, 3), 5).data]).toEqual(GAUSS_5_COLOUR);
    expect([...gaussianBlur(pattern(9, 7), 7, 1.3).data]).toEqual(GAUSS_7_SIGMA);
  });

  test("keeps an even grey, also in an image smaller than the kernel", () => {
    const flat = image(3, 2, 1, new Uint8Array(6).fill(77));
    expect([...gaussianBlur(flat, 9, 2).data]).toEqual([77, 77, 77, 77, 77, 77]);
  });

  test("has weights that add up to 256", () => {
    for (const [size, sigma] of [
      [3, 0],
      [11, 0],
      [7, 1.3],
      [31, 4],
    ] as const) {
      expect(gaussianWeights(size, sigma).reduce((sum, weight) => sum + weight, 0)).toBe(256);
    }
  });

  test("refuses an even kernel", () => {
    expect(() => gaussianBlur(pattern(4, 4), 4)).toThrow(ArgumentError);
  });
});

describe("medianBlur", () => {
  test("equals OpenCV's medianBlur", () => {
    expect([...medianBlur(pattern(5, 4, 3), 3).data]).toEqual(MEDIAN_3_COLOUR);
    expect([...medianBlur(pattern(9, 7), 5).data]).toEqual(MEDIAN_5);
  });

  test("takes out a lone pixel and keeps an edge", () => {
    const line = image(5, 3, 1, Uint8Array.of(0, 0, 0, 9, 9, 0, 255, 0, 9, 9, 0, 0, 0, 9, 9));
    expect([...medianBlur(line, 3).data]).toEqual([0, 0, 0, 9, 9, 0, 0, 0, 9, 9, 0, 0, 0, 9, 9]);
  });

  test("refuses an even kernel", () => {
    expect(() => medianBlur(pattern(4, 4), 2)).toThrow("expected an odd number");
  });
});

describe("motionBlur", () => {
  test("draws the line that OpenCV draws", () => {
    expect(linePoints([0, 1], [4, 3]).flat()).toEqual(LINE_5);
    expect(linePoints([4, 3], [0, 1]).flat()).toEqual(LINE_5);
    expect(linePoints([2, 2], [2, 2])).toEqual([[2, 2]]);
  });

  test("equals OpenCV's filter2D with that line", () => {
    const points = linePoints([-2, -1], [2, 1]);
    expect([...motionBlur(pattern(9, 7), points).data]).toEqual(MOTION_5);
  });

  test("refuses a kernel of no points", () => {
    expect(() => motionBlur(pattern(4, 4), [])).toThrow(ArgumentError);
  });
});
