import { describe, expect, test } from "vitest";
import type { Annotation } from "../dataset/annotation-set";
import { evaluationTables } from "../dataset/box-tables";
import { type VocOptions, vocSummaryOf } from "./voc-summary";

/** A square of 9 px between its edges, 10 with both included, at (x, 0). */
const at = (x: number, more: Partial<Annotation> = {}): Annotation => ({
  classId: 0,
  box: { x1: x, y1: 0, x2: x + 9, y2: 9 },
  ...more,
});

function summary(truth: readonly Annotation[], found: readonly Annotation[], options?: VocOptions) {
  const set = (annotations: readonly Annotation[]) => ({
    categories: [{ name: "nodule" }],
    images: [{ file: "a", annotations }],
  });
  return vocSummaryOf(evaluationTables(set(truth), set(found), "bbox"), options);
}

// Hit, second hit of the same, hit: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1.
const TRUTH = [at(0), at(50)];
const FOUND = [at(0, { score: 0.9 }), at(0, { score: 0.8 }), at(50, { score: 0.7 })];

describe("vocSummaryOf", () => {
  test("takes the area below every point of the curve", () => {
    const { mAP, perCategory } = summary(TRUTH, FOUND);
    expect(mAP).toBeCloseTo(0.5 * 1 + 0.5 * (2 / 3), 12);
    expect(perCategory[0]).toMatchObject({ objects: 2, truePositives: 2, falsePositives: 1 });
  });

  test("or its mean height at eleven recalls", () => {
    // 1 at 0, .1 ... .5; 2/3 at the five beyond.
    expect(summary(TRUTH, FOUND, { method: "11-point" }).mAP).toBeCloseTo((6 + (5 * 2) / 3) / 11, 12);
  });

  test("includes the last row and column of pixels", () => {
    // Shifted by 5 of 10 px: 50 / 150. With edges as limits it would be 4 / 14.
    const shifted = [at(5, { score: 1 })];
    expect(summary([at(0)], shifted, { iou: 1 / 3 }).mAP).toBe(1);
    expect(summary([at(0)], shifted, { iou: 0.34 }).mAP).toBe(0);
  });

  test("leaves out what is to be ignored where it is told to", () => {
    const truth = [at(0), at(50, { ignore: true })];
    expect(summary(truth, [FOUND[0]]).mAP).toBe(0.5);
    expect(summary(truth, [FOUND[0], FOUND[2]], { honourIgnore: true }).perCategory[0]).toMatchObject({
      ...{ AP: 1, objects: 1, truePositives: 1, falsePositives: 0 },
    });
  });

  test("has -1 where there is no object", () => {
    expect(summary([], FOUND)).toMatchObject({ mAP: -1, perCategory: [{ AP: -1, falsePositives: 3 }] });
  });

  test("needs a threshold above 0", () => {
    expect(() => summary([], [], { iou: 0 })).toThrow("iou is 0, wanted above 0, up to 1");
  });
});
