import { describe, expect, test } from "vitest";
import type { AnnotationSet } from "../dataset/annotation-set";
import { checkSet } from "../dataset/check/check-set";
import { CHECK_LIMITS } from "../dataset/check/limits";
import { checkHtml } from "./check-html";
import { type CheckReport, checkJson, groupFindings } from "./check-report";
import { setStatistics, spacingOf } from "./set-statistics";

const mark = (classId: number, w: number, h: number, x = 0) => ({ classId, box: { x1: x, y1: 0, x2: x + w, y2: h } });

const SET: AnnotationSet = {
  categories: [{ name: "nodule" }, { name: "<mass>" }],
  images: [
    {
      file: "a.png",
      width: 100,
      height: 50,
      split: "train",
      attributes: { site: "A", PixelSpacing: "0.5\\0.25" },
      annotations: [mark(0, 4, 9), mark(0, 16, 4), { ...mark(1, 30, 30), ignore: true }],
    },
    { file: "b.png", width: 100, height: 100, split: "train", attributes: { site: "B" }, annotations: [] },
    { file: "c.png", width: 200, height: 100, split: "val", attributes: { site: "A" }, annotations: [mark(1, 0, 5)] },
  ],
};

describe("setStatistics", () => {
  const found = setStatistics(SET);

  test("counts images, images without labels, boxes, and what is ignored", () => {
    expect(found).toMatchObject({ images: 3, empty: 1, boxes: 3, ignored: 1, outlines: 0 });
    expect(found.width).toEqual({ least: 100, lower: 100, median: 100, upper: 150, most: 200 });
  });

  test("measures each class in pixels, millimetres and shape, boxes without area in none", () => {
    // Sides sqrt(36) and sqrt(64); in mm sqrt(4 * .25 * 9 * .5) and sqrt(16 * .25 * 4 * .5); shapes 4/9 and 4.
    expect(found.classes[0]).toMatchObject({ name: "nodule", boxes: 2, images: 1, measuredMm: 2 });
    expect(found.classes[0].sidePx).toMatchObject({ least: 6, median: 7, most: 8 });
    expect(found.classes[0].sideMm?.least).toBeCloseTo(Math.sqrt(4.5), 12);
    expect(found.classes[0].sideMm?.most).toBeCloseTo(Math.sqrt(8), 12);
    expect(found.classes[0].aspect).toMatchObject({ least: 4 / 9, most: 4 });
    expect(found.classes[1]).toMatchObject({ boxes: 1, sidePx: undefined, aspect: undefined });
  });

  test("counts by part and by attribute, the values with most images first", () => {
    expect(found.parts).toEqual([
      { name: "train", images: 2, empty: 1, boxes: 2, classes: [2, 0] },
      { name: "val", images: 1, empty: 0, boxes: 1, classes: [0, 1] },
    ]);
    const site = found.attributes.find(({ name }) => name === "site");
    expect(site?.values.map(({ name, images }) => [name, images])).toEqual([
      ["A", 2],
      ["B", 1],
    ]);
  });
});

test.each([
  [{ pixel_spacing: 0.7 }, { row: 0.7, column: 0.7 }],
  [{ PixelSpacing: "[0.5, 0.6]" }, { row: 0.5, column: 0.6 }],
  [{ spacing: "unknown" }, undefined],
  [undefined, undefined],
])("spacingOf(%j)", (attributes, spacing) => {
  expect(spacingOf(attributes)).toEqual(spacing);
});

describe("a check's page and JSON", () => {
  const report: CheckReport = {
    data: ["lesions.yaml"],
    date: "2026-01-02 03:04",
    set: SET,
    findings: checkSet({ set: SET }),
    statistics: setStatistics(SET),
    patients: { count: 0, known: 0 },
    limits: CHECK_LIMITS,
    left: 0,
  };

  test("hold every finding with image, annotation and advice", () => {
    const { counts, kinds, findings } = JSON.parse(checkJson(report));
    expect(counts.error).toBe(1);
    expect(kinds).toMatchObject({ degenerate_box: 1, class_rare: 2, patient_unknown: 1 });
    expect(findings[0]).toMatchObject({
      ...{ kind: "degenerate_box", severity: "error", image: "c.png", split: "val" },
      annotations: [{ index: 0, id: null, class: "<mass>", box: [0, 0, 0, 5] }],
      mend: "draw the box again, or delete it",
    });
  });

  test("is one page that needs nothing else, in two languages, with names escaped", () => {
    const page = checkHtml(report, {
      pictures: new Map([
        [report.findings[0], [{ uri: "data:image/jpeg;base64,AAAA", file: "x/c.png", close: false }]],
      ]),
      language: "en",
    });
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toMatch(/src="(?!data:)|href="(?!#)|<script/);
    expect(page).toContain("框的宽或高为零");
    expect(page).toContain("&lt;mass&gt;");
    expect(page).not.toContain("<mass>");
    for (const { kind, severity } of groupFindings(report.findings)) expect(page).toContain(`id="${severity}-${kind}"`);
  });

  test("says how many findings of a kind it leaves to the JSON", () => {
    expect(checkHtml(report, { most: 1 })).toContain("1 more; see the JSON.");
  });
});
