/**
 * @file picai_eval: its ten crafted detection maps, and the values of its unit tests.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { picaiMetrics, tprAtFpr } from "../src/metrics/picai";
import { picaiCase, type Volume } from "../src/metrics/picai-case";

const read = (name: string) => readFileSync(sharedPath(`data/ref_picai/${name}`), "utf8");

function volume(name: string): Volume {
  const { shape_xyz, nonzero } = JSON.parse(read(`test-maps/${name}.json`));
  const [width, height, depth] = shape_xyz;
  const data = new Float32Array(width * height * depth);
  for (const [x, y, z, value] of nonzero) data[x + width * (y + height * z)] = value;
  return { shape: shape_xyz, data };
}

const evaluated = () =>
  Array.from({ length: 10 }, (_, i) => picaiCase(volume(`case-${i}_detection_map`), volume(`case-${i}_label`)));

describe.skipIf(!sharedAvailable)("picai_eval's crafted maps", () => {
  test("parity: lesions and false positives of each case, their confidence and overlap", () => {
    const expected = JSON.parse(read("metrics-expected.json"));
    evaluated().forEach(({ lesions, score, positive }, i) => {
      const rows = expected.lesion_results[`case-${i}`] as readonly (readonly number[])[];
      expect(
        lesions.map((one) => [Number(one.isLesion), one.confidence]),
        `case ${i}`,
      ).toEqual(rows.map(([isLesion, confidence]) => [isLesion, confidence]));
      // The tool adds 1e-8 to numerator and denominator.
      lesions.forEach(({ overlap }, k) => {
        expect(overlap).toBeCloseTo(rows[k][2], 7);
      });
      expect(score).toBe(expected.case_pred[`case-${i}`]);
      expect(Number(positive)).toBe(expected.case_target[`case-${i}`]);
    });
  });

  test("parity: average precision, area under the ROC curve, score", () => {
    const expected = JSON.parse(read("metrics-expected.json"));
    const { cases, lesions, ap, auroc, score } = picaiMetrics(evaluated());
    expect([cases, lesions]).toEqual([expected.num_cases, expected.num_lesions]);
    expect(ap).toBeCloseTo(expected.AP, 14);
    expect(auroc).toBe(expected.auroc);
    expect(score).toBeCloseTo((expected.AP + expected.auroc) / 2, 14);
  });

  test("parity: the curve, its infinite end included", () => {
    // The file holds the bare word Infinity.
    const expected = JSON.parse(read("metrics-full-expected.json").replaceAll("Infinity", "null"));
    const { thresholds, tpr, fpr } = picaiMetrics(evaluated());
    expect(thresholds).toEqual(expected.thresholds);
    expect(tpr).toEqual(expected.lesion_TPR);
    fpr.forEach((own, k) => {
      if (expected.lesion_FPR[k] === null) expect(own).toBe(Number.POSITIVE_INFINITY);
      else expect(own).toBeCloseTo(expected.lesion_FPR[k], 7);
    });
  });

  test("parity: hits, misses and false positives of the unit test", () => {
    const expected = JSON.parse(read("expected_assertions.json"));
    const all = evaluated().flatMap(({ lesions }) => lesions);
    expect(all.map((one) => [Number(one.isLesion), one.confidence])).toEqual(
      expected.lesion_results_in_case_order.map(([isLesion, confidence]: number[]) => [isLesion, confidence]),
    );
    expect(all.filter(({ isLesion, confidence }) => isLesion && confidence > 0).length).toBe(expected.TP);
    expect(all.filter(({ isLesion }) => !isLesion).length).toBe(expected.FP);
    expect(all.filter(({ isLesion, confidence }) => isLesion && confidence === 0).length).toBe(expected.FN);
  });

  test("parity: sensitivity by false positives of the unit test", () => {
    const { tpr_at_fpr: expected } = JSON.parse(read("expected_assertions.json"));
    const rows = Object.values(expected.lesion_results) as (readonly (readonly number[])[])[];
    const metrics = picaiMetrics(
      rows.map((lesions) => ({
        lesions: lesions.map(([isLesion, confidence]) => ({ isLesion: isLesion === 1, confidence })),
      })),
    );
    expect(metrics.tpr).toEqual(expected.lesion_TPR);
    metrics.fpr.forEach((own, k) => {
      expect(own).toBeCloseTo(Number(expected.lesion_FPR[k] === "inf" ? Infinity : expected.lesion_FPR[k]), 7);
    });
    expect(tprAtFpr(metrics, 0.3)).toBe(expected.TPR_at_FPR_0_3);
    expect(tprAtFpr(metrics, 0.1)).toBe(expected.TPR_at_FPR_0_1);
  });
});
