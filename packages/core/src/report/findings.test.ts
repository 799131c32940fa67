import { describe, expect, test } from "vitest";
import type { Finding } from "../finding";
import { findingsReport, type ImageFindings, withSizeMm } from "./findings";

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
const settings = { model: "m.safetensors", imgsz: 640, conf: 0.25, iou: 0.7 };

describe("findingsReport", () => {
  test("counts files, findings, classes and failures", () => {
    const images = [
      image("a.png", finding(1, "mass"), finding(0, "nodule"), finding(1, "mass")),
      image("b.png"),
      broken,
    ];
    expect(findingsReport(settings, images).summary).toEqual({
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
    expect(findingsReport(settings, [...frames, image("b.png"), broken]).summary).toMatchObject({
      ...{ files: 3, images: 3, filesWithFindings: 1, failures: 2, findings: 2 },
      // Two in two frames of the one and none in the other.
      meanPerImage: 2 / 3,
    });
  });

  test("has a mean of 0, not NaN, where nothing could be read", () => {
    expect(findingsReport(settings, [broken]).summary).toMatchObject({ meanPerImage: 0, maxPerImage: 0, failures: 1 });
    expect(findingsReport(settings, []).summary).toMatchObject({ files: 0, meanPerImage: 0 });
  });

  test("keeps settings and images as they are written to findings.json", () => {
    const images = [image("a.png")];
    expect(findingsReport(settings, images)).toMatchObject({ ...settings, images });
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
