import { describe, expect, test } from "vitest";
import { labelPlace, legibleLabels, screenBox, screenPolygon } from "./box-layout";

const MAPPING = { scaleX: 2, scaleY: 3, offsetX: 10, offsetY: -4 };
const LABEL = { width: 60, height: 18 };
const CANVAS = { width: 200, height: 100 };

describe("screenBox", () => {
  test("has the corners where the image has them: pixel 3 begins at 3 and ends at 4", () => {
    expect(screenBox({ x1: 3, y1: 5, x2: 4, y2: 7 }, MAPPING)).toEqual({ x: 16, y: 11, width: 2, height: 6 });
  });
});

describe("screenPolygon", () => {
  test("takes pairs of x and y", () => {
    expect(screenPolygon([0, 0, 1, 0, 1, 2], MAPPING)).toBe("10,-4 12,-4 12,2");
  });
});

describe("labelPlace", () => {
  test("is above the box", () => {
    expect(labelPlace({ x: 50, y: 40, width: 20, height: 20 }, LABEL, CANVAS)).toEqual({ x: 50, y: 19 });
  });

  test("is below where there is no room above", () => {
    expect(labelPlace({ x: 50, y: 10, width: 20, height: 20 }, LABEL, CANVAS)).toEqual({ x: 50, y: 33 });
  });

  test("stays on the canvas", () => {
    expect(labelPlace({ x: 190, y: -10, width: 50, height: 200 }, LABEL, CANVAS)).toEqual({ x: 140, y: 0 });
  });
});

describe("legibleLabels", () => {
  test("leaves out what would cover an earlier label, and only that", () => {
    const at = (x: number) => ({ x, y: 0, width: 60, height: 18 });
    // The second covers the first and is not drawn; the third touches the first and would cover the second.
    expect(legibleLabels([at(0), at(30), at(60), { ...at(0), y: 18 }])).toEqual([true, false, true, true]);
  });
});
