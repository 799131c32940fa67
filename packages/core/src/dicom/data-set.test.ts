import { deflateSync } from "fflate";
import { describe, expect, test } from "vitest";
import { dicomBytes, EXPLICIT_BIG, EXPLICIT_LITTLE, greyElements, IMPLICIT_LITTLE } from "../../test/dicom-bytes";
import { hasDicomPrefix, parseDataSet } from "./data-set";

const elements = greyElements(1, 2, Uint8Array.of(1, 0, 2, 0), [
  [0x00280030, "DS", "0.143\\0.2 "],
  [0x00283010, "SQ", [[[0x00283002, "US", [2, 0, 8]]]]],
]);

describe("parseDataSet", () => {
  test.each([
    ["explicit little endian", EXPLICIT_LITTLE, true],
    ["explicit big endian", EXPLICIT_BIG, true],
    ["implicit little endian", IMPLICIT_LITTLE, true],
    ["explicit little endian without prefix", EXPLICIT_LITTLE, false],
    ["explicit big endian without prefix", EXPLICIT_BIG, false],
    ["implicit little endian without prefix", IMPLICIT_LITTLE, false],
  ])("reads %s", (_, transferSyntax, header) => {
    const dataSet = parseDataSet(dicomBytes(elements, { transferSyntax, header }), "a.dcm");
    expect(dataSet.transferSyntax.uid).toBe(transferSyntax);
    expect(dataSet.number("Columns")).toBe(2);
    expect(dataSet.numbers("PixelSpacing")).toEqual([0.143, 0.2]);
    expect(dataSet.text("Modality")).toBe("DX");
    expect(dataSet.items("VOILUTSequence")[0].numbers("LUTDescriptor")).toEqual([2, 0, 8]);
    expect([...(dataSet.bytes("PixelData") ?? [])]).toEqual([1, 0, 2, 0]);
  });

  test("reads a file that begins with its meta information, without preamble", () => {
    expect(parseDataSet(dicomBytes(elements).subarray(132), "a.dcm").number("Columns")).toBe(2);
  });

  test("inflates deflated files", () => {
    const plain = dicomBytes(elements, { header: false });
    const head = dicomBytes([], { transferSyntax: "1.2.840.10008.1.2.1.99" });
    const dataSet = parseDataSet(Uint8Array.from([...head, ...deflateSync(plain)]), "a.dcm");
    expect(dataSet.number("Columns")).toBe(2);
    expect([...(dataSet.bytes("PixelData") ?? [])]).toEqual([1, 0, 2, 0]);
  });

  test("ignores rubbish behind complete pixels, with a warning", () => {
    const dataSet = parseDataSet(Uint8Array.from([...dicomBytes(elements), 7, 7, 7]), "a.dcm");
    expect(dataSet.number("Columns")).toBe(2);
    expect(dataSet.warnings[0]).toContain("ignored what follows the pixel data");
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("patient,age\n1,44\n")],
    ["a PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)],
    ["a header alone, cut", dicomBytes(elements).subarray(0, 140)],
    ["a file cut before its pixels", dicomBytes(elements).subarray(0, 200)],
    ["damaged deflate", Uint8Array.from([...dicomBytes([], { transferSyntax: "1.2.840.10008.1.2.1.99" }), 255, 255])],
  ])("refuses %s, naming the file", (_, bytes) => {
    expect(() => parseDataSet(bytes, "scans/b.dcm")).toThrow(
      expect.objectContaining({ code: "invalid_dicom", message: expect.stringMatching(/^scans\/b\.dcm: /) }),
    );
  });
});

describe("DataSet", () => {
  test("names file and keyword of a number that is none", () => {
    const broken = parseDataSet(
      dicomBytes(greyElements(1, 1, Uint8Array.of(0, 0), [[0x00280030, "DS", "0,143"]])),
      "a.dcm",
    );
    expect(() => broken.numbers("PixelSpacing")).toThrow('a.dcm: PixelSpacing: expected numbers, got "0,143');
  });

  test("has no value where the attribute is absent or empty", () => {
    const dataSet = parseDataSet(
      dicomBytes(greyElements(1, 1, Uint8Array.of(0, 0), [[0x00281050, "DS", ""]])),
      "a.dcm",
    );
    expect(dataSet.number("WindowCenter")).toBeUndefined();
    expect(dataSet.has("WindowCenter")).toBe(false);
    expect(dataSet.items("ModalityLUTSequence")).toEqual([]);
    expect(() => dataSet.requiredNumber("WindowWidth")).toThrow("a.dcm: WindowWidth: missing");
  });

  test("reads US or SS by PixelRepresentation in implicit VR", () => {
    const bytes = dicomBytes(
      greyElements(1, 1, Uint8Array.of(0, 0), [
        [0x00280103, "US", [1]],
        [0x00280120, "SS", [-2000]],
      ]),
      { transferSyntax: IMPLICIT_LITTLE },
    );
    expect(parseDataSet(bytes, "a.dcm").number("PixelPaddingValue")).toBe(-2000);
  });
});

test("hasDicomPrefix tells a Part 10 file from others", () => {
  expect(hasDicomPrefix(dicomBytes(elements))).toBe(true);
  expect(hasDicomPrefix(dicomBytes(elements, { header: false }))).toBe(false);
});
