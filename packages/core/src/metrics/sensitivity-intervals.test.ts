import { describe, expect, test } from "vitest";
import { DetectionMetrics, type ScoredBoxes } from "./detection-metrics";
import { sensitivityIntervals } from "./sensitivity-intervals";

/** Boxes 10 px high from y = 0, given as [x1, x2, class, score]. */
function strips(...rows: readonly (readonly [number, number, number, number?])[]): ScoredBoxes {
  return {
    boxes: Float32Array.from(rows.flatMap(([x1, x2]) => [x1, 0, x2, 10])),
    classIds: Int32Array.from(rows, ([, , classId]) => classId),
    scores: Float32Array.from(rows, ([, , , score]) => score ?? 1),
  };
}

describe("sensitivityIntervals", () => {
  test("are of all lesions at seven points, of each class with labels, and of each size that there is", () => {
    const metrics = new DetectionMetrics(["nodule", "never", "mass"]);
    // In every image a small nodule, found, and a large mass, missed: resamples do not differ.
    for (let i = 0; i < 5; i++) metrics.add(strips([0, 10, 0, 0.9]), strips([0, 10, 0], [1000, 2000, 2]));
    const exactly = (value: number) => ({ low: value, high: value });
    expect(sensitivityIntervals(metrics, metrics.summary())).toEqual({
      points: new Array(7).fill(exactly(0.5)),
      perClass: [exactly(1), exactly(0)],
      sizes: [exactly(1), undefined, exactly(0)],
    });
  });

  test("hold what they are of, and are the same every time", () => {
    const metrics = new DetectionMetrics(["nodule"]);
    for (let i = 0; i < 40; i++) metrics.add(strips([0, i % 4 === 0 ? 1 : 10, 0, 0.9]), strips([0, 10, 0]));
    const summary = metrics.summary();
    const intervals = sensitivityIntervals(metrics, summary);
    expect(summary.sensitivity1).toBe(0.75);
    // Binomial(40, 0.75): standard deviation 0.068.
    expect(intervals?.points[3].low).toBeGreaterThan(0.75 - 3 * 0.068);
    expect(intervals?.points[3].low).toBeLessThan(0.75 - 0.068);
    expect(intervals?.points[3].high).toBeGreaterThan(0.75 + 0.068);
    expect(sensitivityIntervals(metrics, summary)).toEqual(intervals);
  });

  test("of healthy images are none", () => {
    const metrics = new DetectionMetrics(["nodule"]);
    metrics.add(strips([0, 10, 0, 0.9]), strips());
    expect(sensitivityIntervals(metrics, metrics.summary())).toBeUndefined();
  });
});
