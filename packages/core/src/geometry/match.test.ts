import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { type ClassedBoxes, IOU_THRESHOLDS, matchDetections } from "./match";

/** Boxes 10 px high from y = 0, given as [x1, x2, class]. */
function strips(...rows: readonly (readonly [number, number, number])[]): ClassedBoxes {
  return {
    boxes: Float32Array.from(rows.flatMap(([x1, x2]) => [x1, 0, x2, 10])),
    classIds: Int32Array.from(rows, ([, , classId]) => classId),
  };
}

describe("matchDetections", () => {
  test("a detection is a hit up to its overlap", () => {
    // 0 ... 10 and 0 ... 8: IoU 80 / 100, a hit at 0.50 ... 0.80.
    const hits = matchDetections(strips([0, 8, 0]), strips([0, 10, 0]));
    expect([...hits]).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
  });

  test("an overlap of exactly the threshold is a hit", () => {
    expect([...matchDetections(strips([0, 5, 0]), strips([0, 10, 0]), [0.5])]).toEqual([1]);
  });

  test("another class finds nothing", () => {
    expect([...matchDetections(strips([0, 10, 1]), strips([0, 10, 0]), [0.5])]).toEqual([0]);
  });

  test("the most confident of two finds the lesion, though the other lies better", () => {
    expect([...matchDetections(strips([0, 7, 0], [0, 10, 0]), strips([0, 10, 0]), [0.5])]).toEqual([1, 0]);
  });

  test("the better one is the hit where the more confident does not reach the threshold", () => {
    expect([...matchDetections(strips([0, 7, 0], [0, 10, 0]), strips([0, 10, 0]), [0.5, 0.9])]).toEqual([1, 0, 0, 1]);
  });

  test("a detection does not fall back on its second best lesion", () => {
    // Both overlap lesion 0 most: IoU 1 and 90 / 110. Lesion 1 would be free for the second, at 80 / 120.
    const found = matchDetections(strips([0, 10, 0], [1, 11, 0]), strips([0, 10, 0], [3, 13, 0]), [0.5]);
    expect([...found]).toEqual([1, 0]);
  });

  test("two lesions are found by two detections", () => {
    expect([...matchDetections(strips([20, 30, 0], [0, 10, 0]), strips([0, 10, 0], [20, 30, 0]), [0.5])]).toEqual([
      1, 1,
    ]);
  });

  test("of no detections is empty, without lesions all are misses", () => {
    expect(matchDetections(strips(), strips([0, 10, 0])).length).toBe(0);
    expect([...matchDetections(strips([0, 10, 0]), strips(), [0.5])]).toEqual([0]);
  });

  test("refuses boxes without classes", () => {
    const broken = { boxes: new Float32Array(8), classIds: new Int32Array(1) };
    expect(() => matchDetections(broken, strips())).toThrow(ShapeError);
    expect(() => matchDetections(strips(), broken)).toThrow("truth: 8 box coordinates for 1 classes");
  });
});

describe("IOU_THRESHOLDS", () => {
  test("are 0.50, 0.55 ... 0.95", () => {
    expect(IOU_THRESHOLDS).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]);
  });
});
