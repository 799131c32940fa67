import { describe, expect, test } from "vitest";
import { boundsOf, clipPolygon, polygonArea } from "./polygon";

const square = Float32Array.of(2, 2, 6, 2, 6, 6, 2, 6);

describe("boundsOf", () => {
  test("is the smallest box around the points", () => {
    expect(boundsOf([3, 9, -1, 4, 2, 5])).toEqual({ x1: -1, y1: 4, x2: 3, y2: 9 });
  });

  test("is empty without points", () => {
    expect(boundsOf([])).toEqual({ x1: 0, y1: 0, x2: 0, y2: 0 });
  });
});

describe("polygonArea", () => {
  test("does not depend on the direction of the outline", () => {
    // A right triangle with legs of 4 and 3: area 6.
    expect(polygonArea([0, 0, 4, 0, 0, 3])).toBe(6);
    expect(polygonArea([0, 3, 4, 0, 0, 0])).toBe(6);
  });

  test.each([[[]], [[1, 1]], [[1, 1, 5, 5]]])("is 0 for %j", (points) => {
    expect(polygonArea(points)).toBe(0);
  });
});

describe("clipPolygon", () => {
  test("keeps an outline that lies inside", () => {
    expect(polygonArea(clipPolygon(square, { x1: 0, y1: 0, x2: 10, y2: 10 }))).toBe(16);
  });

  test("cuts at every side", () => {
    // The square 2..6 cut to 3..5 by 3..5.
    const clipped = clipPolygon(square, { x1: 3, y1: 3, x2: 5, y2: 5 });
    expect(polygonArea(clipped)).toBe(4);
    expect(boundsOf(clipped)).toEqual({ x1: 3, y1: 3, x2: 5, y2: 5 });
  });

  test("cuts a corner off", () => {
    // The triangle (0,0) (8,0) (0,8), right of x = 4: the triangle (4,0) (8,0) (4,4) of area 8.
    const clipped = clipPolygon([0, 0, 8, 0, 0, 8], { x1: 4, y1: 0, x2: 10, y2: 10 });
    expect(polygonArea(clipped)).toBe(8);
    expect(boundsOf(clipped)).toEqual({ x1: 4, y1: 0, x2: 8, y2: 4 });
  });

  test.each([
    ["outside", { x1: 7, y1: 0, x2: 9, y2: 9 }],
    ["touching along an edge", { x1: 6, y1: 0, x2: 9, y2: 9 }],
  ])("leaves nothing of an outline %s", (_, bounds) => {
    expect(polygonArea(clipPolygon(square, bounds))).toBe(0);
  });

  test("leaves nothing of an empty outline", () => {
    expect([...clipPolygon([], { x1: 0, y1: 0, x2: 1, y2: 1 })]).toEqual([]);
  });

  test("forgets a part that lies outside, and the line that joined it", () => {
    // The square 2..6, and a part at 20..22 joined to its first point.
    const parts = [...square, 2, 2, 20, 3, 22, 3, 22, 5, 20, 3, 2, 2];
    const clipped = clipPolygon(parts, { x1: 0, y1: 0, x2: 10, y2: 10 });
    expect(boundsOf(clipped)).toEqual({ x1: 2, y1: 2, x2: 6, y2: 6 });
    expect(polygonArea(clipped)).toBe(16);
  });
});
