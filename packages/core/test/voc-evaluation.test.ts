/**
 * @file Average precision of Pascal VOC against review_object_detection_metrics.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import type { Annotation, AnnotationSet } from "../src/dataset/annotation-set";
import { evaluationTables } from "../src/dataset/box-tables";
import { readCoco } from "../src/dataset/formats/coco";
import { cocoSummary } from "../src/metrics/coco-summary";
import type { VocMethod } from "../src/metrics/voc-method";
import { vocSummaryOf } from "../src/metrics/voc-summary";

const read = (path: string) => readFileSync(sharedPath(`data/ref_voc/${path}`), "utf8");

interface Expected {
  readonly mAP: number;
  readonly per_class: Readonly<Record<string, { AP: number; total_positives: number; TP: number; FP: number }>>;
}

/** `class [score] x y width height` in lines, one file an image. */
function fromLines(folder: string): AnnotationSet {
  const images = readdirSync(sharedPath(`data/ref_voc/${folder}`)).map((file) => ({
    file,
    annotations: read(`${folder}/${file}`)
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line): Annotation => {
        const numbers = line.trim().split(/\s+/).slice(1).map(Number);
        const [x, y, w, h] = numbers.slice(-4);
        const box = { x1: x, y1: y, x2: x + w, y2: y + h };
        return { classId: 0, box, ...(numbers.length === 5 && { score: numbers[0] }) };
      }),
  }));
  return { categories: [{ name: "object" }], images };
}

/** Every number of a result: `iou=0.5 EVERY_POINT_INTERPOLATION` names it. */
function expectNumbers(name: string, expected: Expected, truth: AnnotationSet, detections: AnnotationSet): void {
  const iou = Number(/iou=([\d.]+)/.exec(name)?.[1]);
  const method: VocMethod = name.includes("ELEVEN") ? "11-point" : "every-point";
  const { mAP, perCategory } = vocSummaryOf(evaluationTables(truth, detections, "bbox"), { iou, method });
  expect(mAP).toBeCloseTo(expected.mAP, 9);
  for (const [label, { AP, total_positives, TP, FP }] of Object.entries(expected.per_class)) {
    const ours = perCategory.find((one) => one.name === label);
    expect(ours?.AP, label).toBeCloseTo(AP, 9);
    expect([ours?.objects, ours?.truePositives, ours?.falsePositives], label).toEqual([total_positives, TP, FP]);
  }
}

describe.runIf(sharedAvailable)("vocSummaryOf, against review_object_detection_metrics", () => {
  test("gives its numbers for seven images at four thresholds, by both methods", () => {
    const [truth, detections] = ["gts", "dets"].map((name) => fromLines(`review_metrics_test_case_1/${name}`));
    const { results } = JSON.parse(read("review_metrics_test_case_1/expected.json"));
    expect(Object.keys(results)).toHaveLength(8);
    for (const [name, expected] of Object.entries<Expected>(results)) expectNumbers(name, expected, truth, detections);
  });

  const opened = () => {
    const set = (path: string) => readCoco(read(path), path).set;
    const truth = set("formats100/gts/coco_format_v2/instances_v2.json");
    return [truth, set("formats100/dets/coco_format/coco_dets.json")] as const;
  };

  test("gives its numbers for 100 images of 20 classes", () => {
    const [truth, detections] = opened();
    const { pascal } = JSON.parse(read("formats100/expected.json"));
    expect(Object.keys(pascal)).toHaveLength(4);
    for (const [name, expected] of Object.entries<Expected>(pascal)) expectNumbers(name, expected, truth, detections);
  });

  test("and its summary by COCO's rules", () => {
    const [truth, detections] = opened();
    const { coco_summary: expected } = JSON.parse(read("formats100/expected.json"));
    const { stats } = cocoSummary(truth, detections);
    const named: Readonly<Record<string, number>> = {
      ...stats,
      ARsmall: stats.ARs,
      ARmedium: stats.ARm,
      ARlarge: stats.ARl,
      APsmall: stats.APs,
      APmedium: stats.APm,
      APlarge: stats.APl,
    };
    for (const [name, value] of Object.entries<number>(expected)) expect(named[name], name).toBeCloseTo(value, 9);
  });
});
