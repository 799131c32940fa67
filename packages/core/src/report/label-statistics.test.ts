import { describe, expect, test } from "vitest";
import type { Sample } from "../dataset/sample";
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

describe("judgeFindings", () => {
  const size = { width: 100, height: 100 };
  const finding = (classId: number, confidence: number, x1: number, side = 20) => ({
    ...{ classId, className: "x", confidence },
    box: { x1, y1: 0, x2: x1 + side, y2: 20 },
  });
  // Box 0 ... 20 in both directions.
  const marked = [label(0, 0.1, 0.1, 0.2, 0.2)];

  test("takes each lesion once, the most confident finding first", () => {
    expect(judgeFindings([finding(0, 0.9, 0), finding(0, 0.8, 0)], { labels: marked }, size)).toEqual({
      ...{ marked: 1, found: 1, falseAlarms: 1 },
    });
  });

  test("holds no finding in a region to ignore against anybody", () => {
    const ignored = [{ cx: 0.75, cy: 0.1, w: 0.5, h: 0.2 }];
    const findings = [finding(0, 0.9, 60), finding(0, 0.8, 25)];
    expect(judgeFindings(findings, { labels: marked, ignored }, size)).toMatchObject({ falseAlarms: 1 });
  });

  test("wants the class, and an overlap of one half", () => {
    expect(judgeFindings([finding(1, 0.9, 0)], { labels: marked }, size)).toMatchObject({ found: 0, falseAlarms: 1 });
    // 20 of 40 px wide: IoU 0.5 exactly. Moved by 7 px: 13 / 27 = 0.48.
    expect(judgeFindings([finding(0, 0.9, 0, 40)], { labels: marked }, size).found).toBe(1);
    expect(judgeFindings([finding(0, 0.9, 7)], { labels: marked }, size).found).toBe(0);
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
