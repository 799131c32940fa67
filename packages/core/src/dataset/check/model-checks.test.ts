import { describe, expect, test } from "vitest";
import type { Finding } from "../../finding";
import type { Annotation } from "../annotation-set";
import { modelFindings } from "./model-checks";

const box = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });
const label = (b: Annotation["box"], classId = 0): Annotation => ({ classId, box: b });
const seen = (b: Finding["box"], confidence: number, classId = 0): Finding => ({
  classId,
  className: ["nodule", "mass"][classId],
  confidence,
  box: b,
});

function kinds(annotations: readonly Annotation[], findings: readonly Finding[], oneClass = false) {
  const set = { categories: [{ name: "nodule" }, { name: "mass" }], images: [{ file: "a", annotations }] };
  return modelFindings(set, { findings: [findings], classOf: (id) => id, oneClass }).map(
    ({ kind, annotations: at }) => [kind, ...at],
  );
}

describe("modelFindings", () => {
  const here = box(10, 10, 30, 30);

  test("finds the label that was forgotten, from a confidence of one half on", () => {
    expect(kinds([], [seen(here, 0.9)])).toEqual([["missing_label"]]);
    expect(kinds([], [seen(here, 0.4)])).toEqual([]);
    expect(kinds([label(box(60, 60, 80, 80))], [seen(here, 0.9), seen(box(60, 60, 80, 80), 0.2)])).toEqual([
      ["missing_label"],
    ]);
  });

  test("agrees where finding and label lie on one another", () => {
    expect(kinds([label(here)], [seen(box(11, 11, 30, 30), 0.9)])).toEqual([]);
  });

  test("finds the label on which it sees nothing, not even faintly", () => {
    expect(kinds([label(here)], [])).toEqual([["unseen_label", 0]]);
    expect(kinds([label(here)], [seen(here, 0.06)])).toEqual([]);
  });

  test("finds the shifted label", () => {
    // 20 x 20 shifted by 10 px each way: 100 of 700 px² shared, IoU 1/7.
    expect(kinds([label(here)], [seen(box(20, 20, 40, 40), 0.9)])).toEqual([["shifted_label", 0]]);
  });

  test("finds another class, unless model or set has but one", () => {
    expect(kinds([label(here)], [seen(here, 0.9, 1)])).toEqual([["other_class", 0]]);
    expect(kinds([label(here)], [seen(here, 0.9, 1)], true)).toEqual([]);
  });

  test("takes a box that overlaps a neighbour's label for one without a label", () => {
    // Shifted by 10 px in one direction: 200 of 600 px² shared, IoU 1/3; the label itself is found.
    expect(kinds([label(here)], [seen(here, 0.9), seen(box(20, 10, 40, 30), 0.8)])).toEqual([["missing_label"]]);
    // So much of a label of another class says nothing of this one.
    expect(kinds([label(here)], [seen(here, 0.9), seen(box(20, 10, 40, 30), 0.8, 1)])).toEqual([["missing_label"]]);
  });

  test("judges nothing in regions to ignore, and no image that was not looked at", () => {
    expect(kinds([{ ...label(box(0, 0, 100, 100)), ignore: true }], [seen(here, 0.9)])).toEqual([]);
    const set = { categories: [{ name: "nodule" }], images: [{ file: "a", annotations: [label(here)] }] };
    expect(modelFindings(set, { findings: [undefined], classOf: (id) => id, oneClass: true })).toEqual([]);
  });
});
