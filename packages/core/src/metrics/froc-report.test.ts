import { describe, expect, test } from "vitest";
import type { Attributes } from "../dataset/annotation-set";
import { EvaluationRecord } from "./evaluation-record";
import { frocReport } from "./froc-report";

/** Boxes of 10 x 10 px at given x. */
const boxes = (xs: readonly number[]) => Float32Array.from(xs.flatMap((x) => [x, 0, x + 10, 10]));

function record(
  images: readonly { truth: number[]; found: [number, number][]; attributes?: Attributes; regions?: number[] }[],
): EvaluationRecord {
  const all = new EvaluationRecord(["nodule"]);
  images.forEach(({ truth, found, attributes = {}, regions = [] }, i) => {
    all.add({
      file: `${i}.png`,
      attributes,
      regions: boxes(regions),
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
    expect(operatingPoint).toEqual({ threshold: 0.75, fpPerScan: 0, sensitivity: 0.5, rule: "fp<=0", per: "image" });
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

  test("counts second hits among the most confident, for every class and size alike", () => {
    const found: [number, number][] = [
      [0, 0.9],
      [1, 0.8],
      [50, 0.7],
    ];
    const { curve, sizes } = frocReport(record([{ truth: [0], found }]), { topK: 2, points: [1], resamples: 20 });
    // Both marks on the lesion are the scan's two: the false positive is the third.
    expect([...curve.fpPerScan]).toEqual([0, 0]);
    expect(sizes[0]).toMatchObject({ lesions: 1, sensitivity: [1] });
  });

  test("draws patients for the intervals where they are known, whatever is read at once", () => {
    // Patient a: four of four lesions found; patient b: none of four. Drawn by patient: 0, 1/2 or 1.
    const image = (patient: string, hit: boolean) => ({
      ...{ truth: [0], attributes: { patient }, found: (hit ? [[0, 0.9]] : []) as [number, number][] },
    });
    const images = [1, 2, 3, 4].flatMap(() => [image("a", true), image("b", false)]);
    const { all } = frocReport(record(images), { points: [1], resamples: 200 });
    expect(all).toMatchObject({ scans: 8, sensitivity: [0.5], intervals: [{ low: 0, high: 1 }] });
  });

  test("takes an image without lesions but with an unjudged region for neither ill nor healthy", () => {
    const images = [
      { truth: [0], found: [[0, 0.75]] as [number, number][] },
      { truth: [], found: [] },
      { truth: [], regions: [0], found: [[50, 0.9]] as [number, number][] },
    ];
    const { cases } = frocReport(record(images), { rule: { by: "youden" }, resamples: 20 });
    expect(cases).toMatchObject({ positives: 1, negatives: 1, neither: 1, auc: { auc: 1 } });
    expect(cases.accuracy).toMatchObject({ threshold: 0.75, trueNegatives: 1, falsePositives: 0 });
  });

  test("refuses images of unknown patient, and images without a lesion", () => {
    expect(() => frocReport(record([{ truth: [0], found: [] }]), { per: "patient" })).toThrow("0.png: no patient");
    expect(() => frocReport(record([{ truth: [], found: [] }]))).toThrow("0 lesions");
  });
});
