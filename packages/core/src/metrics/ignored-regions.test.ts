import { expect, test } from "vitest";
import { DetectionMetrics } from "./detection-metrics";
import { judgedDetections } from "./ignored-regions";
import type { HitOptions } from "./lesion-hits";

const boxes = (...list: readonly (readonly [number, number, number, number])[]) => Float32Array.from(list.flat());
/** A region of 100 x 100 pixels with one lesion of class 0 at its left edge. */
const regions = boxes([100, 0, 200, 100]);
const truth = { boxes: boxes([90, 40, 130, 80]), classIds: Int32Array.of(0) };

test("a detection with half of its area in a region is not judged unless it hits a lesion", () => {
  const detections = {
    boxes: boxes(
      [150, 10, 160, 20], // in it
      [90, 0, 110, 20], // half in it
      [80, 0, 100, 20], // beside it
      [95, 40, 135, 80], // in it by 7/8, IoU with the lesion 35 / 45
      [120, 40, 160, 80], // in it, IoU with the lesion 10 / 70
      [95, 40, 135, 80], // a second hit
    ),
    classIds: Int32Array.of(0, 0, 0, 0, 0, 0),
  };
  expect(judgedDetections(detections, truth, regions)).toEqual([2, 3, 5]);
  expect(judgedDetections(detections, truth, regions, { hitIou: 0.1 })).toEqual([2, 3, 4, 5]);
  expect(judgedDetections(detections, truth, boxes())).toEqual([0, 1, 2, 3, 4, 5]);
});

test("a detection of another class does not hit the lesion", () => {
  const detections = { boxes: boxes([95, 40, 135, 80]), classIds: Int32Array.of(1) };
  expect(judgedDetections(detections, truth, regions)).toEqual([]);
});

test("where the centre decides, a detection with its centre in a lesion is judged", () => {
  const wide = { boxes: boxes([60, 20, 180, 100]), classIds: Int32Array.of(0) };
  expect(judgedDetections(wide, truth, regions)).toEqual([]);
  expect(judgedDetections(wide, truth, regions, { hit: "centre" })).toEqual([0]);
});

test("what would hit a region by the rule in use is not judged, however little of it lies there", () => {
  const none = { boxes: boxes(), classIds: Int32Array.of() };
  // 20 x 20 around a region of 10 x 10: a quarter of it lies there, an IoU of 1/4. The other's centre is 10 px beside it.
  const around = { boxes: boxes([0, 0, 20, 20], [10, 0, 30, 20]), classIds: Int32Array.of(1, 1) };
  const small = boxes([5, 5, 15, 15]);
  const judged = (hits: HitOptions) => judgedDetections(around, none, small, hits, { x: 0.5, y: 0.5 });
  expect(judged({})).toEqual([0, 1]);
  expect(judged({ hitIou: 0.25 })).toEqual([1]);
  expect(judged({ hit: "centre" })).toEqual([1]);
  expect(judged({ hit: "distance", hitMm: 4 })).toEqual([1]);
  expect(judged({ hit: "distance", hitMm: 5 })).toEqual([]);
});

test("measures count neither what is found in a region nor the region itself", () => {
  const metrics = new DetectionMetrics(["nodule"]);
  const detections = { boxes: boxes([150, 10, 160, 20], [92, 40, 132, 80]), scores: Float32Array.of(0.9, 0.8) };
  metrics.add({ ...detections, classIds: Int32Array.of(0, 0) }, truth, regions);
  // Without the region the false positive above the hit would halve the precision.
  expect(metrics.summary()).toMatchObject({ map50: expect.closeTo(0.995, 3), labels: 1, sensitivity1: 1 });
  expect(metrics.summary().froc?.fpPerScan).not.toContain(1);
  const judged = new DetectionMetrics(["nodule"]);
  judged.add({ ...detections, classIds: Int32Array.of(0, 0) }, truth);
  expect(judged.summary().map50).toBeCloseTo(0.4975, 3);
});
