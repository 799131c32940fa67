import { describe, expect, test } from "vitest";
import type { Attributes } from "../dataset/annotation-set";
import { EvaluationRecord } from "./evaluation-record";
import { frocReport } from "./froc-report";

/** Boxes of 10 x 10 px at given x. */
const boxes = (xs: readonly number[]) => Float32Array.from(xs.flatMap((x) => [x, 0, x + 10, 10]));

function record(
  images: readonly { truth: number[]; found: [number, number][]; attributes?: Attributes }[],
): EvaluationRecord {
  const all = new EvaluationRecord(["nodule"]);
  images.forEach(({ truth, found, attributes = {} }, i) => {
    all.add({
      file: `${i}.png`,
      attributes,
      patient: attributes.patient === undefined ? undefined : String(attributes.patient),
      truth: { boxes: boxes(truth), classIds: new Int32Array(truth.length) },
      detections: {
        boxes: boxes(found.map(([x]) => x)),
        classIds: new Int32Array(found.length),
        scores: Float32Array.from(found, ([, score]) => score),
      },
    });
  });
  return all;
}

// Patient a: a lesion found at 0.75, and in the second image a false positive at 0.5. Patient b: nothing there, nothing found;
// a lesion missed in the fourth image.
const four = () =>
  record([
    { truth: [0], found: [[0, 0.75]], attributes: { patient: "a", sex: "F" } },
    { truth: [], found: [[50, 0.5]], attributes: { patient: "a", sex: "F" } },
    { truth: [], found: [], attributes: { patient: "b", sex: "M" } },
    { truth: [0], found: [], attributes: { patient: "b", sex: "M" } },
  ]);

describe("frocReport", () => {
  test("counts false positives by image or by patient", () => {
    const ofImages = frocReport(four(), { resamples: 20 });
    expect([ofImages.scans, [...ofImages.curve.fpPerScan]]).toEqual([4, [0, 0, 0.25]]);
    expect([...ofImages.curve.sensitivity]).toEqual([0, 0.5, 0.5]);
    const ofPatients = frocReport(four(), { per: "patient", resamples: 20 });
    expect([ofPatients.scans, [...ofPatients.curve.fpPerScan]]).toEqual([2, [0, 0, 0.5]]);
  });

  test("takes images as cases: of 2 x 2 pairs, 0.75 beats both, none loses to 0.5 and ties with none", () => {
    const { cases, operatingPoint } = frocReport(four(), { rule: { by: "fp", atMost: 0 }, resamples: 20 });
    expect(cases).toMatchObject({ positives: 2, negatives: 2 });
    expect(cases.auc?.auc).toBe(2.5 / 4);
    expect(operatingPoint).toEqual({ threshold: 0.75, fpPerScan: 0, sensitivity: 0.5, rule: "fp<=0" });
    expect(cases.accuracy).toMatchObject({ truePositives: 1, falseNegatives: 1, trueNegatives: 2, falsePositives: 0 });
  });

  test("measures subgroups, classes and sizes", () => {
    const { subgroups, classes, sizes } = frocReport(four(), { by: ["sex"], points: [1], resamples: 20 });
    expect(subgroups.map(({ value, scans, lesions, sensitivity }) => [value, scans, lesions, sensitivity])).toEqual([
      ["F", 2, 1, [1]],
      ["M", 2, 1, [0]],
    ]);
    expect(classes[0]).toMatchObject({ value: "nodule", lesions: 2, sensitivity: [0.5] });
    expect(sizes.map(({ lesions }) => lesions)).toEqual([2, 0, 0]);
  });

  test("keeps of a scan what is more confident than the first that is too many", () => {
    const images = [
      {
        truth: [0],
        found: [
          [0, 0.5],
          [50, 0.75],
          [90, 0.5],
        ] as [number, number][],
      },
    ];
    const { curve } = frocReport(record(images), { topK: 1, resamples: 20 });
    expect([...curve.thresholds]).toEqual([Number.POSITIVE_INFINITY, 0.75]);
  });

  test("refuses images of unknown patient, and images without a lesion", () => {
    expect(() => frocReport(record([{ truth: [0], found: [] }]), { per: "patient" })).toThrow("0.png: no patient");
    expect(() => frocReport(record([{ truth: [], found: [] }]))).toThrow("0 lesions");
  });
});
