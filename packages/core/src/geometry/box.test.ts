import { describe, expect, test } from "vitest";
import { area, ciou, diou, giou, intersection, iou } from "./box";

// Two 10 x 10 boxes shifted by 5 px share 50 px² of 150 px². The third is 10 x 20, the fourth empty, the fifth far away.
const boxes = Float32Array.of(
  ...[0, 0, 10, 10],
  ...[5, 0, 15, 10],
  ...[0, 0, 10, 20],
  ...[3, 3, 3, 3],
  ...[90, 0, 100, 10],
);

describe("area and intersection", () => {
  test("are in square pixels, with no pixel added to the sides", () => {
    expect(area(boxes, 2)).toBe(200);
    expect(intersection(boxes, 0, boxes, 1)).toBe(50);
  });

  test("boxes that touch along an edge share nothing", () => {
    expect(intersection(Float32Array.of(0, 0, 5, 5), 0, Float32Array.of(5, 0, 9, 5), 0)).toBe(0);
  });
});

describe("iou", () => {
  test("of half-shifted squares is 50 / 150", () => {
    expect(iou(boxes, 0, boxes, 1)).toBeCloseTo(1 / 3, 12);
  });

  test("of a box with itself is 1", () => {
    expect(iou(boxes, 2, boxes, 2)).toBe(1);
  });

  test("of two empty boxes is 0, not NaN", () => {
    expect(iou(boxes, 3, boxes, 3)).toBe(0);
  });

  test("of boxes apart is 0", () => {
    expect(iou(boxes, 0, boxes, 4)).toBe(0);
  });
});

describe("giou", () => {
  test("of boxes apart is minus the uncovered share of the hull", () => {
    // Hull 100 x 10 = 1000, union 200: 0 - 800 / 1000.
    expect(giou(boxes, 0, boxes, 4)).toBeCloseTo(-0.8, 6);
  });

  test("of half-shifted squares is their IoU, the hull being covered", () => {
    expect(giou(boxes, 0, boxes, 1)).toBeCloseTo(1 / 3, 6);
  });
});

describe("diou", () => {
  test("takes off the squared distance of the centres over the squared diagonal of the hull", () => {
    // Centres 5 px apart, hull 15 x 10: 1/3 - 25 / 325.
    expect(diou(boxes, 0, boxes, 1)).toBeCloseTo(1 / 3 - 25 / 325, 6);
  });
});

describe("ciou", () => {
  test("is the distance IoU for boxes of one shape", () => {
    expect(ciou(boxes, 0, boxes, 1)).toBeCloseTo(1 / 3 - 25 / 325, 6);
  });

  test("takes off a penalty for another shape", () => {
    // IoU 100 / 200. Centres 5 px apart, hull 10 x 20: 25 / 500 = 0.05.
    // Angles atan(1) and atan(1/2): v = 4 / pi² x 0.3217505544² = 0.0419564; alpha = v / (v - 0.5 + 1) = 0.0774149.
    expect(ciou(boxes, 0, boxes, 2)).toBeCloseTo(0.5 - 0.05 - 0.0419564 * 0.0774149, 6);
  });
});
