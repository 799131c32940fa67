import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../test/dicom-bytes";
import { parseDataSet } from "./data-set";
import { displayImage } from "./display";
import { framePicture, type PictureOptions } from "./frame-picture";
import { nativeFrame } from "./frames";
import { readImagePixel } from "./pixel-data";
import { parseWindows } from "./window-preset";

const CT: TestElement = [0x00080060, "CS", "CT"];
const hounsfield: TestElement[] = [CT, [0x00281052, "DS", "-1024"], [0x00281053, "DS", "1"]];
const signed16: TestElement[] = [
  [0x00280101, "US", [16]],
  [0x00280102, "US", [15]],
  [0x00280103, "US", [1]],
];

const words = (values: readonly number[]) =>
  Uint8Array.from(values.flatMap((value) => [value & 255, (value >> 8) & 255]));

function open(values: readonly number[], extra: readonly TestElement[]) {
  const dataSet = parseDataSet(dicomBytes(greyElements(1, values.length, words(values), extra)), "a.dcm");
  const pixel = readImagePixel(dataSet);
  return { dataSet, pixel, stored: nativeFrame(dataSet, pixel, 0) };
}

function picture(values: readonly number[], extra: readonly TestElement[], options: PictureOptions) {
  const { dataSet, pixel, stored } = open(values, extra);
  return framePicture(dataSet, pixel, stored, 0, options);
}

const through = (text: string, depth: PictureOptions["depth"] = 8) => ({ windows: parseWindows(text), depth });

describe("framePicture", () => {
  test("has a channel for each window, side by side", () => {
    // HU -1000, 0, 1000. Lung: black at -1350, white from 149 on, 255 (350 / 1499) = 59.5... at -1000.
    // Mediastinum: -125 to 224, 255 * 125 / 349 = 91.3 at 0. Bone: -500 to 1299, 255 * 500 / 1799 = 70.9, 212.6.
    const { channels, data, windows } = picture([24, 1024, 2024], hounsfield, through("lung+mediastinum+bone"));
    expect(channels).toBe(3);
    expect([...data]).toEqual([60, 0, 0, 230, 91, 71, 255, 255, 213]);
    expect(windows.map(({ from }) => from)).toEqual(["lung", "mediastinum", "bone"]);
  });

  test.each([
    ["a window", [[0x00281050, "DS", "1000"] as const, [0x00281051, "DS", "1501"] as const]],
    ["no window", []],
    ["MONOCHROME1", [[0x00280004, "CS", "MONOCHROME1"] as const]],
    [
      "a sigmoid",
      [
        [0x00281050, "DS", "9"],
        [0x00281051, "DS", "900"],
        [0x00281056, "CS", "SIGMOID"],
      ] as const,
    ],
    [
      "a slope below zero",
      [
        [0x00281052, "DS", "5"],
        [0x00281053, "DS", "-0.37"],
      ] as const,
    ],
  ])("auto is what a viewer shows: %s", (_, extra) => {
    const values = Array.from({ length: 300 }, (_, i) => (i * 37) % 4096);
    const { dataSet, pixel, stored } = open(values, extra);
    const shown = displayImage(dataSet, pixel, stored, 0);
    expect(framePicture(dataSet, pixel, stored, 0, through("auto")).data).toEqual(shown.data);
  });

  test("says where auto found its window", () => {
    const own: TestElement[] = [
      [0x00281050, "DS", "40"],
      [0x00281051, "DS", "400"],
    ];
    expect(picture([1, 2], own, through("auto")).windows).toEqual([
      { from: "file", window: { center: 40, width: 400, voiLutFunction: "LINEAR" } },
    ]);
    expect(picture([1, 2], [], through("auto")).windows[0].from).toBe("fitted");
  });

  test("percentile leaves out both ends, and padding", () => {
    // 100 values 0 ... 99 and one of padding: 10 % off either end leaves 10 to 89.
    const values = [...Array.from({ length: 100 }, (_, i) => i), 4000];
    const padding: TestElement = [0x00280120, "US", [4000]];
    const [{ from, window }] = picture(values, [padding], through("percentile:10")).windows;
    expect(from).toBe("percentile");
    expect(window?.center).toBeCloseTo(49.5, 2);
    expect(window?.width).toBeCloseTo(79, 2);
  });

  test("a window in 16 bits reaches 65535, in floats 1", () => {
    // LINEAR_EXACT from 0 to 1000: a quarter is 16383.75.
    expect([...picture([0, 250, 1000], [], through("500,1000,LINEAR_EXACT", 16)).data]).toEqual([0, 16384, 65535]);
    const floats = picture([0, 1000], [], through("500,1000,LINEAR_EXACT", "float")).data;
    expect([...floats]).toEqual([0, 1]);
  });

  test.each([
    ["unsigned", [0, 1, 4095], hounsfield, [0, 1, 4095]],
    // -32768 is pixel 0: pixel = stored + 32768.
    ["signed", [-32768, -1, 0, 32767], [...hounsfield, ...signed16], [0, 32767, 32768, 65535]],
  ])("measured values come back from 16 bits: %s", (_, stored, extra, pixels) => {
    const { data, valueOfPixel } = picture(stored, extra, { windows: "values", depth: 16 });
    expect([...data]).toEqual(pixels);
    expect(valueOfPixel).toMatchObject({ unit: "HU", exact: true });
    const { slope = 0, intercept = 0 } = valueOfPixel ?? {};
    expect([...data].map((x) => slope * x + intercept)).toEqual(stored.map((x) => x - 1024));
  });

  test("measured values of MONOCHROME1 are not turned over, and it is said", () => {
    const one: TestElement = [0x00280004, "CS", "MONOCHROME1"];
    expect(picture([7, 9], [one], { windows: "values", depth: 16 })).toMatchObject({
      data: Uint16Array.of(7, 9),
      inverted: true,
    });
  });

  test("measured values as floats are those of the modality", () => {
    const half: TestElement[] = [CT, [0x00281052, "DS", "-10"], [0x00281053, "DS", "0.5"]];
    const { data } = picture([0, 1, 20], half, { windows: "values", depth: "float" });
    expect(data).toEqual(Float32Array.of(-10, -9.5, 0));
  });

  test("refuses a preset on what is not in Hounsfield units", () => {
    expect(() => picture([1, 2], [[0x00080060, "CS", "MR"]], through("lung"))).toThrow(
      'a.dcm: the window lung is in Hounsfield units, which "MR" does not measure',
    );
    expect(picture([1, 2], [[0x00080060, "CS", "MR"]], through("40,400")).windows[0].from).toBe("given");
  });

  test("refuses measured values in 8 bits", () => {
    expect(() => picture([1], [], { windows: "values", depth: 8 })).toThrow("do not fit in 8 bits");
  });
});
