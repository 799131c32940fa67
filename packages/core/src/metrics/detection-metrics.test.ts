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
      sizes: ["small", "medium", "large"].map((size) => ({ size, labels: 0, images: 0 })),
    });
  });

  test("findings on a healthy image cost precision", () => {
    const metrics = new DetectionMetrics(["nodule"]);
    metrics.add(strips([0, 10, 0, 0.5]), strips([0, 10, 0]));
    metrics.add(strips([0, 10, 0, 0.9]), strips());
    // Precision 1/2 at recall 1, from the first recall on: (1 + 1/2) / 2 is the most that the integral can give.
    expect(metrics.summary().map50).toBeLessThan(0.76);
  });

  test("counts false positives of all classes together, and of each class for itself", () => {
    const metrics = new DetectionMetrics(["nodule", "mass"]);
    // By falling score: mass where nothing is, nodule found, mass again, nodule where nothing is, mass found.
    metrics.add(
      strips([60, 70, 1, 0.9], [0, 10, 0, 0.8], [80, 90, 1, 0.7], [40, 50, 0, 0.6], [20, 30, 1, 0.5]),
      strips([0, 10, 0], [20, 30, 1]),
    );
    const { froc, sensitivity1, perClass } = metrics.summary();
    expect([...(froc?.fpPerScan ?? [])]).toEqual([0, 1, 1, 2, 3, 3]);
    expect([...(froc?.sensitivity ?? [])]).toEqual([0, 0, 0.5, 0.5, 0.5, 1]);
    expect(sensitivity1).toBe(0.5);
    // The nodule comes before its class's first mistake, the mass after two of its own.
    expect(perClass.map((one) => one.sensitivity1)).toEqual([1, 0]);
  });

  test("a second detection of a lesion costs precision, but is no false positive of FROC", () => {
    const metrics = new DetectionMetrics(["nodule"]);
    metrics.add(strips([0, 10, 0, 0.9], [0, 9, 0, 0.8], [20, 30, 0, 0.7]), strips([0, 10, 0], [20, 30, 0]));
    const { froc, map50 } = metrics.summary();
    expect([...(froc?.fpPerScan ?? [])]).toEqual([0, 0, 0]);
    expect(map50).toBeLessThan(0.9);
  });

  test("takes what counts as a hit from its options, for FROC alone", () => {
    const centre = new DetectionMetrics(["nodule"], { hit: "centre" });
    // A tenth of the lesion, in its middle.
    centre.add(strips([4.5, 5.5, 0, 0.9]), strips([0, 10, 0]));
    expect(centre.summary()).toMatchObject({ sensitivity1: 1, map50: 0 });
    const loose = new DetectionMetrics(["nodule"], { hitIou: 0.1 });
    loose.add(strips([0, 2, 0, 0.9]), strips([0, 10, 0]));
    expect(loose.summary()).toMatchObject({ sensitivity1: 1, map50: 0 });
    expect(() => new DetectionMetrics(["nodule"], { hitIou: 0 })).toThrow("hitIou is 0");
  });

  test("tells small, medium and large lesions apart", () => {
    const metrics = new DetectionMetrics(["nodule", "mass"]);
    // Strips of 10 px: 100 px² is small, 5000 px² medium, 10 000 px² large; the limits are 1024 and 9216.
    const truth = strips([0, 10, 0], [20, 30, 1], [1000, 1500, 0], [2000, 3000, 0]);
    // The small nodule is found, behind a false positive of large size; the medium one with another as large behind it.
    metrics.add(strips([5000, 6000, 0, 0.9], [0, 10, 0, 0.8], [1000, 1500, 0, 0.7]), truth);
    metrics.add(strips([0, 10, 1, 0.1]), strips());
    const { sizes, sensitivity1 } = metrics.summary();
    expect(sizes.map(({ size, labels, images }) => [size, labels, images])).toEqual([
      ["small", 2, 1],
      ["medium", 1, 1],
      ["large", 1, 1],
    ]);
    // Of small ones the nodule has 0.995, the mass, missed but for a false positive, 0; the large false positive is no
    // mistake among small or medium ones, and all that there is of large ones.
    [0.995 / 2, 0.995, 0].forEach((expected, i) => {
      expect(sizes[i].ap50).toBeCloseTo(expected, 12);
    });
    // Two images: one false positive per image is reached at the end, where one small lesion of two is found.
    expect(sizes.map((one) => one.sensitivity1)).toEqual([0.5, 1, 0]);
    // The sizes' means, each with its number of lesions.
    expect(sensitivity1).toBeCloseTo((2 * 0.5 + 1) / 4, 12);
  });

  test("counts the images that show a class", () => {
    const metrics = new DetectionMetrics(["nodule", "mass"]);
    metrics.add(strips(), strips([0, 10, 0], [20, 30, 0]));
    metrics.add(strips(), strips([0, 10, 0], [20, 30, 1]));
    metrics.add(strips(), strips());
    expect(metrics.summary().perClass.map(({ labels, images }) => [labels, images])).toEqual([
      [3, 2],
      [1, 1],
    ]);
  });

  test("refuses scores that do not fit the classes", () => {
    const metrics = new DetectionMetrics(["nodule"]);
    const broken = { ...strips([0, 10, 0]), scores: new Float32Array(2) };
    expect(() => metrics.add(broken, strips())).toThrow(ShapeError);
  });
});
