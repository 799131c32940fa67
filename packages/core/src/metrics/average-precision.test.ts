import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { apPerClass } from "./average-precision";

/** One class, one threshold, confidences falling by the order of `tp`. */
function single(tp: readonly number[], labels: number) {
  const conf = tp.map((_, i) => 0.9 - 0.05 * i);
  return apPerClass({
    tp: Uint8Array.from(tp),
    conf,
    predClass: tp.map(() => 0),
    targetClass: Array.from({ length: labels }, () => 0),
    thresholds: 1,
  });
}

describe("apPerClass", () => {
  test("integrates the envelope of precision over recall", () => {
    // Five lesions, hits 1 1 0 1 0 0 1 0: precision 1 up to recall 0.4, 3/4 to 0.6, 4/7 to 0.8, then nothing.
    // Trapezoids of 0.01: 0.39 x 1 + 0.01 x 1.75/2 + 0.19 x 3/4 + 0.01 x (3/4 + 4/7)/2 + 0.19 x 4/7 + 0.01 x (4/7)/2.
    const { classes } = single([1, 1, 0, 1, 0, 0, 1, 0], 5);
    expect(classes[0].ap[0]).toBeCloseTo(0.39 + 0.00875 + 0.1425 + 0.0066071 + 0.1085714 + 0.0028571, 6);
  });

  test("gives a perfect detector 0.995, the last trapezoid being a triangle", () => {
    const [{ ap, precision, recall }] = single([1, 1], 2).classes;
    expect(ap[0]).toBeCloseTo(0.995, 12);
    expect([precision, recall]).toEqual([1, 1]);
  });

  test("takes precision and recall where F1 is best", () => {
    // Two lesions; hits at 0.9 and 0.85, then six misses down to 0.55. F1 is 1 from confidence 0.85 down to 0.8.
    const result = single([1, 1, 0, 0, 0, 0, 0, 0], 2);
    expect(result.classes[0].recall).toBe(1);
    expect(result.bestConfidence).toBeGreaterThan(0.79);
    expect(result.bestConfidence).toBeLessThan(0.86);
  });

  test("counts equal confidences in input order", () => {
    const given = { conf: [0.5, 0.5], predClass: [0, 0], targetClass: [0], thresholds: 1 };
    const hitFirst = apPerClass({ ...given, tp: Uint8Array.of(1, 0) });
    const hitLast = apPerClass({ ...given, tp: Uint8Array.of(0, 1) });
    expect(hitFirst.classes[0].ap[0]).toBeCloseTo(0.995, 12);
    // Precision 1/2 throughout but at recall 0, where the curve starts at 1 and jumps: 0.01 x 1.5/2 + 0.98 x 1/2 + 0.01 / 4.
    expect(hitLast.classes[0].ap[0]).toBeLessThan(0.76);
  });

  test("gives a class that was never reported zeros, and leaves out a class without labels", () => {
    const { classes } = apPerClass({
      tp: Uint8Array.of(0),
      conf: [0.9],
      predClass: [7],
      targetClass: [3, 3],
      thresholds: 1,
    });
    expect(classes).toHaveLength(1);
    expect(classes[0]).toMatchObject({ classId: 3, labels: 2, detections: 0, precision: 0, recall: 0, f1: 0 });
    expect([...classes[0].ap]).toEqual([0]);
  });

  test("of nothing has no classes", () => {
    const nothing = apPerClass({ tp: new Uint8Array(0), conf: [], predClass: [], targetClass: [] });
    expect(nothing).toEqual({ classes: [], bestConfidence: 0 });
  });

  test("refuses hits that do not fit the confidences", () => {
    const broken = { tp: new Uint8Array(9), conf: [0.5], predClass: [0], targetClass: [] };
    expect(() => apPerClass(broken)).toThrow(ShapeError);
    expect(() => apPerClass(broken)).toThrow("1 confidences, 1 classes and 9 hits, expected 10");
  });
});
