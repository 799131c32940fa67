/**
 * @file Reads a result object back into plain attributes, so that what is checked is what leaves.
 */
import type { Element, DataSet as ParsedDataSet } from "dicom-parser";
import dicomParser from "dicom-parser";
import type { Attributes } from "./code";
import { WRITTEN_ATTRIBUTES, type WrittenVr } from "./written-attribute";

const KEYWORDS: ReadonlyMap<string, readonly [keyword: string, vr: WrittenVr]> = new Map(
  Object.entries(WRITTEN_ATTRIBUTES).flatMap(([keyword, known]) =>
    known === undefined ? [] : [[`x${known[0]}`, [keyword, known[1]]]],
  ),
);

/** Text whose `\` parts values; that of other VRs is one value. */
const SEVERAL: ReadonlySet<string> = new Set([
  "AE",
  "AS",
  "CS",
  "DA",
  "DS",
  "DT",
  "IS",
  "LO",
  "PN",
  "SH",
  "TM",
  "UC",
  "UI",
]);

/** Ends of items and sequences of undefined length, which the parser counts among the elements. */
const DELIMITERS: ReadonlySet<string> = new Set(["xfffee00d", "xfffee0dd"]);

/** Values of a file in Explicit VR Little Endian, text in UTF-8; an element that is not known is called by its tag. */
export function readWritten(file: Uint8Array): Attributes {
  return attributesOf(dicomParser.parseDicom(file));
}

function attributesOf(dataSet: ParsedDataSet): Attributes {
  const elements = Object.entries(dataSet.elements).filter(([tag]) => !DELIMITERS.has(tag));
  const entries = elements.map(([tag, element]): [string, unknown] => {
    const [keyword, vr] = KEYWORDS.get(tag) ?? [tag, "ox"];
    return [keyword, elementValue(dataSet, element, vr)];
  });
  return Object.fromEntries(entries);
}

function elementValue(dataSet: ParsedDataSet, element: Element, vr: WrittenVr): unknown {
  const { byteArray } = dataSet;
  const { dataOffset, length } = element;
  if (vr === "SQ") return (element.items ?? []).map((item) => attributesOf(item.dataSet ?? unreachable()));
  if (vr === "OB" || vr === "ox") return [Uint8Array.from(byteArray.subarray(dataOffset, dataOffset + length)).buffer];
  const view = new DataView(byteArray.buffer, byteArray.byteOffset + dataOffset, length);
  const binary = BINARY[vr];
  if (binary !== undefined) {
    const [size, read] = binary;
    const values = Array.from({ length: length / size }, (_, i) => read(view, i * size));
    return values.length === 1 ? values[0] : values;
  }
  const text = utf8(byteArray.subarray(dataOffset, dataOffset + length)).replace(/[\0 ]+$/, "");
  const parts = SEVERAL.has(vr) ? text.split("\\") : [text];
  return parts.length === 1 ? parts[0] : parts.map((part) => part.trim());
}

type BinaryRead = (view: DataView, at: number) => number;

const BINARY: Readonly<Partial<Record<WrittenVr, readonly [size: number, read: BinaryRead]>>> = {
  AT: [4, (view, at) => view.getUint16(at, true) * 0x10000 + view.getUint16(at + 2, true)],
  FD: [8, (view, at) => view.getFloat64(at, true)],
  FL: [4, (view, at) => view.getFloat32(at, true)],
  SL: [4, (view, at) => view.getInt32(at, true)],
  UL: [4, (view, at) => view.getUint32(at, true)],
  US: [2, (view, at) => view.getUint16(at, true)],
  xs: [2, (view, at) => view.getUint16(at, true)],
};

/** Broken sequences become U+FFFD, as everywhere. */
function utf8(bytes: Uint8Array): string {
  if (bytes.length < 1024 && bytes.every((byte) => byte < 0x80)) return String.fromCharCode(...bytes);
  let escaped = "";
  for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
  try {
    return decodeURIComponent(escaped);
  } catch {
    return "\uFFFD";
  }
}

function unreachable(): never {
  throw new Error("unreachable: an item without a data set");
}
