import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { DetectionMetrics, type ScoredBoxes } from "./detection-metrics";

/** Boxes 10 px high from y = 0, given as [x1, x2, class, score]. */
function strips(...rows: readonly (readonly [number, number, number, number?])[]): ScoredBoxes {
  return {
    boxes: Float32Array.from(rows.flatMap(([x1, x2]) => [x1, 0, x2, 10])),
    classIds: Int32Array.from(rows, ([, , classId]) => classId),
    scores: Float32Array.from(rows, ([, , , score]) => score ?? 1),
  };
}

describe("DetectionMetrics", () => {
  test("sums up a perfect detector of two classes over two images", () => {
    const metrics = new DetectionMetrics(["nodule", "mass"]);
    metrics.add(strips([0, 10, 0, 0.9]), strips([0, 10, 0]));
    metrics.add(strips([30, 40, 1, 0.8], [0, 10, 0, 0.9]), strips([0, 10, 0], [30, 40, 1]));
    const summary = metrics.summary();
    expect(summary).toMatchObject({ precision: 1, recall: 1, images: 2, labels: 3 });
    // 0.995 is the highest that this integral gives.
    expect(summary.map50).toBeCloseTo(0.995, 12);
    expect(summary.map5095).toBeCloseTo(0.995, 12);
    expect(summary.perClass.map(({ classId, name, labels }) => [classId, name, labels])).toEqual([
      [0, "nodule", 2],
      [1, "mass", 1],
    ]);
  });

  test("means are over the classes with labels", () => {
    const metrics = new DetectionMetrics(["nodule", "mass", "calcification"]);
    // The nodule is found with IoU 80 / 100: a hit at 7 of 10 thresholds. The mass is missed, the third is not there.
    metrics.add(strips([0, 8, 0, 0.9], [60, 70, 2, 0.9]), strips([0, 10, 0], [30, 40, 1]));
    const { map50, map5095, perClass, recall } = metrics.summary();
    expect(perClass.map(({ name }) => name)).toEqual(["nodule", "mass"]);
    expect(perClass[0].ap).toBeCloseTo(0.7 * 0.995, 12);
    expect(map50).toBeCloseTo(0.995 / 2, 12);
    expect(map5095).toBeCloseTo((0.7 * 0.995) / 2, 12);
    expect(recall).toBe(0.5);
  });

  test("the order of detections does not matter, their confidence does", () => {
    const truth = strips([0, 10, 0]);
    const one = new DetectionMetrics(["nodule"]);
    one.add(strips([0, 10, 0, 0.9], [50, 60, 0, 0.3]), truth);
    const other = new DetectionMetrics(["nodule"]);
    other.add(strips([50, 60, 0, 0.3], [0, 10, 0, 0.9]), truth);
    expect(other.summary()).toEqual(one.summary());
    expect(one.summary().map50).toBeCloseTo(0.995, 12);
  });

  test("healthy images alone give zeros, not NaN", () => {
    const metrics = new DetectionMetrics(["nodule"]);
    metrics.add(strips([0, 10, 0, 0.9]), strips());
    expect(metrics.summary()).toEqual({
      ...{ map50: 0, map5095: 0, precision: 0, recall: 0 },
      ...{ perClass: [], images: 1, labels: 0 },
    });
  });

  test("findings on a healthy image cost precision", () => {
    const metrics = new DetectionMetrics(["nodule"]);
    metrics.add(strips([0, 10, 0, 0.5]), strips([0, 10, 0]));
    metrics.add(strips([0, 10, 0, 0.9]), strips());
    // Precision 1/2 at recall 1, from the first recall on: (1 + 1/2) / 2 is the most that the integral can give.
    expect(metrics.summary().map50).toBeLessThan(0.76);
  });

  test("refuses scores that do not fit the classes", () => {
    const metrics = new DetectionMetrics(["nodule"]);
    const broken = { ...strips([0, 10, 0]), scores: new Float32Array(2) };
    expect(() => metrics.add(broken, strips())).toThrow(ShapeError);
  });
});
