import { describe, expect, test } from "vitest";
import type { Annotation, AnnotationSet } from "../annotation-set";
import { boxFindings } from "./box-checks";

const box = (classId: number, x1: number, y1: number, x2: number, y2: number): Annotation => ({
  classId,
  box: { x1, y1, x2, y2 },
});

/** One image of 100 x 80 px. */
const setOf = (...annotations: Annotation[]): AnnotationSet => ({
  categories: [{ name: "nodule" }, { name: "mass" }],
  images: [{ file: "a.png", width: 100, height: 80, annotations }],
});

const kindsOf = (...annotations: Annotation[]) =>
  boxFindings(setOf(...annotations)).map(({ kind, annotations: at }) => [kind, ...at]);

describe("boxFindings", () => {
  test("finds nothing wrong with boxes as they should be, also at the edge", () => {
    expect(kindsOf(box(0, 0, 0, 20, 20), box(0, 80, 60, 100, 80), box(1, 10, 10, 40, 40))).toEqual([]);
  });

  test("finds boxes without width or height, and turned ones", () => {
    expect(kindsOf(box(0, 5, 5, 5, 9), box(0, 5, 20, 9, 20), box(0, 30, 30, 20, 40))).toEqual([
      ["degenerate_box", 0],
      ["degenerate_box", 1],
      ["degenerate_box", 2],
    ]);
  });

  test("tells boxes outside the image from those that reach beyond it, and forgives a pixel", () => {
    expect(kindsOf(box(0, 100, 10, 120, 30), box(0, 90, 10, 101, 30), box(0, 90, 50, 104, 70))).toEqual([
      ["outside_image", 0],
      ["beyond_image", 2],
    ]);
    expect(boxFindings(setOf(box(0, 90, 50, 104, 70)))[0].message.en).toContain("4.0 px beyond 100 x 80 px");
  });

  test("says nothing of edges where the size of the image is not known", () => {
    const set = { ...setOf(), images: [{ file: "a.png", annotations: [box(0, 90, 10, 1000, 30)] }] };
    expect(boxFindings(set)).toEqual([]);
  });

  test("finds boxes of a few pixels and one as large as the image, which a crowd may be", () => {
    expect(kindsOf(box(0, 10, 10, 12, 30), box(1, 0, 0, 100, 79))).toEqual([
      ["tiny_box", 0],
      ["whole_image_box", 1],
    ]);
    expect(kindsOf({ ...box(1, 0, 0, 100, 79), crowd: true })).toEqual([]);
  });

  test("finds an object marked twice: the same box, nearly the same, the same with two classes", () => {
    expect(kindsOf(box(0, 10, 10, 30, 30), box(0, 10, 10, 30, 30))).toEqual([["duplicate_box", 0, 1]]);
    // 20 x 20 shifted by 2 px: 360 of 440 px² shared, IoU .82.
    expect(kindsOf(box(0, 10, 10, 30, 30), box(0, 12, 10, 32, 30))).toEqual([["near_duplicate_box", 0, 1]]);
    // By 3 px: 340 of 460, IoU .74, two lesions side by side.
    expect(kindsOf(box(0, 10, 10, 30, 30), box(0, 13, 10, 33, 30))).toEqual([]);
    expect(kindsOf(box(0, 10, 10, 30, 30), box(1, 10, 10, 30, 30))).toEqual([["two_classes", 0, 1]]);
  });

  test("names a third copy with the first one only", () => {
    const one = box(0, 10, 10, 30, 30);
    expect(kindsOf(one, one, one)).toEqual([
      ["duplicate_box", 0, 1],
      ["duplicate_box", 0, 2],
    ]);
  });
});
