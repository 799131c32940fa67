import { describe, expect, test } from "vitest";
import {
  dicomBytes,
  EXPLICIT_BIG,
  encapsulatedPixelData,
  greyElements,
  type TestElement,
} from "../../test/dicom-bytes";
import { parseDataSet } from "./data-set";
import { encapsulatedFrame, nativeFrame } from "./frames";
import { readImagePixel } from "./pixel-data";

function read(elements: TestElement[], transferSyntax?: string) {
  const dataSet = parseDataSet(dicomBytes(elements, { transferSyntax }), "a.dcm");
  const pixel = readImagePixel(dataSet);
  return { dataSet, pixel, frame: (i: number) => nativeFrame(dataSet, pixel, i) };
}

describe("nativeFrame", () => {
  test("cuts values to BitsStored", () => {
    // 0xf123 of 12 bits stored is 0x123 = 291: the upper four bits may hold an overlay.
    expect([...read(greyElements(1, 2, Uint8Array.of(0x23, 0xf1, 0xff, 0x0f))).frame(0)]).toEqual([291, 4095]);
  });

  test("extends the sign from BitsStored", () => {
    // 0x0fff of 12 bits signed is -1, 0x0800 is -2048, 0x07ff is 2047.
    const signed: TestElement[] = [[0x00280103, "US", [1]]];
    const values = read(greyElements(1, 3, Uint8Array.of(0xff, 0x0f, 0x00, 0x08, 0xff, 0x07), signed)).frame(0);
    expect(values).toEqual(Int16Array.of(-1, -2048, 2047));
  });

  test("shifts values that end above bit 0", () => {
    // HighBit 15 with 12 bits stored: 0xabc0 holds 0xabc = 2748.
    expect([...read(greyElements(1, 1, Uint8Array.of(0xc0, 0xab), [[0x00280102, "US", [15]]])).frame(0)]).toEqual([
      2748,
    ]);
  });

  test("swaps big endian words, also where they hold two 8-bit samples", () => {
    expect([...read(greyElements(1, 2, Uint8Array.of(0x01, 0x23, 0x0f, 0xff)), EXPLICIT_BIG).frame(0)]).toEqual([
      291, 4095,
    ]);
    const bytes: TestElement[] = [
      [0x00280100, "US", [8]],
      [0x00280101, "US", [8]],
      [0x00280102, "US", [7]],
    ];
    expect([...read(greyElements(1, 4, Uint8Array.of(2, 1, 4, 3), bytes), EXPLICIT_BIG).frame(0)]).toEqual([
      1, 2, 3, 4,
    ]);
  });

  test("finds frames of one bit that begin inside a byte", () => {
    // Two frames of 3 pixels: bits 1 0 1 and 1 1 0, the first pixel lowest: 0b011101 = 0x1d.
    const mask: TestElement[] = [
      [0x00280008, "IS", "2"],
      [0x00280100, "US", [1]],
      [0x00280101, "US", [1]],
      [0x00280102, "US", [0]],
    ];
    const { frame } = read(greyElements(1, 3, Uint8Array.of(0x1d, 0), mask));
    expect([...frame(0)]).toEqual([1, 0, 1]);
    expect([...frame(1)]).toEqual([1, 1, 0]);
  });

  const color = (photometric: string, planar: number): TestElement[] => [
    [0x00280002, "US", [3]],
    [0x00280004, "CS", photometric],
    [0x00280006, "US", [planar]],
    [0x00280100, "US", [8]],
    [0x00280101, "US", [8]],
    [0x00280102, "US", [7]],
  ];

  test("puts colour planes side by side", () => {
    const planes = Uint8Array.of(1, 2, 11, 12, 21, 22);
    expect([...read(greyElements(1, 2, planes, color("RGB", 1))).frame(0)]).toEqual([1, 11, 21, 2, 12, 22]);
  });

  test("repeats the colour that two pixels of YBR_FULL_422 share", () => {
    const pair = Uint8Array.of(10, 20, 128, 130);
    expect([...read(greyElements(1, 2, pair, color("YBR_FULL_422", 0))).frame(0)]).toEqual([
      10, 128, 130, 20, 128, 130,
    ]);
  });

  test("refuses pixel data that end before the frame does", () => {
    expect(() => read(greyElements(2, 2, Uint8Array.of(1, 0, 2, 0))).frame(0)).toThrow(
      "a.dcm: PixelData: 4 bytes, frame 0 ends at 8; the file is cut short",
    );
  });

  test("refuses a frame that is not there", () => {
    expect(() => read(greyElements(1, 1, Uint8Array.of(1, 0))).frame(1)).toThrow("frame 1 asked for, the file has 1");
  });
});

describe("readImagePixel", () => {
  test.each([
    ["without pixels", "unsupported_dicom", [[0x7fe00010, "OW", new Uint8Array()]]],
    ["of 12 bits allocated", "unsupported_dicom", [[0x00280100, "US", [12]]]],
    ["of 4 samples per pixel", "unsupported_dicom", [[0x00280002, "US", [4]]]],
    [
      "of 65535 x 65535 pixels",
      "unsupported_dicom",
      [
        [0x00280010, "US", [65535]],
        [0x00280011, "US", [65535]],
      ],
    ],
    ["without rows", "invalid_dicom", [[0x00280010, "US", [0]]]],
    ["of 20 bits stored in 16", "invalid_dicom", [[0x00280101, "US", [20]]]],
  ] as [string, string, TestElement[]][])("refuses an image %s", (_, code, extra) => {
    expect(() => read(greyElements(1, 1, Uint8Array.of(0, 0), extra))).toThrow(expect.objectContaining({ code }));
  });
});

describe("encapsulatedFrame", () => {
  const JPEG = [0xff, 0xd8];
  function frames(count: number, fragments: number[][], offsets: number[] = []) {
    const head = dicomBytes(greyElements(1, 1, new Uint8Array(), [[0x00280008, "IS", String(count)]]).slice(0, -1), {
      transferSyntax: "1.2.840.10008.1.2.4.50",
    });
    const tail = encapsulatedPixelData(
      fragments.map((fragment) => Uint8Array.from(fragment)),
      offsets,
    );
    const dataSet = parseDataSet(Uint8Array.from([...head, ...tail]), "a.dcm");
    const pixel = readImagePixel(dataSet);
    return Array.from({ length: count }, (_, i) => [...encapsulatedFrame(dataSet, pixel, i)]);
  }

  test("joins every fragment of a single frame", () => {
    expect(
      frames(1, [
        [...JPEG, 1, 2],
        [3, 4],
      ]),
    ).toEqual([[...JPEG, 1, 2, 3, 4]]);
  });

  test("takes one fragment for each frame where their numbers agree", () => {
    expect(
      frames(2, [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test("goes by the offset table", () => {
    // Items are 8 bytes of tag and length and their value: the third begins at 2 x (8 + 2) = 20.
    expect(
      frames(
        2,
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        [0, 20],
      ),
    ).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
  });

  test("goes by where streams begin, without an offset table", () => {
    expect(frames(2, [[...JPEG], [3, 4], [...JPEG]])).toEqual([[...JPEG, 3, 4], [...JPEG]]);
  });

  test("refuses fragments that nothing assigns to frames", () => {
    expect(() =>
      frames(2, [
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    ).toThrow("a.dcm: PixelData: 3 fragments for 2 frames");
  });
});
