import { describe, expect, test } from "vitest";
import {
  dicomBytes,
  EXPLICIT_BIG,
  EXPLICIT_LITTLE,
  encapsulatedPixelData,
  greyElements,
  IMPLICIT_LITTLE,
} from "../../test/dicom-bytes";
import { holdsMoreElements } from "./element-count";

/** Eleven elements; a sequence, its two items, and in them two elements and one: 11 + 1 + 2 + 3. */
const elements = greyElements(4, 4, new Uint8Array(32), [
  [
    0x00081140,
    "SQ",
    [
      [
        [0x00081150, "UI", "1.2"],
        [0x00081155, "UI", "1.3"],
      ],
      [[0x00081150, "UI", "1.4"]],
    ],
  ],
]);
const COUNT = 17;

describe("the count of elements", () => {
  test.each([
    ["explicit", EXPLICIT_LITTLE, { explicit: true, bigEndian: false }],
    ["implicit", IMPLICIT_LITTLE, { explicit: false, bigEndian: false }],
    ["big-endian", EXPLICIT_BIG, { explicit: true, bigEndian: true }],
  ])("goes into sequences and over values: %s", (_, transferSyntax, encoding) => {
    const bytes = dicomBytes(elements, { transferSyntax, header: false });
    expect(holdsMoreElements(COUNT, bytes, 0, encoding)).toBe(false);
    expect(holdsMoreElements(COUNT - 1, bytes, 0, encoding)).toBe(true);
  });

  test("takes compressed frames for one, whatever their bytes look like", () => {
    const head = dicomBytes(elements.slice(0, -1), { header: false });
    const bytes = Uint8Array.from([...head, ...encapsulatedPixelData([new Uint8Array(4000), new Uint8Array(4000)])]);
    // The delimiter behind the frames is one more.
    expect(holdsMoreElements(COUNT + 1, bytes, 0, { explicit: true, bigEndian: false })).toBe(false);
    expect(holdsMoreElements(COUNT, bytes, 0, { explicit: true, bigEndian: false })).toBe(true);
  });

  test("follows sequences of an unknown VR, which are implicit inside, and comes back", () => {
    const inside = dicomBytes([[0x00081150, "UI", "1.2"]], { transferSyntax: IMPLICIT_LITTLE, header: false });
    const unknown = [0x09, 0, 0x10, 0x10, 0x55, 0x4e, 0, 0, 255, 255, 255, 255];
    const item = [0xfe, 0xff, 0, 0xe0, 255, 255, 255, 255];
    const ends = [0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];
    const after = dicomBytes([[0x00280010, "US", [4]]], { header: false });
    const bytes = Uint8Array.from([...unknown, ...item, ...inside, ...ends, ...after]);
    // The sequence, its item, the element, two delimiters, and the element behind.
    expect(holdsMoreElements(6, bytes, 0, { explicit: true, bigEndian: false })).toBe(false);
    expect(holdsMoreElements(5, bytes, 0, { explicit: true, bigEndian: false })).toBe(true);
  });

  test("takes what cannot be followed for elements of eight bytes", () => {
    const bytes = new Uint8Array(800);
    expect(holdsMoreElements(100, bytes, 0, { explicit: true, bigEndian: false })).toBe(false);
    expect(holdsMoreElements(99, bytes, 0, { explicit: true, bigEndian: false })).toBe(true);
  });
});
