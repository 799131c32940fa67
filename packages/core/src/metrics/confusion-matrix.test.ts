import { expect, test } from "vitest";
import { ConfusionMatrix } from "./confusion-matrix";
import type { ScoredBoxes } from "./detection-metrics";

/** Boxes 10 px high from y = 0, given as [x1, x2, class, score]. */
function strips(...rows: readonly (readonly [number, number, number, number?])[]): ScoredBoxes {
  return {
    boxes: Float32Array.from(rows.flatMap(([x1, x2]) => [x1, 0, x2, 10])),
    classIds: Int32Array.from(rows, ([, , classId]) => classId),
    scores: Float32Array.from(rows, ([, , , score]) => score ?? 1),
  };
}

test("ConfusionMatrix counts hits, mistaken classes, misses and inventions", () => {
  const matrix = new ConfusionMatrix(2);
  matrix.add(
    // A hit, a 0 that is a 1, an invented 1, and one too faint to count.
    strips([0, 10, 0, 0.9], [20, 30, 0, 0.8], [80, 90, 1, 0.7], [40, 50, 1, 0.25]),
    strips([0, 10, 0], [20, 30, 1], [40, 50, 1]),
  );
  expect([...matrix.counts]).toEqual([
    ...[1, 1, 0], // reported as 0: one was 0, one was 1
    ...[0, 0, 1], // reported as 1: nothing was there
    ...[0, 1, 0], // not reported: a 1
  ]);
});

test("ConfusionMatrix pairs a label with the detection that overlaps it most", () => {
  const matrix = new ConfusionMatrix(2);
  // IoU 70 / 100 and 1: the second, less confident, is the pair; the first is an invention.
  matrix.add(strips([0, 7, 0, 0.9], [0, 10, 1, 0.5]), strips([0, 10, 1]));
  expect([...matrix.counts]).toEqual([...[0, 0, 1], ...[0, 1, 0], ...[0, 0, 0]]);
});

test("ConfusionMatrix of nothing is empty", () => {
  const matrix = new ConfusionMatrix(1);
  matrix.add(strips(), strips());
  expect([...matrix.counts]).toEqual([0, 0, 0, 0]);
});
