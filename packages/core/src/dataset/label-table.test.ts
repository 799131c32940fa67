import { describe, expect, test } from "vitest";
import { labelsOf, labelTable } from "./label-table";

const polygon = Float32Array.of(0.25, 0.25, 0.75, 0.25, 0.5, 0.75);
const samples = [
  { file: "a", labels: [{ classId: 1, cx: 0.5, cy: 0.5, w: 0.25, h: 0.125 }] },
  { file: "b", labels: [] },
  {
    file: "c",
    labels: [
      { classId: 0, cx: 0.25, cy: 0.5, w: 0.5, h: 0.5, polygon },
      { classId: 2, cx: 0, cy: 0, w: 0.5, h: 1 },
    ],
  },
];

describe("labelTable", () => {
  test("gives back each sample's labels", () => {
    const table = labelTable(samples);
    expect(labelsOf(table, 0)).toEqual({ rows: Float32Array.of(1, 0.5, 0.5, 0.25, 0.125), outlines: [undefined] });
    expect(labelsOf(table, 1)).toEqual({ rows: new Float32Array(0), outlines: [] });
    expect(labelsOf(table, 2)).toEqual({
      rows: Float32Array.of(0, 0.25, 0.5, 0.5, 0.5, 2, 0, 0, 0.5, 1),
      outlines: [polygon, undefined],
    });
  });

  test("puts regions to ignore behind the lesions, and keeps weights where they differ", () => {
    const region = { cx: 0.5, cy: 0.25, w: 0.5, h: 0.25, polygon };
    const table = labelTable([
      { ...samples[0], ignored: [region] },
      { file: "d", labels: [{ classId: 1, cx: 0.5, cy: 0.5, w: 1, h: 1, weight: 0.25 }] },
    ]);
    expect(labelsOf(table, 0)).toEqual({
      rows: Float32Array.of(1, 0.5, 0.5, 0.25, 0.125, -1, 0.5, 0.25, 0.5, 0.25),
      outlines: [undefined, polygon],
      weights: Float32Array.of(1, 1),
    });
    expect(labelsOf(table, 1).weights).toEqual(Float32Array.of(0.25));
  });

  test("holds nothing of nothing", () => {
    expect(labelTable([]).firstRow).toEqual(Uint32Array.of(0));
  });
});
