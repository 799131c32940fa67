import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../test/dicom-bytes";
import { parseDataSet } from "./data-set";
import { readSpacing } from "./spacing";

const spacing = (extra: TestElement[]) =>
  readSpacing(parseDataSet(dicomBytes(greyElements(1, 1, Uint8Array.of(0, 0), extra)), "a.dcm"), 0);

const pixel: TestElement = [0x00280030, "DS", "0.5\\0.25"];
const imager: TestElement = [0x00181164, "DS", "0.143\\0.143"];
const scanned: TestElement = [0x00182010, "DS", "0.175\\0.175"];

describe("readSpacing", () => {
  test("gives the distance of rows first, then of columns (PS3.3 10.7.1.3)", () => {
    expect(spacing([pixel])).toEqual({ row: 0.5, column: 0.25, source: "PixelSpacing" });
  });

  test("says which attribute it comes from, the calibrated one first", () => {
    expect(spacing([imager])?.source).toBe("ImagerPixelSpacing");
    expect(spacing([scanned])?.source).toBe("NominalScannedPixelSpacing");
    expect(spacing([scanned, imager, pixel])?.source).toBe("PixelSpacing");
  });

  test("calls a PixelSpacing that equals ImagerPixelSpacing the detector's: it was not corrected (PS3.3 10.7.1.3)", () => {
    const same: TestElement = [0x00280030, "DS", "0.143\\0.143"];
    expect(spacing([imager, same])).toEqual({ row: 0.143, column: 0.143, source: "ImagerPixelSpacing" });
    const calibrated: TestElement = [0x00280030, "DS", "0.13\\0.13"];
    expect(spacing([imager, calibrated])?.source).toBe("PixelSpacing");
  });

  test("is undefined without an attribute, and where a distance is 0 or missing", () => {
    expect(spacing([])).toBeUndefined();
    expect(spacing([[0x00280030, "DS", "0\\0"]])).toBeUndefined();
    expect(spacing([[0x00280030, "DS", "0.5"]])).toBeUndefined();
  });

  test("looks into the pixel measures of enhanced objects", () => {
    const groups: TestElement = [0x52009229, "SQ", [[[0x00289110, "SQ", [[pixel]]]]]];
    expect(spacing([groups])).toEqual({ row: 0.5, column: 0.25, source: "PixelSpacing" });
  });
});
