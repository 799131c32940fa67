import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import type { ClassedBoxes } from "../geometry/match";
import { checkHitOptions, lesionHits } from "./lesion-hits";

/** Boxes 10 px high from y = 0, given as [x1, x2, class]. */
function strips(...rows: readonly (readonly [number, number, number])[]): ClassedBoxes {
  return {
    boxes: Float32Array.from(rows.flatMap(([x1, x2]) => [x1, 0, x2, 10])),
    classIds: Int32Array.from(rows, ([, , classId]) => classId),
  };
}

describe("lesionHits", () => {
  test("an overlap of exactly the threshold is a hit, less is none", () => {
    expect([...lesionHits(strips([0, 5, 0], [6, 10, 0]), strips([0, 10, 0]))]).toEqual([0, -1]);
    expect([...lesionHits(strips([6, 10, 0]), strips([0, 10, 0]), { hitIou: 0.4 })]).toEqual([0]);
  });

  test("a lesion of another class is not hit", () => {
    expect([...lesionHits(strips([0, 10, 1]), strips([0, 10, 0]))]).toEqual([-1]);
  });

  test("a second detection of a lesion is a hit on it too", () => {
    expect([...lesionHits(strips([0, 9, 0], [0, 10, 0]), strips([0, 10, 0]))]).toEqual([0, 0]);
  });

  test("a detection takes a lesion that nobody took, though it overlaps another more", () => {
    // The second overlaps lesion 0 at 90 / 110, lesion 1 at 80 / 120.
    const truth = strips([0, 10, 0], [3, 13, 0]);
    expect([...lesionHits(strips([0, 10, 0], [1, 11, 0]), truth)]).toEqual([0, 1]);
    // Once both are taken, the third is one more hit on what it overlaps most.
    expect([...lesionHits(strips([0, 10, 0], [1, 11, 0], [1, 11, 0]), truth)]).toEqual([0, 1, 0]);
  });

  test("by centre, a detection may be small or large, its centre must lie in the lesion", () => {
    const truth = strips([10, 20, 0]);
    const found = strips([14, 16, 0], [0, 30, 0], [0, 20, 0], [0, 19.9, 0], [10, 30, 0]);
    // Centres 15, 15, 10 (on the left edge), 9.95 and 20 (on the right edge, which is outside).
    expect([...lesionHits(found, truth, { hit: "centre" })]).toEqual([0, 0, 0, -1, -1]);
  });

  // Centres 4 and 6 px to the right; at 1.25 mm a pixel 5 and 7.5 mm. The third is nearer to the second lesion, 2.5 mm.
  test("by distance, centres lie at most so many millimetres apart, the nearest first", () => {
    const spacing = { x: 1.25, y: 1 };
    const near = (...rows: readonly (readonly [number, number, number])[]) =>
      lesionHits(strips(...rows), strips([0, 10, 0], [6, 16, 0]), { hit: "distance", hitMm: 5 }, spacing);
    expect([...near([-4, 6, 0], [-6, 4, 0], [4, 14, 0])]).toEqual([0, -1, 1]);
    expect([...near([4, 14, 0], [2, 12, 0])]).toEqual([1, 0]);
    expect(() => lesionHits(strips(), strips(), { hit: "distance" })).toThrow("spacing in millimetres is not known");
    expect(() => checkHitOptions({ hitMm: 0 })).toThrow("hitMm is 0");
  });

  test("of no detections is empty, without lesions all miss", () => {
    expect([...lesionHits(strips(), strips([0, 10, 0]))]).toEqual([]);
    expect([...lesionHits(strips([0, 10, 0]), strips())]).toEqual([-1]);
  });
});

test.each([0, -1, 1.5, Number.NaN])("checkHitOptions refuses an IoU of %d", (hitIou) => {
  expect(() => checkHitOptions({ hitIou })).toThrow(ArgumentError);
  expect(() => checkHitOptions({ hitIou })).toThrow(`hitIou is ${hitIou}`);
});
