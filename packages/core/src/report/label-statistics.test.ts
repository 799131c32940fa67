import { describe, expect, test } from "vitest";
import type { Sample } from "../dataset/sample";
import { commonFolder, fingerprintText } from "./fingerprint";
import { judgeFindings, pickImages } from "./judge-findings";
import { histogram, labelStatistics } from "./label-statistics";

const label = (classId: number, cx: number, cy: number, w: number, h: number) => ({ classId, cx, cy, w, h });
const SAMPLES: readonly Sample[] = [
  { file: "/d/a.png", labels: [label(0, 0.1, 0.9, 0.2, 0.2), label(0, 0.6, 0.1, 0.1, 0.4)] },
  { file: "/d/b.png", labels: [label(2, 1, 1, 0.02, 0.02)] },
  { file: "/d/c.png", labels: [] },
];

describe("labelStatistics", () => {
  const found = labelStatistics(SAMPLES, ["x", "y", "z"], { grid: 2 });

  test("counts boxes and images of each class, boxes in each image, and images without any", () => {
    expect(found).toMatchObject({ images: 3, empty: 1, boxes: 3, boxesPerImage: [1, 1, 1] });
    expect(found.classes).toEqual([
      { name: "x", boxes: 2, images: 1 },
      { name: "y", boxes: 0, images: 0 },
      { name: "z", boxes: 1, images: 1 },
    ]);
  });

  test("maps the centres, those at the far edge too", () => {
    // Rows from the top: (0.6, 0.1) above right; (0.1, 0.9) below left, (1, 1) below right.
    expect(found.positions).toEqual([0, 1, 1, 1]);
  });

  test("sorts the sizes by the root of the area", () => {
    // 0.2 and (0.1 x 0.4)^0.5 = 0.2 lie in 0.16 ... 0.25; 0.02 in 0.016 ... 0.025.
    const bin = (edge: number) => found.sizes.counts[found.sizes.edges.indexOf(edge)];
    expect([bin(0.16), bin(0.016)]).toEqual([2, 1]);
  });

  test("puts all images of many boxes together", () => {
    const crowd = { file: "d", labels: Array.from({ length: 30 }, () => label(0, 0.5, 0.5, 0.1, 0.1)) };
    expect(labelStatistics([crowd], ["x"], { mostPerImage: 2 }).boxesPerImage).toEqual([0, 0, 1]);
  });
});

test("histogram counts a value on an edge above it, and the ends inside", () => {
  expect(histogram([-1, 0, 0.5, 1, 2, 9], [0, 1, 2]).counts).toEqual([3, 3]);
});

describe("fingerprintText", () => {
  const entries = (folder: string) => [
    { split: "train", file: `${folder}/x/b.png`, bytes: 7, labels: [label(1, 0.5, 0.5, 0.25, 0.125)] },
    { split: "train", file: `${folder}/x/a.png`, bytes: 5, labels: [] },
    { split: "val", file: `${folder}/y/a.png`, bytes: 5, labels: [] },
  ];

  test("has one line a file, sorted, without the folder that all share", () => {
    expect(fingerprintText(entries("/data"))).toBe(
      '["train","x/a.png",5] \n["train","x/b.png",7] 1:0.5,0.5,0.25,0.125\n["val","y/a.png",5] \n',
    );
  });

  test("is the same elsewhere, on Windows, and in another order of the files", () => {
    const text = fingerprintText(entries("/data"));
    expect(fingerprintText(entries("D:\\copy\\of").toReversed())).toBe(text);
  });

  test("differs by name, size, part and label", () => {
    const [first, ...others] = entries("/data");
    const text = fingerprintText([first, ...others]);
    for (const change of [{ file: "/data/x/c.png" }, { bytes: 8 }, { split: "val" }, { labels: [] }]) {
      expect(fingerprintText([{ ...first, ...change }, ...others])).not.toBe(text);
    }
    const outlined = [{ ...first.labels[0], polygon: Float32Array.of(0, 0, 1, 0, 1, 1) }];
    expect(fingerprintText([{ ...first, labels: outlined }, ...others])).toContain(";0,0,1,0,1,1");
  });
});

test("commonFolder is whole folders, not beginnings of names", () => {
  expect(commonFolder(["/a/bc/1", "/a/bd/2"])).toBe("/a/");
  expect(commonFolder(["/a/b/1"])).toBe("/a/b/");
  expect(commonFolder(["x/1", "y/2"])).toBe("");
  expect(commonFolder([])).toBe("");
});

describe("judgeFindings", () => {
  const size = { width: 100, height: 100 };
  const finding = (classId: number, confidence: number, x1: number, side = 20) => ({
    ...{ classId, className: "x", confidence },
    box: { x1, y1: 0, x2: x1 + side, y2: 20 },
  });
  // Box 0 ... 20 in both directions.
  const marked = [label(0, 0.1, 0.1, 0.2, 0.2)];

  test("takes each lesion once, the most confident finding first", () => {
    expect(judgeFindings([finding(0, 0.9, 0), finding(0, 0.8, 0)], marked, size)).toEqual({
      ...{ marked: 1, found: 1, falseAlarms: 1 },
    });
  });

  test("wants the class, and an overlap of one half", () => {
    expect(judgeFindings([finding(1, 0.9, 0)], marked, size)).toMatchObject({ found: 0, falseAlarms: 1 });
    // 20 of 40 px wide: IoU 0.5 exactly. Moved by 7 px: 13 / 27 = 0.48.
    expect(judgeFindings([finding(0, 0.9, 0, 40)], marked, size).found).toBe(1);
    expect(judgeFindings([finding(0, 0.9, 7)], marked, size).found).toBe(0);
  });
});

describe("pickImages", () => {
  const judged = [0, 3, 1, 0, 0, 2].map((falseAlarms) => ({ marked: 1, found: 1, falseAlarms }));

  test("shows the worst first, then others at even distances", () => {
    expect(pickImages(judged, 4)).toEqual([
      { index: 1, worst: true },
      { index: 5, worst: true },
      { index: 0, worst: false },
      { index: 3, worst: false },
    ]);
  });

  test("calls nothing worst where nothing is wrong, and shows no more than there is", () => {
    expect(pickImages(judged.slice(3, 5), 6)).toEqual([
      { index: 0, worst: false },
      { index: 1, worst: false },
    ]);
    expect(pickImages([], 6)).toEqual([]);
  });
});
