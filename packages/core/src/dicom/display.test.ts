import { describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../test/dicom-bytes";
import { parseDataSet } from "./data-set";
import { displayImage } from "./display";
import { nativeFrame } from "./frames";
import { readImagePixel } from "./pixel-data";

function show(columns: number, pixelData: number[], extra: TestElement[]) {
  const dataSet = parseDataSet(dicomBytes(greyElements(1, columns, Uint8Array.from(pixelData), extra)), "a.dcm");
  const pixel = readImagePixel(dataSet);
  const { data, channels } = displayImage(dataSet, pixel, nativeFrame(dataSet, pixel, 0), 0);
  return { data: [...data], channels };
}

const bits8: TestElement[] = [
  [0x00280100, "US", [8]],
  [0x00280101, "US", [8]],
  [0x00280102, "US", [7]],
];
const window12: TestElement[] = [
  [0x00281050, "DS", "2048"],
  [0x00281051, "DS", "4096"],
];

describe("displayImage", () => {
  test("windows MONOCHROME2", () => {
    expect(show(2, [0, 0, 0xff, 0x0f], window12)).toEqual({ data: [0, 255], channels: 1 });
  });

  test("takes another window than the file's if told to, also in place of a table", () => {
    const dataSet = parseDataSet(dicomBytes(greyElements(1, 2, Uint8Array.of(0, 0, 100, 0), window12)), "a.dcm");
    const pixel = readImagePixel(dataSet);
    const window = { center: 50, width: 100, voiLutFunction: "LINEAR_EXACT" } as const;
    // 0 and 100 are the ends of 50 +- 50.
    expect([...displayImage(dataSet, pixel, nativeFrame(dataSet, pixel, 0), 0, { window }).data]).toEqual([0, 255]);
  });

  test("shows MONOCHROME1 inverted, 0 as white", () => {
    expect(show(2, [0, 0, 0xff, 0x0f], [[0x00280004, "CS", "MONOCHROME1"], ...window12]).data).toEqual([255, 0]);
  });

  test("stretches from percentile to percentile without a window", () => {
    // 100 and 300 are all there is, so they become black and white.
    expect(show(2, [100, 0, 0x2c, 0x01], []).data).toEqual([0, 255]);
  });

  test("leaves 8 bits without a window as they are", () => {
    expect(show(4, [0, 7, 200, 255], bits8).data).toEqual([0, 7, 200, 255]);
  });

  test("shows a VOI LUT", () => {
    // Entries of 10 bits: 1023 is white, 511 is 127.4.
    const table: TestElement = [
      0x00283010,
      "SQ",
      [
        [
          [0x00283002, "US", [3, 0, 10]],
          [0x00283006, "US", [0, 511, 1023]],
        ],
      ],
    ];
    expect(show(3, [0, 0, 1, 0, 2, 0], [table]).data).toEqual([0, 127, 255]);
  });

  test("colours a palette, 16-bit entries cut to 8", () => {
    const palette = (tag: number, entries: number[]): TestElement[] => [
      [tag, "US", [2, 0, 16]],
      [tag + 0x100, "OW", Uint8Array.from(entries.flatMap((entry) => [entry & 255, entry >> 8]))],
    ];
    const extra: TestElement[] = [
      [0x00280004, "CS", "PALETTE COLOR"],
      ...bits8,
      ...palette(0x00281101, [0, 0xffff]),
      ...palette(0x00281102, [0, 0x8080]),
      ...palette(0x00281103, [0xffff, 0]),
    ];
    expect(show(2, [0, 1], extra)).toEqual({ data: [0, 0, 255, 255, 128, 0], channels: 3 });
  });

  test("turns YBR_FULL into red, green and blue", () => {
    // PS3.3 C.7.6.3.1.2: pure red is Y 76, Cb 85, Cr 255; 128 in both colours is grey.
    const extra: TestElement[] = [
      [0x00280002, "US", [3]],
      [0x00280004, "CS", "YBR_FULL"],
      [0x00280006, "US", [0]],
      ...bits8,
    ];
    expect(show(2, [76, 85, 255, 90, 128, 128], extra).data).toEqual([254, 0, 0, 90, 90, 90]);
  });

  test("refuses a photometric interpretation that is not read", () => {
    expect(() => show(2, [1, 0, 2, 0], [[0x00280004, "CS", "CMYK"]])).toThrow(
      'a.dcm: PhotometricInterpretation: "CMYK" under Explicit VR Little Endian is not read',
    );
  });
});
