import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../test/dicom-bytes";
import { parseDataSet } from "./data-set";
import { applyWindow, automaticWindow, readVoiLut, type Window } from "./window";

function at(x: number, window: Window): number {
  return applyWindow(Float32Array.of(x), window, new Uint8ClampedArray(1))[0];
}

describe("applyWindow", () => {
  // PS3.3 C.11.2.1.2.1, Note 4: center 2^(n-1) and width 2^n select exactly 0...2^n - 1.
  test.each([
    [0, 0],
    [4095, 255],
    [2048, 128],
  ])("LINEAR maps %d of a 12-bit range to %d", (x, y) => {
    expect(at(x, { center: 2048, width: 4096 })).toBe(y);
  });

  // The same note: c = 127.5 + .5, w = 256 is identity on 8 bits; c = 0, w = 100 runs from -50 to 49.
  test.each([
    [-51, 0],
    [-50, 0],
    [49, 255],
    [50, 255],
  ])("LINEAR with center 0 and width 100 maps %d to %d", (x, y) => {
    expect(at(x, { center: 0, width: 100 })).toBe(y);
  });

  // C.11.2.1.3.2: ((x - c) / w + .5) x 255; at x = 25 that is .75 x 255 = 191.25.
  test.each([
    [-50, 0],
    [0, 128],
    [25, 191],
    [50, 255],
  ])("LINEAR_EXACT with center 0 and width 100 maps %d to %d", (x, y) => {
    expect(at(x, { center: 0, width: 100, voiLutFunction: "LINEAR_EXACT" })).toBe(y);
  });

  // C.11.2.1.3.1: 255 / (1 + exp(-4 (x - c) / w)); at x = 25 that is 255 / (1 + 1/e) = 186.42.
  test.each([
    [0, 128],
    [25, 186],
    [1000, 255],
  ])("SIGMOID with center 0 and width 100 maps %d to %d", (x, y) => {
    expect(at(x, { center: 0, width: 100, voiLutFunction: "SIGMOID" })).toBe(y);
  });

  test("LINEAR of width 1 is a step", () => {
    expect([at(9, { center: 10, width: 1 }), at(10, { center: 10, width: 1 })]).toEqual([0, 255]);
  });

  test("refuses other lengths and widths that mean nothing", () => {
    expect(() => applyWindow(new Float32Array(2), { center: 0, width: 10 }, new Uint8ClampedArray(1))).toThrow(
      "2 values",
    );
    expect(() => at(0, { center: 0, width: 0.5 })).toThrow("LINEAR needs width >= 1, got 0.5");
    expect(() => at(0, { center: 0, width: 0, voiLutFunction: "SIGMOID" })).toThrow("SIGMOID");
  });
});

describe("automaticWindow", () => {
  test("leaves the tails out", () => {
    // 0...999 once each: half a per cent is 5 values at each end, so the window runs from 5 to 994.
    const { center, width } = automaticWindow(Float32Array.from({ length: 1000 }, (_, i) => i));
    expect(center - width / 2).toBeCloseTo(5, 1);
    expect(center + width / 2).toBeCloseTo(994, 1);
  });

  test("does not count padding and values that are not finite", () => {
    const values = Float32Array.of(-2000, -2000, 10, 20, Number.NaN, Number.POSITIVE_INFINITY);
    const { center, width } = automaticWindow(values, { tail: 0, padding: { low: -2000, high: -2000 } });
    expect([center, width]).toEqual([15, 10]);
  });

  test("shows an image of one value as middle grey, and an empty one somehow", () => {
    const window = automaticWindow(Float32Array.of(7, 7));
    expect(at(7, window)).toBe(128);
    expect(automaticWindow(new Float32Array()).width).toBe(1);
  });

  test("falls back on the whole range where nearly all values are equal", () => {
    const values = new Float32Array(1000);
    values[0] = 50;
    expect(automaticWindow(values)).toEqual({ center: 25, width: 50, voiLutFunction: "LINEAR_EXACT" });
  });
});

describe("readVoiLut", () => {
  const voi = (extra: TestElement[], frame = 0) =>
    readVoiLut(parseDataSet(dicomBytes(greyElements(1, 1, Uint8Array.of(0, 0), extra)), "a.dcm"), frame);

  test("takes the first of several windows", () => {
    expect(
      voi([
        [0x00281050, "DS", "40\\300"],
        [0x00281051, "DS", "400\\1500"],
      ]),
    ).toEqual({
      kind: "window",
      window: { center: 40, width: 400, voiLutFunction: "LINEAR" },
    });
  });

  test("takes no window of width 0, nor a center alone", () => {
    expect(
      voi([
        [0x00281050, "DS", "40"],
        [0x00281051, "DS", "0"],
      ]),
    ).toBeUndefined();
    expect(voi([[0x00281050, "DS", "40"]])).toBeUndefined();
  });

  test("takes a table before a window", () => {
    const table: TestElement = [
      0x00283010,
      "SQ",
      [
        [
          [0x00283002, "US", [2, 0, 8]],
          [0x00283006, "US", [0, 255]],
        ],
      ],
    ];
    expect(voi([table, [0x00281050, "DS", "40"], [0x00281051, "DS", "400"]])?.kind).toBe("table");
  });

  test("takes a frame's own window from its functional group", () => {
    const macro = (center: string): TestElement[] => [
      [
        0x00289132,
        "SQ",
        [
          [
            [0x00281050, "DS", center],
            [0x00281051, "DS", "10"],
          ],
        ],
      ],
    ];
    const groups: TestElement = [0x52009230, "SQ", [macro("1"), macro("2")]];
    expect(voi([groups], 1)).toMatchObject({ window: { center: 2, width: 10 } });
  });
});
