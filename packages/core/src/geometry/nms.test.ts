import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { nms, orderByScore } from "./nms";

// Two 10 x 10 boxes shifted by 5 px share 50 px² of 150 px²: IoU 1/3. The third is far away.
const boxes = Float32Array.of(...[0, 0, 10, 10], ...[5, 0, 15, 10], ...[40, 40, 50, 50]);

describe("nms", () => {
  test("keeps the better of two boxes that overlap, and the one apart", () => {
    expect([...nms(boxes, Float32Array.of(0.5, 0.9, 0.7), { iouThreshold: 0.3 })]).toEqual([1, 2]);
  });

  test("breaks a tie in score by input order", () => {
    expect([...nms(boxes, Float32Array.of(0.5, 0.5, 0.5), { iouThreshold: 0.3 })]).toEqual([0, 2]);
  });

  test("keeps a box that overlaps by exactly the threshold", () => {
    // 0 ... 10 and 0 ... 5: IoU 50 / 100.
    const halves = Float32Array.of(...[0, 0, 10, 10], ...[0, 0, 5, 10]);
    expect([...nms(halves, Float32Array.of(0.9, 0.8), { iouThreshold: 0.5 })]).toEqual([0, 1]);
    expect([...nms(halves, Float32Array.of(0.9, 0.8), { iouThreshold: 0.49 })]).toEqual([0]);
  });

  test("a dropped box drops nothing itself", () => {
    // 1 overlaps 0, 2 overlaps 1 but not 0: with 1 gone, 2 stays.
    const chain = Float32Array.of(...[0, 0, 10, 10], ...[5, 0, 15, 10], ...[10, 0, 20, 10]);
    expect([...nms(chain, Float32Array.of(0.9, 0.8, 0.7), { iouThreshold: 0.3 })]).toEqual([0, 2]);
  });

  test("leaves boxes of other classes alone, however far out they lie", () => {
    const far = boxes.map((x) => x + 1e6);
    const classIds = Int32Array.of(0, 1, 0);
    expect([...nms(far, Float32Array.of(0.9, 0.8, 0.7), { iouThreshold: 0.1, classIds })]).toEqual([0, 1, 2]);
  });

  test("stops at maxDetections", () => {
    expect([...nms(boxes, Float32Array.of(0.1, 0.2, 0.3), { maxDetections: 2 })]).toEqual([2, 1]);
  });

  test("of nothing is nothing", () => {
    expect(nms(new Float32Array(0), new Float32Array(0)).length).toBe(0);
  });

  test("refuses boxes, scores and classes that differ in number", () => {
    expect(() => nms(boxes, Float32Array.of(1))).toThrow(ShapeError);
    expect(() => nms(boxes, Float32Array.of(1))).toThrow("nms: 12 box coordinates for 1 scores, expected 4");
    expect(() => nms(boxes, new Float32Array(3), { classIds: Int32Array.of(1) })).toThrow(
      "nms: 1 classes for 3 scores",
    );
  });
});

describe("orderByScore", () => {
  test("orders numbers of any sign from high to low, equal ones by place", () => {
    expect([...orderByScore(Float32Array.of(-1, 0, 2, -0, -3, 2, Number.NEGATIVE_INFINITY, 1e-40))]).toEqual([
      2, 5, 7, 1, 3, 0, 4, 6,
    ]);
  });
});
