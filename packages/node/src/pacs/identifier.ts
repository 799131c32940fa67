/**
 * @file Identifiers: the small data sets of queries and their answers, as values by keyword (PS3.4 C.4.1.1.3).
 */
import { ElementReader } from "@fovea/core/dicom/deidentify/element";
import { EXPLICIT_LITTLE } from "@fovea/core/dicom/transfer-syntax";
import { FoveaError } from "@fovea/core/errors";
import { decodeText } from "../deidentify/character-set";
import { loadDictionary } from "../deidentify/dictionary";
import { dcmjsLibrary } from "../dicom/write-dicom";
import { ProtocolFault } from "./protocol-fault";

/** Values by keyword; several are joined by a backslash, sequences are left out. */
export type Identifier = Record<string, string>;

export interface KeywordEntry {
  /** Group and element, 32 bits unsigned. */
  readonly tag: number;
  readonly vr: string;
}

const SPECIFIC_CHARACTER_SET = 0x00080005;
const UTF8 = "ISO_IR 192";
const BINARY: Readonly<Record<string, readonly [size: number, read: (view: DataView, at: number) => number]>> = {
  US: [2, (view, at) => view.getUint16(at, true)],
  SS: [2, (view, at) => view.getInt16(at, true)],
  UL: [4, (view, at) => view.getUint32(at, true)],
  SL: [4, (view, at) => view.getInt32(at, true)],
  FL: [4, (view, at) => view.getFloat32(at, true)],
  FD: [8, (view, at) => view.getFloat64(at, true)],
};
/** Values that are neither text nor numbers, or hold other elements. */
const OPAQUE = new Set("SQ OB OD OF OL OV OW UN AT SV UV".split(" "));

let dictionary: ReturnType<typeof loadDictionary> | undefined;
let keywords: Promise<ReadonlyMap<string, KeywordEntry>> | undefined;

/** Tags and VRs of PS3.6 by keyword, loaded when first needed. */
export function keywordTable(): Promise<ReadonlyMap<string, KeywordEntry>> {
  keywords ??= dcmjsLibrary().then(({ data }) => {
    const table = new Map<string, KeywordEntry>();
    for (const [keyword, { tag, vr }] of Object.entries(data.DicomMetaDictionary.nameMap)) {
      const digits = /^\(([0-9A-F]{4}),([0-9A-F]{4})\)$/i.exec(tag);
      if (digits) table.set(keyword, { tag: Number.parseInt(digits[1] + digits[2], 16), vr });
    }
    return table;
  });
  return keywords;
}

/** @throws {FoveaError} `invalid_argument` on a keyword that PS3.6 does not have, or whose value is no text */
export function keywordEntry(table: ReadonlyMap<string, KeywordEntry>, keyword: string): KeywordEntry {
  const entry = table.get(keyword);
  if (!entry || OPAQUE.has(entry.vr) || entry.vr.length !== 2) {
    const message = `${JSON.stringify(keyword)} cannot be asked for; give a PS3.6 keyword with a text value, such as "PatientID"`;
    throw new FoveaError("invalid_argument", message);
  }
  return entry;
}

/**
 * A query as bytes, in the order of tags; texts outside of ASCII are written in UTF-8 and declared so.
 *
 * @throws {FoveaError} `invalid_argument` on a keyword that PS3.6 does not have
 */
export async function encodeIdentifier(values: Readonly<Identifier>, transferSyntax: string): Promise<Buffer> {
  const table = await keywordTable();
  const explicit = transferSyntax === EXPLICIT_LITTLE;
  const isAscii = Object.values(values).every((value) => /^[ -~]*$/.test(value));
  const all = isAscii ? values : { ...values, SpecificCharacterSet: UTF8 };
  const elements = Object.entries(all).map(([keyword, value]) => ({ ...keywordEntry(table, keyword), value }));
  elements.sort((a, b) => a.tag - b.tag);
  return Buffer.concat(elements.map(({ tag, vr, value }) => encodeElement(tag, vr, value, explicit)));
}

function encodeElement(tag: number, vr: string, value: string, explicit: boolean): Buffer {
  const bytes = encodeValue(vr, value);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  if (!explicit) head.writeUInt32LE(bytes.length, 4);
  else if (vr === "UC" || vr === "UR" || vr === "UT") {
    head.write(vr, 4, "latin1");
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return Buffer.concat([head, length, bytes]);
  } else {
    head.write(vr, 4, "latin1");
    head.writeUInt16LE(bytes.length, 6);
  }
  return Buffer.concat([head, bytes]);
}

function encodeValue(vr: string, value: string): Buffer {
  if (vr === "US" && value !== "") {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(Number(value));
    return number;
  }
  const bytes = Buffer.from(value, "utf8");
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === "UI" ? "\0" : " ")]);
}

/**
 * Top-level values of an answer, text in its character set.
 *
 * @param defaultCharacterSet of an answer that names none. @default `decodeText`'s
 * @throws {ProtocolFault} if it is no data set
 */
export async function decodeIdentifier(
  bytes: Uint8Array,
  transferSyntax: string,
  defaultCharacterSet?: string,
): Promise<Identifier> {
  dictionary ??= loadDictionary();
  const known = await dictionary;
  const encoding = { explicit: transferSyntax === EXPLICIT_LITTLE, bigEndian: false };
  let elements: ReturnType<ElementReader["dataSet"]>["elements"];
  try {
    ({ elements } = new ElementReader(bytes, known).dataSet(0, encoding));
  } catch (error) {
    throw new ProtocolFault(`an answer that is no data set: ${error instanceof Error ? error.message : error}`);
  }
  const latin = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString("latin1");
  const declared = elements.find(({ tag }) => tag === SPECIFIC_CHARACTER_SET);
  const sets = declared
    ? latin(declared.valueStart, declared.valueEnd)
        .split("\\")
        .map((set) => set.trim())
    : [];
  const values: Identifier = {};
  for (const { tag, vr, valueStart, valueEnd, items } of elements) {
    const keyword = known(tag)?.keyword;
    if (keyword === undefined || items || OPAQUE.has(vr)) continue;
    values[keyword] = decodeValue(bytes.subarray(valueStart, valueEnd), vr, sets, defaultCharacterSet);
  }
  return values;
}

function decodeValue(bytes: Uint8Array, vr: string, characterSets: readonly string[], undeclared?: string): string {
  const binary = BINARY[vr];
  if (!binary) return decodeText(bytes, characterSets, undeclared).replace(/^ +|[\0 ]+$/g, "");
  const [size, read] = binary;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => String(read(view, i * size))).join("\\");
}
