import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../test/dicom-bytes";
import { parseDataSet } from "./data-set";
import { modalityValues, readModalityLut } from "./rescale";

const lut = (extra: TestElement[], frame = 0) =>
  readModalityLut(parseDataSet(dicomBytes(greyElements(1, 1, Uint8Array.of(0, 0), extra)), "a.dcm"), frame);

describe("modalityValues", () => {
  test("leaves stored values alone where the file says nothing", () => {
    expect(modalityValues(Uint16Array.of(0, 4095), lut([]))).toEqual(Float32Array.of(0, 4095));
  });

  test("rescales linearly", () => {
    // CT: 1 x 24 - 1024 = -1000 HU, air.
    const ct = lut([
      [0x00281052, "DS", "-1024"],
      [0x00281053, "DS", "1"],
    ]);
    expect(modalityValues(Uint16Array.of(24, 1024), ct)).toEqual(Float32Array.of(-1000, 0));
  });

  test("looks values up in a table, holding its ends", () => {
    // Entries 100, 200, 400 for inputs 10, 11, 12.
    const table: TestElement = [
      0x00283000,
      "SQ",
      [
        [
          [0x00283002, "US", [3, 10, 16]],
          [0x00283006, "US", [100, 200, 400]],
        ],
      ],
    ];
    const values = modalityValues(Uint16Array.of(0, 10, 11, 12, 99), lut([table]));
    expect(values).toEqual(Float32Array.of(100, 100, 200, 400, 400));
  });

  test("takes a frame's own rescale, else the shared one", () => {
    const macro = (slope: string): TestElement[] => [[0x00289145, "SQ", [[[0x00281053, "DS", slope]]]]];
    const shared: TestElement = [0x52009229, "SQ", [macro("2")]];
    expect(lut([shared], 1)).toMatchObject({ slope: 2 });
    expect(lut([shared, [0x52009230, "SQ", [macro("3"), macro("4")]]], 1)).toMatchObject({ slope: 4 });
  });
});

describe("readModalityLut", () => {
  test("refuses a slope of 0", () => {
    expect(() => lut([[0x00281053, "DS", "0"]])).toThrow("a.dcm: RescaleSlope: 0 would make every pixel the same");
  });

  test("refuses a table shorter than its descriptor says", () => {
    const table: TestElement = [
      0x00283000,
      "SQ",
      [
        [
          [0x00283002, "US", [3, 0, 16]],
          [0x00283006, "US", [1, 2]],
        ],
      ],
    ];
    expect(() => lut([table])).toThrow("a.dcm: LUTData: 4 bytes for 3 entries of 16 bits");
  });
});
