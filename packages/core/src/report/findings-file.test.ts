import { describe, expect, test } from "vitest";
import { FoveaError } from "../errors";
import { parseFindings } from "./findings-file";

const image = {
  file: "a.dcm",
  sha256: "ab".repeat(32),
  frame: 0,
  width: 100,
  height: 80,
  spacingMm: { row: 0.5, column: 0.25, source: "PixelSpacing" },
  findings: [
    {
      classId: 1,
      className: "mass",
      confidence: 0.75,
      box: { x1: 1, y1: 2, x2: 3, y2: 4 },
      sizeMm: { width: 0.5, height: 1 },
      polygon: [1, 2, 3, 2, 3, 4],
    },
  ],
};
const file = (images: unknown) => JSON.stringify({ model: "m.onnx", imgsz: 640, images, summary: {} });

describe("parseFindings", () => {
  test("reads what predict writes, with or without a byte order mark", () => {
    expect(parseFindings(file([image]), "f")).toEqual({ model: "m.onnx", images: [image] });
    expect(parseFindings(`\uFEFF${file([])}`, "f").images).toEqual([]);
  });

  test("reads which version of the model found, if it is told whole", () => {
    const [modelVersion, modelSha256] = [`m@${"ab".repeat(6)}`, "ab".repeat(32)];
    const told = (head: object) => parseFindings(JSON.stringify({ model: "m", images: [], ...head }), "f");
    expect(told({ modelVersion, modelSha256 })).toEqual({ model: "m", modelVersion, modelSha256, images: [] });
    expect(told({ modelVersion })).toEqual({ model: "m", images: [] });
  });

  test("reads below which confidence findings were left out, if it is one", () => {
    const told = (conf: unknown) => parseFindings(JSON.stringify({ model: "m", images: [], conf }), "f").conf;
    expect([told(0.25), told("0.25"), told(25)]).toEqual([0.25, undefined, undefined]);
  });

  test("keeps an image that could not be read, with the reason", () => {
    const failed = { file: "b.dcm", width: 0, height: 0, findings: [], error: { code: "x", message: "cut short" } };
    expect(parseFindings(file([failed]), "f").images[0].error?.message).toBe("cut short");
    const known = { ...failed, error: { code: "unsupported_dicom", message: "no image" } };
    expect(parseFindings(file([known]), "f").images[0].error).toEqual(known.error);
  });

  const changed = (finding: object) => file([{ ...image, findings: [{ ...image.findings[0], ...finding }] }]);
  test.each([
    ["no JSON", "{", "not valid JSON"],
    ["no images", "{}", "no list of images"],
    ["an image without a file", file([{ ...image, file: 1 }]), "images[0]: file is missing"],
    ["a sum that is none", file([{ ...image, sha256: "AB" }]), "sha256 is no sum"],
    ["half a frame", file([{ ...image, frame: 0.5 }]), "frame is 0.5"],
    ["no size", file([{ ...image, width: "100" }]), "no pixels"],
    ["a confidence above 1", changed({ confidence: 1.5 }), "finding 1: confidence"],
    ["a box of three sides", changed({ box: { x1: 1, y1: 1, x2: 2 } }), "box is no"],
    ["a box inside out", changed({ box: { x1: 5, y1: 1, x2: 2, y2: 3 } }), "box is no"],
    ["a class without a name", changed({ className: null }), "className"],
    ["an odd outline", changed({ polygon: [1, 2, 3] }), "polygon"],
    ["a size of one side", changed({ sizeMm: { width: 1 } }), "sizeMm"],
  ])("refuses %s and says where", (_, text, message) => {
    const refusal = () => parseFindings(text, "f.json");
    expect(refusal).toThrow(FoveaError);
    expect(refusal).toThrow(`f.json: `);
    expect(refusal).toThrow(message);
  });
});
