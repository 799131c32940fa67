/**
 * @file Box fusion against ensemble-boxes (ZFTurbo/Weighted-Boxes-Fusion, MIT): mitosis detections of two models, and four
 * LIDC readers on one slice.
 *
 * Where weights are given, the reference's nms and soft-nms multiply the caller's scores by w / sum(w) in place. The
 * answers were made in the order wbf, nms, soft-nms (linear, Gauss), nmw on the same lists, and the lists were written
 * down last: so the scores of the mitosis cases stand there times (w / sum(w))³, and each answer has its own power.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { nms } from "../src/geometry/nms";
import { softNms } from "../src/geometry/soft-nms";
import { nmw, WBF_CONFIDENCES, wbf } from "../src/geometry/wbf";

interface Answer {
  readonly boxes: readonly (readonly number[])[];
  readonly scores: readonly number[];
}

interface BoxFusionCase {
  readonly source: string;
  readonly weights: readonly number[] | null;
  readonly iou_thr: number;
  readonly skip_box_thr: number;
  readonly sigma: number;
  readonly boxes_list: readonly (readonly (readonly number[])[])[];
  readonly scores_list: readonly (readonly number[])[];
  readonly labels_list: readonly (readonly number[])[];
  readonly expected: Readonly<Record<string, Answer | undefined>>;
}

const cases: readonly BoxFusionCase[] = sharedAvailable
  ? JSON.parse(readFileSync(sharedPath("data/ref_wbf/cases.json"), "utf8"))
  : [];

/** Weights by which the lists of the mitosis cases were multiplied three times, and the cases' own. */
const MUTATION = [2 / 3, 1 / 3] as const;

/** Scores after `times` multiplications. */
function scoresOf({ source, scores_list, weights }: BoxFusionCase, times: number): number[][] {
  return scores_list.map((scores, model) =>
    scores.map((s) => {
      if (!source.startsWith("mitosis")) return s;
      return s * MUTATION[model] ** (weights === null ? -3 : times - 3);
    }),
  );
}

function modelsOf(one: BoxFusionCase, times = 0) {
  return one.boxes_list.map((boxes, model) => ({
    boxes: Float32Array.from(boxes.flat()),
    scores: Float64Array.from(scoresOf(one, times)[model]),
    classIds: Int32Array.from(one.labels_list[model]),
  }));
}

/** All models' boxes, the last first: so the reference takes those that score the same. */
function pooled(one: BoxFusionCase, times: number) {
  return {
    boxes: Float32Array.from(one.boxes_list.flat().reverse().flat()),
    scores: scoresOf(one, times).flat().reverse(),
  };
}

/** Rows x1, y1, x2, y2, score in an order that does not hang on ties. */
const rows = (boxes: readonly (readonly number[])[], scores: readonly number[]) =>
  boxes
    .map((box, i) => [...box, scores[i]])
    .sort((a, b) => {
      const k = a.findIndex((x, c) => Math.abs(x - b[c]) > 1e-6);
      return k < 0 ? 0 : a[k] - b[k];
    });

const chunks = (flat: ArrayLike<number>) =>
  Array.from({ length: flat.length / 4 }, (_, i) => Array.from({ length: 4 }, (__, k) => flat[4 * i + k]));

/** Largest difference of any number. */
function difference(boxes: readonly (readonly number[])[], scores: ArrayLike<number>, expected: Answer): number {
  expect(boxes.length).toBe(expected.boxes.length);
  const [a, b] = [rows(boxes, Array.from(scores)), rows(expected.boxes, expected.scores)];
  return Math.max(0, ...a.flatMap((row, i) => row.map((x, k) => Math.abs(x - b[i][k]))));
}

describe.skipIf(!sharedAvailable)("ensemble-boxes' answers are reproduced (needs the shared folder)", () => {
  for (const [i, one] of cases.entries()) {
    const options = { iouThreshold: one.iou_thr, skipBelow: one.skip_box_thr, weights: one.weights ?? undefined };
    const name = `case ${i}`;

    test.each(WBF_CONFIDENCES)(`${name}: wbf with %s`, (confidence) => {
      const { boxes, scores } = wbf(modelsOf(one), { ...options, confidence });
      const expected = one.expected[`wbf_${confidence}`];
      expect(expected).toBeDefined();
      if (expected) expect(difference(chunks(boxes), scores, expected)).toBeLessThan(1e-6);
    });

    test(`${name}: nmw`, () => {
      const { boxes, scores } = nmw(modelsOf(one, 3), options);
      if (one.expected.nmw) expect(difference(chunks(boxes), scores, one.expected.nmw)).toBeLessThan(1e-6);
    });

    test(`${name}: nms`, () => {
      const { boxes, scores } = pooled(one, 1);
      const kept = nms(boxes, Float32Array.from(scores), { iouThreshold: one.iou_thr, maxDetections: 1e6 });
      const all = chunks(boxes);
      const found = [...kept].map((k) => all[k]);
      if (one.expected.nms) {
        expect(
          difference(
            found,
            [...kept].map((k) => scores[k]),
            one.expected.nms,
          ),
        ).toBeLessThan(1e-6);
      }
    });

    test.each(["linear", "gauss"] as const)(`${name}: soft-nms, %s`, (kind) => {
      const expected = one.expected[`soft_nms_${kind}`];
      if (expected === undefined) return;
      const { boxes, scores } = pooled(one, kind === "linear" ? 2 : 3);
      const decay = kind === "linear" ? "linear" : "gaussian";
      const kept = softNms(boxes, scores, {
        decay,
        iouThreshold: one.iou_thr,
        sigma: one.sigma,
        minScore: one.skip_box_thr,
      });
      const all = chunks(boxes);
      // The reference returns the scores from before suppression.
      const before = [...kept.indices].map((k) => scores[k]);
      const found = [...kept.indices].map((k) => all[k]);
      expect(difference(found, before, expected)).toBeLessThan(1e-6);
    });
  }
});
