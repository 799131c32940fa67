import { describe, expect, test } from "vitest";
import { type HandBox, handReadings } from "../../test/readings";
import { ArgumentError } from "../errors";
import { consensusOf } from "./consensus";
import { consensusSet } from "./consensus-set";
import { dbscan, NOISE } from "./dbscan";
import { alignReaders } from "./readings";

/** A 10 x 10 box at `x`. Two that are shifted by 2 px have IoU 80 / 120 = 2/3, by 4 px 60 / 140 = 3/7, by 5 px 1/3. */
const at = (x: number, classId = 0, score?: number): HandBox => [x, 0, x + 10, 10, classId, score];

const seenBy = (readings: Parameters<typeof consensusOf>[0], options?: Parameters<typeof consensusOf>[1]) =>
  consensusOf(readings, options).lesions.map(({ readers }) => readers);

describe("consensusOf", () => {
  test.each(["dbscan", "components", "wbf"] as const)("puts what three readers marked together: %s", (method) => {
    // One lesion of all, one of r1 and r3, one of r2 alone.
    const readings = handReadings([
      { "a.png": [at(0), at(50)] },
      { "a.png": [at(2), at(100)] },
      { "a.png": [at(1), at(51)] },
    ]);
    const { lesions } = consensusOf(readings, { method });
    expect(lesions.map(({ readers }) => readers)).toEqual([[0, 1, 2], [0, 2], [1]]);
    expect(lesions.map(({ accepted }) => accepted)).toEqual([true, true, false]);
    expect(lesions[0].boxes[0].box).toEqual({ x1: 1, y1: 0, x2: 11, y2: 10 });
    expect(lesions[1].agreement).toBeCloseTo(2 / 3, 12);
  });

  test("tells how far the boxes spread", () => {
    const { lesions } = consensusOf(handReadings([{ "a.png": [at(0)] }, { "a.png": [at(2)] }]));
    // Mean at 1: x1 and x2 are off by 1, y by 0: sqrt((1 + 0 + 1 + 0) / 4). IoU with the mean 90 / 110.
    expect(lesions[0].boxes[0].spreadPx).toBeCloseTo(Math.sqrt(0.5), 12);
    expect(lesions[0].boxes[0].meanIou).toBeCloseTo(90 / 110, 12);
  });

  test("a group never holds two boxes of one reader by chaining, unless told", () => {
    // r2's box at 4 overlaps r1's at 0 by 3/7 and r1's at 7 by 70 / 130 = .54: the better pair stays together.
    const readings = handReadings([{ "a.png": [at(0), at(7)] }, { "a.png": [at(4)] }]);
    expect(seenBy(readings)).toEqual([[0], [0, 1]]);
    expect(consensusOf(readings).lesions[1].sightings).toEqual([1, 2]);
    expect(consensusOf(readings, { sameReader: "keep" }).lesions.map(({ sightings }) => sightings)).toEqual([
      [0, 1, 2],
    ]);
  });

  test("breaks a tie between two boxes of one reader by their order", () => {
    const readings = handReadings([{ "a.png": [at(0), at(8)] }, { "a.png": [at(4)] }]);
    expect(consensusOf(readings).lesions.map(({ sightings }) => sightings)).toEqual([[0, 2], [1]]);
  });

  test("two boxes of the threshold's IoU are one lesion", () => {
    // 0 ... 10 and 0 ... 5: IoU one half.
    const readings = handReadings([{ "a.png": [[0, 0, 10, 10]] }, { "a.png": [[0, 0, 5, 10]] }]);
    expect(seenBy(readings, { iou: 0.5 })).toEqual([[0, 1]]);
    expect(seenBy(readings, { iou: 0.51 })).toEqual([[0], [1]]);
  });

  test("an image missing in a reader's file was not read, one without annotations was", () => {
    const missing = handReadings([
      { "a.png": [at(0)], "b.png": [] },
      { "a.png": [at(0)], "b.png": [] },
      { "b.png": [] },
    ]);
    const empty = handReadings([{ "a.png": [at(0)] }, { "a.png": [at(0)] }, { "a.png": [] }]);
    expect(consensusOf(missing).lesions[0].agreement).toBe(1);
    expect(consensusOf(empty).lesions[0].agreement).toBeCloseTo(2 / 3, 12);
    expect(missing.images[0].readBy).toEqual([0, 1]);
  });

  test("a majority is more than half of those who read: two of four are none, two of three are one", () => {
    const four = handReadings([{ "a.png": [at(0)] }, { "a.png": [at(0)] }, { "a.png": [] }, { "a.png": [] }]);
    expect(consensusOf(four).lesions[0].accepted).toBe(false);
    expect(consensusOf(four, { minReaders: 2 }).lesions[0].accepted).toBe(true);
  });

  test("weighs boxes by confidence and by the reader's reliability", () => {
    const readings = handReadings([{ "a.png": [at(0, 0, 0.75)] }, { "a.png": [at(4, 0, 0.25)] }]);
    // (0 x .75 + 4 x .25) / 1 = 1; with weights .5 and 1: (0 x .375 + 4 x .25) / .625 = 1.6.
    expect(consensusOf(readings).lesions[0].boxes[0].box.x1).toBeCloseTo(1, 12);
    expect(consensusOf(readings, { reliability: [0.5, 1] }).lesions[0].boxes[0].box.x1).toBeCloseTo(1.6, 12);
  });

  test("votes on the class, by weight; a tie goes to the first of the categories", () => {
    const readings = handReadings([{ "a.png": [at(0, 1)] }, { "a.png": [at(0, 0)] }, { "a.png": [at(0, 1)] }]);
    expect(consensusOf(readings).lesions[0]).toMatchObject({ classId: 1, classShare: 2 / 3 });
    expect(consensusOf(readings, { reliability: [0.2, 1, 0.2] }).lesions[0].classId).toBe(0);
    const tie = handReadings([{ "a.png": [at(0, 1)] }, { "a.png": [at(0, 0)] }]);
    expect(consensusOf(tie).lesions[0].classId).toBe(0);
    expect(seenBy(tie, { perClass: true })).toEqual([[0], [1]]);
  });

  test("puts boxes of neighbouring slices together in a volume", () => {
    const slice = (z: number, boxes: readonly HandBox[]) => ({
      file: `s${z}.png`,
      attributes: { series_uid: "1.2", z, patient_id: "p" },
      annotations: boxes.map(([x1, y1, x2, y2]) => ({ classId: 0, box: { x1, y1, x2, y2 } })),
    });
    const set = (...slices: (readonly HandBox[])[]) => ({
      categories: [{ name: "nodule" }],
      images: slices.map((boxes, i) => slice(2 * i, boxes)),
    });
    // r1: one lesion over slices 0 and 1, another one at slice 3. r2: slice 1 only.
    const readings = alignReaders(
      [
        { name: "r1", set: set([at(0)], [at(1)], [], [at(0)]) },
        { name: "r2", set: set([], [at(1)], [], []) },
      ],
      { volume: true },
    );
    const { lesions, sightings } = consensusOf(readings);
    expect(sightings.map(({ boxes }) => [...boxes.keys()])).toEqual([[0, 1], [3], [1]]);
    // IoU of the volumes: 100 of 200 + 100 - 100.
    expect(lesions.map(({ readers }) => readers)).toEqual([[0, 1], [0]]);
    expect(lesions[0].boxes.map(({ experts, sure }) => [experts, sure])).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  test("refuses what makes no sense", () => {
    const readings = handReadings([{ "a.png": [at(0)] }, { "a.png": [] }]);
    expect(() => consensusOf(readings, { iou: 0 })).toThrow(ArgumentError);
    expect(() => consensusOf(readings, { minReaders: 3 })).toThrow("minReaders is 3, but there are 2 readers");
    expect(() => consensusOf(readings, { reliability: [1, 0] })).toThrow("reliability of r2 is 0");
    expect(() => handReadings([{ "a.png": [] }])).toThrow("1 reader given, wanted at least two");
    expect(() => handReadings([{ "a.png": [] }, { "b.png": [] }])).toThrow("no image is in the files of two readers");
    expect(() => handReadings([{ "a.png": [] }, { "a.png": [] }], { volume: true })).toThrow("needs series_uid");
  });
});

describe("consensusSet", () => {
  const readings = handReadings([{ "a.png": [at(0), at(50)] }, { "a.png": [at(0)] }, { "a.png": [] }]);
  const consensus = consensusOf(readings);

  test("carries who saw a lesion and how far they agree", () => {
    const [{ annotations, attributes }] = consensusSet(readings, consensus).images;
    expect(attributes).toEqual({ num_read: 3, read_by: "r1,r2,r3" });
    expect(annotations[0].ignore).toBeUndefined();
    expect(annotations[0].attributes).toEqual({
      ...{ lesion: 0, num_experts: 2, num_read: 3, agreement: 0.6667, spread_px: 0, mean_iou: 1, class_agreement: 1 },
      readers: "r1,r2",
    });
  });

  test("makes what a minority saw an ignored region, a label that counts less, or nothing", () => {
    const minority = (how: "ignore" | "soft" | "drop") =>
      consensusSet(readings, consensus, { minority: how }).images[0].annotations[1];
    expect(minority("ignore")).toMatchObject({ ignore: true, crowd: true, box: { x1: 50, x2: 60 } });
    expect(minority("soft").weight).toBeCloseTo(1 / 3, 12);
    expect(minority("drop")).toBeUndefined();
  });

  test("names nobody where readers are interchangeable", () => {
    expect(JSON.stringify(consensusSet(readings, consensus, { interchangeable: true }))).not.toContain("r1");
  });
});

describe("dbscan", () => {
  const near = [
    { a: 0, b: 1, distance: 0.1 },
    { a: 1, b: 2, distance: 0.1 },
    { a: 3, b: 4, distance: 0.9 },
  ];

  test("with two points for a core is connected components, and what is alone is noise", () => {
    expect([...dbscan(5, near, { eps: 0.5, minPoints: 2 })]).toEqual([0, 0, 0, NOISE, NOISE]);
  });

  test("with three a border belongs to its core, and two alone are noise", () => {
    expect([...dbscan(5, near, { eps: 1, minPoints: 3 })]).toEqual([0, 0, 0, NOISE, NOISE]);
  });
});
