import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../test/dicom-bytes";
import { cutLevels } from "../imaging/grey-levels";
import type { WindowShift } from "../imaging/window-jitter";
import { parseDataSet } from "./data-set";
import { displayImage } from "./display";
import { nativeFrame } from "./frames";
import { HIGH_BYTE, type MeasuredImage, measuredImage, shownLevels } from "./measured-image";
import { readImagePixel } from "./pixel-data";

const words = (values: readonly number[]) =>
  Uint8Array.from(values.flatMap((value) => [value & 255, (value >> 8) & 255]));

/** One row of stored values, its measured image and what is shown of it. */
function read(values: readonly number[], extra: readonly TestElement[], pixels = words(values)) {
  const dataSet = parseDataSet(dicomBytes(greyElements(1, values.length, pixels, extra)), "a.dcm");
  const pixel = readImagePixel(dataSet);
  const stored = nativeFrame(dataSet, pixel, 0);
  return {
    measured: measuredImage(dataSet, pixel, stored, 0),
    displayed: displayImage(dataSet, pixel, stored, 0).data,
  };
}

function bytes(measured: MeasuredImage | undefined, shift?: WindowShift): number[] {
  if (measured === undefined) throw new Error("not measured");
  return [...cutLevels(shownLevels(measured, shift)).data];
}

const window = (center: string, width: string, voiLutFunction: string): TestElement[] => [
  [0x00281050, "DS", center],
  [0x00281051, "DS", width],
  [0x00281056, "CS", voiLutFunction],
];
const rescale = (intercept: string, slope: string): TestElement[] => [
  [0x00281052, "DS", intercept],
  [0x00281053, "DS", slope],
];
const inverted: TestElement = [0x00280004, "CS", "MONOCHROME1"];
const bits = (allocated: number, stored: number, signed = 0): TestElement[] => [
  [0x00280100, "US", [allocated]],
  [0x00280101, "US", [stored]],
  [0x00280102, "US", [stored - 1]],
  [0x00280103, "US", [signed]],
];
const table = (sequence: number, first: number, entryBits: number, entries: readonly number[]): TestElement => [
  sequence,
  "SQ",
  [
    [
      [0x00283002, "US", [entries.length, first, entryBits]],
      [0x00283006, "US", entries],
    ],
  ],
];
const ramp = (count: number, from = 0, step = 1) => Array.from({ length: count }, (_, i) => from + step * i);

describe("shownLevels of a measured image, cut to bytes", () => {
  test.each<[string, readonly number[], readonly TestElement[]]>([
    ["LINEAR", ramp(4096), window("1000", "777", "LINEAR")],
    ["LINEAR of width 1", ramp(4096), window("1000", "1", "LINEAR")],
    ["LINEAR_EXACT, with halves", ramp(4096), window("50", "100", "LINEAR_EXACT")],
    ["LINEAR_EXACT, inverted, with halves", ramp(4096), [inverted, ...window("50", "100", "LINEAR_EXACT")]],
    ["LINEAR over 16 bits", ramp(65535, 1), [...bits(16, 16), ...window("32768", "65536", "LINEAR")]],
    ["SIGMOID", ramp(4096), window("2000", "900", "SIGMOID")],
    ["SIGMOID, inverted", ramp(4096), [inverted, ...window("2000", "900", "SIGMOID")]],
    ["a window in Hounsfield units", ramp(4096), [...rescale("-1024", "1"), ...window("40", "400", "LINEAR")]],
    [
      "a falling slope with a fraction",
      ramp(4096),
      [...rescale("12.7", "-0.37"), ...window("-300", "555.5", "LINEAR")],
    ],
    ["signed values", ramp(4096, -2048), [...bits(16, 12, 1), ...window("-100", "1500", "LINEAR")]],
    ["signed values of 16 bits", ramp(9000, -32768, 7), [...bits(16, 16, 1), ...window("0", "40000", "LINEAR")]],
    ["values without a window", ramp(3000, 100), []],
    ["values without a window, inverted", ramp(3000, 100), [inverted]],
    ["a VOI LUT", ramp(300), [table(0x00283010, 20, 10, ramp(250, 3, 4))]],
    [
      "a VOI LUT of 16 bits after a rescale",
      ramp(300),
      [...rescale("-7", "1"), table(0x00283010, 0, 16, ramp(256, 0, 257))],
    ],
    ["a Modality LUT", ramp(300), [table(0x00283000, 10, 16, ramp(200, 500, 9)), ...window("1400", "900", "LINEAR")]],
  ])("are what the display gives: %s", (_, values, extra) => {
    const { measured, displayed } = read(values, extra);
    expect(new Set(displayed).size).toBeGreaterThan(1);
    expect(bytes(measured)).toEqual([...displayed]);
  });

  test("are what the display gives of 8 bits, with and without a window", () => {
    const values = ramp(256);
    for (const extra of [[], window("100", "50", "LINEAR")]) {
      const { measured, displayed } = read(values, [...bits(8, 8), ...extra], Uint8Array.from(values));
      expect(bytes(measured)).toEqual([...displayed]);
    }
  });

  test("are within a level of what the display gives of 32 bits", () => {
    // 0, 10^6, ... 4 x 10^9, of which 65 536 steps are kept: 61 036 each, and 255 / 4 x 10^9 x 61 036 = .004 of a level.
    const values = ramp(4001, 0, 1_000_000);
    const pixels = new Uint8Array(Uint32Array.from(values).buffer);
    const { measured, displayed } = read(
      values,
      [...bits(32, 32), ...window("2000000000", "4000000000", "LINEAR_EXACT")],
      pixels,
    );
    expect(displayed[4000]).toBe(255);
    for (const [i, byte] of bytes(measured).entries()) expect(Math.abs(byte - displayed[i])).toBeLessThanOrEqual(1);
  });
});

