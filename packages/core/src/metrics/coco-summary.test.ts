import { describe, expect, test } from "vitest";
import type { Annotation, AnnotationSet } from "../dataset/annotation-set";
import { cocoSummary } from "./coco-summary";

/** A square of `side` px at (x, 0). */
const at = (x: number, side = 40, more: Partial<Annotation> = {}): Annotation => ({
  classId: 0,
  box: { x1: x, y1: 0, x2: x + side, y2: side },
  ...more,
});

const set = (...images: readonly (readonly Annotation[])[]): AnnotationSet => ({
  categories: [{ name: "nodule" }, { name: "mass" }],
  images: images.map((annotations, i) => ({ file: `${i}.png`, width: 400, height: 100, annotations })),
});

/** COCO's guard of 0 / 0 takes a last digit from precision. */
const near = (value: number) => expect.closeTo(value, 12);

describe("cocoSummary", () => {
  test("is 1 where everything is found and -1 where nothing is to be found", () => {
    const { stats, perCategory } = cocoSummary(
      set([at(0), at(100)]),
      set([at(0, 40, { score: 0.9 }), at(100, 40, { score: 0.8 })]),
    );
    // 40 x 40 = 1600 px² is medium. One detection of two objects finds half.
    expect(stats).toMatchObject({ AP: 1, AP50: 1, AP75: 1, APs: -1, APm: 1, APl: -1, AR1: 0.5, AR10: 1, ARm: 1 });
    expect(perCategory[1]).toMatchObject({ name: "mass", AP: -1, AR100: -1, objects: 0, detections: 0 });
  });

  test("reads precision at 101 recalls, without interpolation", () => {
    // Hit, miss, hit: precision 1 up to recall .5 (51 points), 2/3 beyond (50 points).
    const found = [at(0, 40, { score: 0.9 }), at(200, 40, { score: 0.8 }), at(100, 40, { score: 0.7 })];
    const { stats, precision50 } = cocoSummary(set([at(0), at(100)]), set(found));
    expect(stats.AP50).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12);
    expect([precision50[50], precision50[51]]).toEqual([near(1), near(2 / 3)]);
  });

  test("counts a hit at the thresholds that its overlap reaches", () => {
    // Shifted by 8 of 40: 32 / 48 = 2/3, which .50, .55, .60 and .65 allow.
    const { stats } = cocoSummary(set([at(0)]), set([at(8, 40, { score: 0.5 })]));
    expect(stats).toMatchObject({ AP50: near(1), AP75: 0 });
    expect([stats.AP, stats.AR100]).toEqual([near(0.4), near(0.4)]);
  });

  test("neither rewards nor punishes what lies in a crowd", () => {
    const crowd = at(100, 90, { crowd: true });
    const inside = [at(100, 40, { score: 0.95 }), at(140, 40, { score: 0.94 })];
    const { stats, perCategory } = cocoSummary(set([at(0), crowd]), set([at(0, 40, { score: 0.9 }), ...inside]));
    expect(stats.AP).toBeCloseTo(1, 12);
    expect(perCategory[0]).toMatchObject({ objects: 1, detections: 3 });
  });

  test("judges what is marked ignore as pycocotools does, unless told otherwise", () => {
    const [truth, found] = [set([at(0), at(100, 40, { ignore: true })]), set([at(0, 40, { score: 0.9 })])];
    expect(cocoSummary(truth, found).stats.AR100).toBe(0.5);
    expect(cocoSummary(truth, found, { honourIgnore: true }).stats.AR100).toBe(1);
  });

  test("looks at a hundred detections of an image and category", () => {
    const many = Array.from({ length: 100 }, () => at(200, 40, { score: 0.9 }));
    expect(cocoSummary(set([at(0)]), set([...many, at(0, 40, { score: 0.1 })])).stats.AR100).toBe(0);
    expect(cocoSummary(set([at(0)]), set([...many.slice(1), at(0, 40, { score: 0.1 })])).stats.AR100).toBe(1);
  });

  test("compares masks, with Dice beside them", () => {
    const outline = (x: number) => ({ segmentation: [[x, 0, x, 40, x + 40, 40, x + 40, 0]] });
    const { stats, dice } = cocoSummary(set([at(0, 40, outline(0))]), set([at(0, 40, { ...outline(8), score: 1 })]), {
      iouType: "segm",
    });
    // 2/3 as above, though the boxes are equal; Dice 2 * 32 / (40 + 40).
    expect(stats.AP).toBeCloseTo(0.4, 12);
    expect(dice).toBeCloseTo(0.8, 12);
  });

  test("finds an image by its name where folder and ending differ", () => {
    const [truth, found] = [set([at(0)]), set([at(0, 40, { score: 1 })])];
    const moved = { ...found, images: [{ ...found.images[0], file: "predicted/0.dcm" }] };
    expect(cocoSummary(truth, moved).stats.AP).toBeCloseTo(1, 12);
  });

  test("of nothing is -1, of no detections 0", () => {
    expect(cocoSummary(set([]), set([])).stats.AP).toBe(-1);
    expect(cocoSummary(set([at(0)]), set([])).stats).toMatchObject({ AP: 0, AR100: 0, APs: -1 });
  });

  test.each([
    ["detection 1 has no score", set([at(0)])],
    ["detection in 1.png, an image that the truth does not have", set([], [at(0, 40, { score: 1 })])],
    ["detection of category class 7 in 0.png; the truth has nodule, mass", set([at(0, 40, { classId: 7, score: 1 })])],
  ])("says: %s", (message, found) => {
    expect(() => cocoSummary(set([at(0)]), found)).toThrow(message);
  });
});
