/**
 * @file Writes small DICOM files for tests, by hand after PS3.5 section 7, so that the reader is not tested against
 * the library it uses.
 */

/** Tag as GGGGEEEE, VR, value: text, bytes, 16-bit numbers, or items of a sequence. */
export type TestElement = readonly [tag: number, vr: string, value: TestValue];
export type TestValue = string | Uint8Array | readonly number[] | readonly (readonly TestElement[])[];

export interface TestFileOptions {
  /** @default Explicit VR Little Endian */
  readonly transferSyntax?: string;
  /** Write preamble, prefix and file meta information. @default true */
  readonly header?: boolean;
}

export const EXPLICIT_LITTLE = "1.2.840.10008.1.2.1";
export const EXPLICIT_BIG = "1.2.840.10008.1.2.2";
export const IMPLICIT_LITTLE = "1.2.840.10008.1.2";

/** A DICOM file with `elements`, which stand in order of their tags. */
export function dicomBytes(
  elements: readonly TestElement[],
  { transferSyntax = EXPLICIT_LITTLE, header = true }: TestFileOptions = {},
): Uint8Array {
  const bigEndian = transferSyntax === EXPLICIT_BIG;
  const body = dataSetBytes(elements, { bigEndian, explicit: transferSyntax !== IMPLICIT_LITTLE });
  if (!header) return Uint8Array.from(body);
  const meta = dataSetBytes([[0x00020010, "UI", transferSyntax]], { bigEndian: false, explicit: true });
  return Uint8Array.from([...new Array(128).fill(0), ...ascii("DICM"), ...meta, ...body]);
}

/** An encapsulated PixelData element, VR and undefined length included, to be put behind `dicomBytes`. */
export function encapsulatedPixelData(fragments: readonly Uint8Array[], offsets: readonly number[] = []): Uint8Array {
  const out = [0xe0, 0x7f, 0x10, 0x00, ...ascii("OB"), 0, 0, 0xff, 0xff, 0xff, 0xff];
  const item = (bytes: readonly number[]) =>
    out.push(0xfe, 0xff, 0x00, 0xe0, ...number(bytes.length, 4, false), ...bytes);
  item(offsets.flatMap((offset) => number(offset, 4, false)));
  for (const fragment of fragments) item([...fragment, ...(fragment.length % 2 ? [0] : [])]);
  out.push(0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0);
  return Uint8Array.from(out);
}

interface Encoding {
  readonly bigEndian: boolean;
  readonly explicit: boolean;
}

const LONG_LENGTH = new Set(["OB", "OW", "OF", "OD", "SQ", "UN", "UT"]);

function dataSetBytes(elements: readonly TestElement[], encoding: Encoding): number[] {
  return elements.flatMap(([tag, vr, value]) => elementBytes(tag, vr, value, encoding));
}

function elementBytes(tag: number, vr: string, value: TestValue, encoding: Encoding): number[] {
  const { bigEndian, explicit } = encoding;
  const bytes = valueBytes(vr, value, encoding);
  if (bytes.length % 2) bytes.push(vr === "UI" || vr === "OB" ? 0 : 0x20);
  const head = [...number(tag >>> 16, 2, bigEndian), ...number(tag & 0xffff, 2, bigEndian)];
  if (!explicit) return [...head, ...number(bytes.length, 4, bigEndian), ...bytes];
  const length = LONG_LENGTH.has(vr)
    ? [0, 0, ...number(bytes.length, 4, bigEndian)]
    : number(bytes.length, 2, bigEndian);
  return [...head, ...ascii(vr), ...length, ...bytes];
}

function valueBytes(vr: string, value: TestValue, encoding: Encoding): number[] {
  const { bigEndian } = encoding;
  if (typeof value === "string") return ascii(value);
  if (value instanceof Uint8Array) return [...value];
  if (vr === "SQ") {
    return (value as readonly (readonly TestElement[])[]).flatMap((item) => {
      const bytes = dataSetBytes(item, encoding);
      return [
        ...number(0xfffe, 2, bigEndian),
        ...number(0xe000, 2, bigEndian),
        ...number(bytes.length, 4, bigEndian),
        ...bytes,
      ];
    });
  }
  return (value as readonly number[]).flatMap((word) => number(word & 0xffff, 2, bigEndian));
}

function number(value: number, size: number, bigEndian: boolean): number[] {
  const bytes = Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 255);
  return bigEndian ? bytes.reverse() : bytes;
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

/** Elements of a small grey picture, `extra` merged in by tag; pixel data as given. */
export function greyElements(
  rows: number,
  columns: number,
  pixelData: Uint8Array,
  extra: readonly TestElement[] = [],
): TestElement[] {
  const elements: TestElement[] = [
    [0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.7"],
    [0x00080060, "CS", "DX"],
    [0x00280002, "US", [1]],
    [0x00280004, "CS", "MONOCHROME2"],
    [0x00280010, "US", [rows]],
    [0x00280011, "US", [columns]],
    [0x00280100, "US", [16]],
    [0x00280101, "US", [12]],
    [0x00280102, "US", [11]],
    [0x00280103, "US", [0]],
    [0x7fe00010, "OW", pixelData],
  ];
  const byTag = new Map(elements.map((element) => [element[0], element]));
  for (const element of extra) byTag.set(element[0], element);
  return [...byTag.values()].sort((a, b) => a[0] - b[0]);
}