describe("shownLevels", () => {
  test("brings into sight what the window cuts: its centre moved by a share of its width", () => {
    // 250 to 750. By .4 x 500 = 200 it shows 450 to 950: 800 at 350 / 500, 178.5 of 255; 901 at 230.01; 500 at 25.5.
    const { measured, displayed } = read([800, 901, 500, 100], window("500", "500", "LINEAR_EXACT"));
    expect([...displayed]).toEqual([255, 255, 128, 0]);
    expect(bytes(measured, { center: 0.4, width: 0 })).toEqual([178, 230, 26, 0]);
  });

  test("brings into sight what the window cuts: a wider one", () => {
    // Twice the width: 0 to 1000. 255 x .8 = 204, x .901 = 229.8, x .1 = 25.5.
    const { measured } = read([800, 901, 500, 100], window("500", "500", "LINEAR_EXACT"));
    expect(bytes(measured, { center: 0, width: 1 })).toEqual([204, 230, 128, 26]);
  });

  test("tells apart what one byte held, in a narrower window", () => {
    // 4095 values of 255 levels; a tenth of them: 16.06 values to a byte become 1.6.
    const { measured, displayed } = read([2048, 2051, 2054], window("2048", "4096", "LINEAR"));
    expect(new Set(displayed).size).toBe(1);
    // Width 409.6: from 2047.5 - 204.3, 255 / 408.6 of a level each: 127.8, 129.7, 131.6.
    expect(bytes(measured, { center: 0, width: -0.9 })).toEqual([128, 130, 132]);
  });

  test("turns an inverted image over after the window", () => {
    const { measured } = read([800, 500], [inverted, ...window("500", "500", "LINEAR_EXACT")]);
    // 255 - 178 and 255 - 26.
    expect(bytes(measured, { center: 0.4, width: 0 })).toEqual([77, 229]);
  });

  test("moves the window over what a VOI LUT makes of the values", () => {
    // Entries of 10 bits. Centre 511.5 + .1 x 1023 = 613.8: from 102.3 to 1125.3. 300 is (300 - 102.3) x 255 / 1023 = 49.3.
    const { measured } = read([0, 1, 2], [table(0x00283010, 0, 10, [0, 300, 1023])]);
    expect(bytes(measured, { center: 0.1, width: 0 })).toEqual([0, 49, 230]);
  });

  test("never narrows a LINEAR window below the width of 1, which is a step", () => {
    const { measured } = read([99, 100, 101], window("100", "2", "LINEAR"));
    // Low and high are 99.5 then.
    expect(bytes(measured, { center: 0, width: -0.9 })).toEqual([0, 255, 255]);
  });

  test("moves a window narrower than 1, as a rescale to fractions needs", () => {
    // Values 0, .1 ... .5 in a window of .4 around .2; half of it shows .1 to .3.
    const { measured } = read([0, 1, 2, 3, 5], [...rescale("0", "0.1"), ...window("0.2", "0.4", "LINEAR_EXACT")]);
    expect(bytes(measured)).toEqual([0, 64, 128, 191, 255]);
    expect(bytes(measured, { center: 0, width: -0.5 })).toEqual([0, 0, 128, 255, 255]);
  });

  test("of a 16-bit picture are its high bytes", () => {
    const data = Uint16Array.from({ length: 65536 }, (_, value) => value);
    const image = { width: 256, height: 256, channels: 1, data } as const;
    expect(bytes({ image, display: HIGH_BYTE })).toEqual(Array.from(data, (value) => value >> 8));
  });
});

describe("measuredImage", () => {
  test("is none of colours", () => {
    const extra: TestElement[] = [
      [0x00280002, "US", [3]],
      [0x00280004, "CS", "RGB"],
      [0x00280006, "US", [0]],
      ...bits(8, 8),
    ];
    expect(read([0, 0], extra, Uint8Array.of(1, 2, 3, 4, 5, 6)).measured).toBeUndefined();
  });
});
