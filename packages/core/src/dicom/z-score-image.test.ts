import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../test/dicom-bytes";
import { cutLevels } from "../imaging/grey-levels";
import { image } from "../imaging/image";
import { parseDataSet } from "./data-set";
import { displayImage } from "./display";
import { nativeFrame } from "./frames";
import { shownBytes, shownLevels } from "./measured-image";
import { readImagePixel } from "./pixel-data";
import { zScoreFrame, zScorePicture } from "./z-score-image";

/** One row of stored 16-bit values through the window of its own values. */
function read(values: readonly number[], extra: readonly TestElement[] = [], pixels?: Uint8Array) {
  const words = Uint8Array.from(values.flatMap((value) => [value & 255, (value >> 8) & 255]));
  const dataSet = parseDataSet(dicomBytes(greyElements(1, values.length, pixels ?? words, extra)), "a.dcm");
  const pixel = readImagePixel(dataSet);
  const stored = nativeFrame(dataSet, pixel, 0);
  return {
    source: zScoreFrame(dataSet, pixel, stored, 0),
    displayed: () => [...displayImage(dataSet, pixel, stored, 0).data],
  };
}

const bytes = (...given: Parameters<typeof read>) => [...shownBytes(read(...given).source).data];

const bits = (allocated: number, stored: number, signed = 0): TestElement[] => [
  [0x00280100, "US", [allocated]],
  [0x00280101, "US", [stored]],
  [0x00280102, "US", [stored - 1]],
  [0x00280103, "US", [signed]],
];
const rescale = (intercept: string, slope: string): TestElement[] => [
  [0x00281052, "DS", intercept],
  [0x00281053, "DS", slope],
];
const narrowWindow: TestElement[] = [
  [0x00281050, "DS", "10"],
  [0x00281051, "DS", "5"],
];
const inverted: TestElement = [0x00280004, "CS", "MONOCHROME1"];
const padding = (value: number, limit?: number): TestElement[] => [
  [0x00280120, "US", [value]],
  ...(limit === undefined ? [] : [[0x00280121, "US", [limit]] as const]),
];
const table = (sequence: number, first: number, entries: readonly number[]): TestElement => [
  sequence,
  "SQ",
  [
    [
      [0x00283002, "US", [entries.length, first, 16]],
      [0x00283006, "US", entries],
    ],
  ],
];

// Mean 1200, deviation 200: from 600 to 1800, in which 1000 is a third and 1400 two thirds of 255.
const VALUES = [1000, 1400, 1400, 1000];
const SHOWN = [85, 170, 170, 85];
const TURNED = [170, 85, 85, 170];

