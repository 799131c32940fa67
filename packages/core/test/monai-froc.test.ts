/**
 * @file MONAI's FROC: the values of its unit tests (tests/metrics/test_compute_froc.py).
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { froc, NO_LESION, sensitivityAt } from "../src/metrics/froc";
import { fpTpScores, monaiCurve, monaiScore } from "../src/metrics/monai-froc";

interface PointCase {
  readonly probs: readonly number[];
  readonly y_coord: readonly number[];
  readonly x_coord: readonly number[];
  readonly evaluation_mask: readonly (readonly number[])[];
  readonly labels_to_exclude: readonly number[];
  readonly resolution_level: number;
  readonly fp: readonly number[];
  readonly tp: readonly number[];
  readonly num_targets: number;
}

interface ScoreCase {
  readonly fp_probs: readonly number[];
  /** Of each lesion the most confident mark, 0 if there is none; the last values may be padding. */
  readonly tp_probs: readonly number[];
  readonly num_targets: number;
  readonly num_images: number;
  readonly thresholds: readonly number[];
  readonly score: number;
}

const cases = (): { readonly fp_tp: readonly PointCase[]; readonly froc_score: readonly ScoreCase[] } =>
  JSON.parse(readFileSync(sharedPath("data/ref_froc_monai/cases.json"), "utf8"));

describe.skipIf(!sharedAvailable)("MONAI's unit values", () => {
  test.each([0, 1, 2, 3, 4])("parity: scores of false positives and lesions of case %d", (index) => {
    const one = cases().fp_tp[index];
    const mask = { rows: one.evaluation_mask, level: one.resolution_level, excluded: one.labels_to_exclude };
    const { fp, tp, targets } = fpTpScores({ scores: one.probs, x: one.x_coord, y: one.y_coord }, mask);
    expect(fp).toEqual(one.fp);
    expect(tp).toEqual(one.tp);
    expect(targets).toBe(one.num_targets);
  });

  test.each([0, 1])("parity: score of case %d", (index) => {
    const { fp_probs, tp_probs, num_targets, num_images, thresholds, score } = cases().froc_score[index];
    const curve = monaiCurve({ fp: [...fp_probs], tp: [...tp_probs], targets: num_targets }, num_images);
    expect(monaiScore(curve, thresholds)).toBeCloseTo(score, 8);
  });

  test.each([0, 1])("parity: froc agrees where a lesion was missed, case %d", (index) => {
    const { fp_probs, tp_probs, num_targets, num_images, thresholds, score } = cases().froc_score[index];
    const found = tp_probs.filter((p) => p > 0);
    const curve = froc({
      scores: [...fp_probs, ...found],
      hits: [...fp_probs.map(() => NO_LESION), ...found.map((_, lesion) => lesion)],
      lesionCount: num_targets,
      scanCount: num_images,
    });
    const mean = thresholds.reduce((sum, at) => sum + sensitivityAt(curve, at), 0) / thresholds.length;
    expect(mean).toBeCloseTo(score, 8);
  });
});
