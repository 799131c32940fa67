import { describe, expect, test } from "vitest";
import type { Finding } from "../finding";
import { FindingsTally, type ImageFindings, withSizeMm } from "./findings";

const finding = (classId: number, className: string): Finding => ({
  classId,
  className,
  confidence: 0.9,
  box: { x1: 10, y1: 20, x2: 30, y2: 25 },
});
const image = (file: string, ...findings: Finding[]): ImageFindings => ({ file, width: 100, height: 80, findings });
const broken: ImageFindings = {
  ...image("c.dcm"),
  width: 0,
  height: 0,
  error: { code: "invalid_dicom", message: "c.dcm: cut short" },
};
function summaryOf(images: readonly ImageFindings[]) {
  const tally = new FindingsTally();
  for (const one of images) tally.add(one);
  return tally.summary();
}

describe("FindingsTally", () => {
  test("counts files, findings, classes and failures", () => {
    const images = [
      image("a.png", finding(1, "mass"), finding(0, "nodule"), finding(1, "mass")),
      image("b.png"),
      broken,
    ];
    expect(summaryOf(images)).toEqual({
      files: 3,
      images: 2,
      filesWithFindings: 1,
      failures: 1,
      findings: 3,
      // Three in two images that could be read.
      meanPerImage: 1.5,
      maxPerImage: 3,
      perClass: [
        { classId: 0, className: "nodule", findings: 1 },
        { classId: 1, className: "mass", findings: 2 },
      ],
    });
  });

  test("counts a file of several frames as one file", () => {
    const frames = [
      { ...image("a.dcm", finding(0, "nodule")), frame: 0 },
      { ...image("a.dcm", finding(0, "nodule")), frame: 1 },
      { ...broken, file: "a.dcm", frame: 2 },
      { ...broken, file: "a.dcm", frame: 3 },
    ];
    expect(summaryOf([...frames, image("b.png"), broken])).toMatchObject({
      ...{ files: 3, images: 3, filesWithFindings: 1, failures: 2, findings: 2 },
      // Two in two frames of the one and none in the other.
      meanPerImage: 2 / 3,
    });
  });

  test("has a mean of 0, not NaN, where nothing could be read", () => {
    expect(summaryOf([broken])).toMatchObject({ meanPerImage: 0, maxPerImage: 0, failures: 1 });
    expect(summaryOf([])).toMatchObject({ files: 0, meanPerImage: 0 });
  });
});

describe("withSizeMm", () => {
  test("measures width by the spacing of columns, height by that of rows", () => {
    // 20 px x 0.5 mm, 5 px x 2 mm.
    const spacing = { row: 2, column: 0.5, source: "PixelSpacing" } as const;
    expect(withSizeMm(finding(0, "nodule"), spacing).sizeMm).toEqual({ width: 10, height: 10 });
  });

  test("makes up no size without spacing", () => {
    expect(withSizeMm(finding(0, "nodule"), undefined).sizeMm).toBeUndefined();
  });
});