describe("zScoreFrame", () => {
  test("takes the place of the file's window", () => {
    expect(read(VALUES, narrowWindow).displayed()).toEqual([255, 255, 255, 255]);
    expect(bytes(VALUES, narrowWindow)).toEqual(SHOWN);
    expect(bytes(VALUES)).toEqual(SHOWN);
  });

  test("takes the place of a VOI LUT", () => {
    const voiLut = table(0x00283010, 1000, [7, 7]);
    expect(new Set(read(VALUES, [voiLut]).displayed()).size).toBe(1);
    expect(bytes(VALUES, [voiLut])).toEqual(SHOWN);
  });

  test("cuts beyond three deviations, and keeps what is cut for training", () => {
    // Sixteen zeros and 1700: from -1100 to 1300. 0 is 116.9. Uncut, 1700 is 255 x 2800 / 2400 = 297.5.
    const values = [1700, ...new Array<number>(16).fill(0)];
    expect(bytes(values).slice(0, 2)).toEqual([255, 117]);
    const { source } = read(values);
    if (!("display" in source)) throw new Error("not measured");
    expect(cutLevels(shownLevels(source), (level) => level - 100).data[0]).toBe(198);
    // Centre 100 + .5 x 2400 = 1300: from 100 to 2500, 1700 at two thirds.
    expect(cutLevels(shownLevels(source, { center: 0.5, width: 0 })).data[0]).toBe(170);
  });

  test.each<[string, readonly number[], readonly TestElement[], readonly number[]]>([
    ["MONOCHROME1, inverted", VALUES, [inverted], TURNED],
    ["a rescale", VALUES, rescale("-1024", "0.25"), SHOWN],
    ["a rescale that turns the values over", VALUES, rescale("5000", "-2"), TURNED],
    ["a rescale too coarse for single floats", VALUES, rescale("1e12", "1e-6"), SHOWN],
    ["a Modality LUT", [0, 1, 1, 0], [table(0x00283000, 0, [5000, 20])], TURNED],
    ["signed values", [-3, 1, 1, -3], bits(16, 16, 1), SHOWN],
  ])("shows %s", (_, values, extra, wanted) => {
    expect(bytes(values, extra)).toEqual(wanted);
  });

  test("leaves padding out of mean and deviation, also a range of it", () => {
    expect(bytes([4095, ...VALUES, 4000], padding(4000, 4095))).toEqual([255, ...SHOWN, 255]);
    expect(bytes([0, ...VALUES], padding(0))).toEqual([0, ...SHOWN]);
    // A single value of padding is no end of a range.
    expect(bytes([4000, ...VALUES], padding(4095))).not.toEqual([255, ...SHOWN]);
  });

  test("counts the padding where there is nothing else", () => {
    expect(bytes([9, 9], padding(9))).toEqual([128, 128]);
    expect(bytes([9, 11], padding(0, 20))).toEqual([85, 170]);
  });

  test("makes an even image mid grey, whatever its values are scaled to", () => {
    expect(bytes([7, 7])).toEqual([128, 128]);
    expect(bytes([7, 7], rescale("0", "1e9"))).toEqual([128, 128]);
    // 127.5 is turned over after rounding, as the display does.
    expect(bytes([7, 7], [inverted])).toEqual([127, 127]);
  });

  test("keeps values of 32 bits apart", () => {
    const pixels = new Uint8Array(Uint32Array.of(0, 4e9, 4e9, 0).buffer);
    expect(bytes(VALUES, bits(32, 32), pixels)).toEqual(SHOWN);
  });

  test("takes the values of 8 bits, not what a window makes of them", () => {
    const pixels = Uint8Array.of(100, 140, 140, 100);
    expect(read(VALUES, [...bits(8, 8), ...narrowWindow], pixels).displayed()).toEqual([255, 255, 255, 255]);
    expect(bytes(VALUES, [...bits(8, 8), ...narrowWindow], pixels)).toEqual(SHOWN);
  });

  test("has one mean and one deviation for the channels of colours", () => {
    const rgb: TestElement[] = [
      [0x00280002, "US", [3]],
      [0x00280004, "CS", "RGB"],
      [0x00280006, "US", [0]],
      ...bits(8, 8),
    ];
    // Mean 2, deviation 2.
    expect(bytes([0, 0], rgb, Uint8Array.of(0, 0, 4, 0, 4, 4))).toEqual([85, 85, 170, 85, 170, 170]);
  });
});

describe("zScorePicture", () => {
  test("keeps the 16 bits of grey", () => {
    // One high byte, 3, for all. Mean 1005, deviation 5.
    const source = zScorePicture(image(4, 1, 1, Uint16Array.of(1000, 1010, 1010, 1000)));
    expect("display" in source).toBe(true);
    expect([...shownBytes(source).data]).toEqual(SHOWN);
  });

  test("gives bytes of what is not grey of 16 bits", () => {
    for (const picture of [
      image(4, 1, 1, Uint8Array.of(10, 14, 14, 10)),
      image(4, 1, 1, Float32Array.of(-0.5, 0.5, 0.5, -0.5)),
    ]) {
      expect(zScorePicture(picture)).toEqual(image(4, 1, 1, Uint8Array.from(SHOWN)));
    }
    expect("display" in zScorePicture(image(1, 1, 3, new Uint16Array(3)))).toBe(false);
  });
});
