/**
 * @file A DICOM data set, parsed from bytes and read by keyword (PS3.5 section 7, PS3.10 section 7).
 *
 * Pixel data stays where it is in the file's bytes: nothing is copied until a frame is asked for.
 */

import type { ByteArrayParser, Element, DataSet as ParsedDataSet } from "dicom-parser";
import dicomParser from "dicom-parser";
import { FoveaError } from "../errors";
import { tell } from "../reasons/tell";
import { ATTRIBUTES, type Keyword, type ValueKind } from "./attribute";
import { type DataSetEncoding, holdsMoreElements } from "./element-count";
import { inflated, MAX_INFLATED_FILE } from "./inflate";
import {
  DEFLATED,
  EXPLICIT_BIG,
  EXPLICIT_LITTLE,
  IMPLICIT_LITTLE,
  type TransferSyntax,
  transferSyntax,
} from "./transfer-syntax";

type BinaryRead = (parser: ByteArrayParser, bytes: Uint8Array, at: number) => number;

/** Bytes per value and how to read one, for the kinds stored in binary. */
const BINARY: Readonly<Partial<Record<ValueKind, readonly [size: number, read: BinaryRead]>>> = {
  US: [2, (parser, bytes, at) => parser.readUint16(bytes, at)],
  UL: [4, (parser, bytes, at) => parser.readUint32(bytes, at)],
  FL: [4, (parser, bytes, at) => parser.readFloat(bytes, at)],
  FD: [8, (parser, bytes, at) => parser.readDouble(bytes, at)],
};
const SIGNED_SHORT: readonly [size: number, read: BinaryRead] = [2, (parser, bytes, at) => parser.readInt16(bytes, at)];

/** Where an encapsulated element's compressed pieces lie in the file (PS3.5 A.4). */
export interface Encapsulation {
  /** Byte offset of each frame, counted from the first fragment's item tag; empty where the file gives none. */
  readonly offsets: readonly number[];
  readonly fragments: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** A data set or an item of a sequence inside one. */
export class DataSet {
  /** Path as the user gave it, for messages. */
  readonly file: string;
  readonly transferSyntax: TransferSyntax;
  readonly #warnings: string[];
  readonly #parsed: ParsedDataSet;
  /** Made once: whoever reads all frames asks for the same sequences anew for each. */
  readonly #items = new Map<Keyword, readonly DataSet[]>();

  constructor(parsed: ParsedDataSet, file: string, syntax: TransferSyntax, warnings: string[]) {
    this.#parsed = parsed;
    this.file = file;
    this.transferSyntax = syntax;
    this.#warnings = warnings;
  }

  /** What was odd about the file but could be read. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Notes something odd, once. */
  warn(message: string): void {
    if (!this.#warnings.includes(message)) this.#warnings.push(message);
  }

  /** The error "this file's attribute is wrong", for the caller to throw. */
  error(keyword: Keyword, message: string): FoveaError {
    return new FoveaError("invalid_dicom", message, { file: this.file, at: keyword });
  }

  /** Whether the attribute is there with a value. */
  has(keyword: Keyword): boolean {
    const element = this.#element(keyword);
    return element !== undefined && element.length > 0;
  }

  /** Whether the attribute is there, with a value or without; of a head, whether it goes as far as there. */
  holds(keyword: Keyword): boolean {
    return this.#element(keyword) !== undefined;
  }

  /**
   * Value `index` of a text attribute without its padding; undefined where absent or empty.
   *
   * @throws {FoveaError} `invalid_dicom` if the file ends within it
   */
  text(keyword: Keyword, index = 0): string | undefined {
    const [tag] = ATTRIBUTES[keyword];
    if (this.#wholeElement(keyword) === undefined) return undefined;
    return this.#parsed.string(tag, index)?.replace(/\0/g, "") || undefined;
  }

  /**
   * Every value of a numeric attribute; empty where absent.
   *
   * @throws {FoveaError} `invalid_dicom` if a value is no number, or the file ends within it
   */
  numbers(keyword: Keyword): number[] {
    const [, kind] = ATTRIBUTES[keyword];
    const element = this.#wholeElement(keyword);
    if (element === undefined || element.length <= 0) return [];
    const binary = kind === "xs" ? this.#shortKind(element) : BINARY[kind];
    return binary === undefined ? this.#textNumbers(keyword) : this.#binaryNumbers(element, binary);
  }

  /** Value `index` of a numeric attribute; undefined where absent. */
  number(keyword: Keyword, index = 0): number | undefined {
    return this.numbers(keyword).at(index);
  }

  /** @throws {FoveaError} `invalid_dicom` if the attribute is absent */
  requiredNumber(keyword: Keyword): number {
    const value = this.number(keyword);
    if (value === undefined) throw this.error(keyword, "missing; an image needs it");
    return value;
  }

  /** Items of a sequence; empty where absent. */
  items(keyword: Keyword): readonly DataSet[] {
    const made = this.#items.get(keyword);
    if (made) return made;
    const items = (this.#element(keyword)?.items ?? []).flatMap((item) =>
      item.dataSet ? [new DataSet(item.dataSet, this.file, this.transferSyntax, this.#warnings)] : [],
    );
    this.#items.set(keyword, items);
    return items;
  }

  /** The value's bytes, a view on the file's; undefined where absent or encapsulated. */
  bytes(keyword: Keyword): Uint8Array | undefined {
    const element = this.#element(keyword);
    if (element === undefined || element.fragments !== undefined || element.length < 0) return undefined;
    return this.#parsed.byteArray.subarray(element.dataOffset, element.dataOffset + element.length);
  }

  /** The value's VR as the file says it; undefined in implicit VR. */
  vr(keyword: Keyword): string | undefined {
    return this.#element(keyword)?.vr;
  }

  /** The compressed pieces of an encapsulated element; undefined where absent or native. */
  encapsulation(keyword: Keyword): Encapsulation | undefined {
    const element = this.#element(keyword);
    if (element?.fragments === undefined) return undefined;
    return {
      offsets: element.basicOffsetTable ?? [],
      fragments: element.fragments.map(({ offset, position, length }) => ({
        offset,
        bytes: this.#parsed.byteArray.subarray(position, position + length),
      })),
    };
  }

  #element(keyword: Keyword): Element | undefined {
    return this.#parsed.elements[ATTRIBUTES[keyword][0]];
  }

  /** The parser believes the length of a last element, whatever the file holds of it. */
  #wholeElement(keyword: Keyword): Element | undefined {
    const element = this.#element(keyword);
    if (element !== undefined && element.dataOffset + element.length > this.#parsed.byteArray.length) {
      throw this.error(keyword, `${element.length} bytes, of which the file holds fewer; it is cut short or damaged`);
    }
    return element;
  }

  /** PS3.5 6.2: an attribute of VR "US or SS" follows PixelRepresentation where the file does not say. */
  #shortKind(element: Element): readonly [number, BinaryRead] | undefined {
    if (element.vr === "SS") return SIGNED_SHORT;
    const signed = element.vr !== "US" && this.number("PixelRepresentation") === 1;
    return signed ? SIGNED_SHORT : BINARY.US;
  }

  #binaryNumbers(element: Element, [size, read]: readonly [number, BinaryRead]): number[] {
    const parser = element.parser ?? this.#parsed.byteArrayParser;
    const values = new Array<number>(Math.floor(element.length / size));
    for (let i = 0; i < values.length; i++) {
      values[i] = read(parser, this.#parsed.byteArray, element.dataOffset + i * size);
    }
    return values;
  }

  #textNumbers(keyword: Keyword): number[] {
    const { byteArray, elements } = this.#parsed;
    const { dataOffset, length } = elements[ATTRIBUTES[keyword][0]];
    let text = "";
    for (let i = dataOffset; i < dataOffset + length; i++) text += String.fromCharCode(byteArray[i]);
    const parts = text.replace(/[\0 ]+$/, "").split("\\");
    if (parts.length === 1 && parts[0].trim() === "") return [];
    return parts.map((part) => {
      const value = part.trim() === "" ? Number.NaN : Number(part);
      if (!Number.isFinite(value)) throw this.error(keyword, `expected numbers, got ${JSON.stringify(text)}`);
      return value;
    });
  }
}

export interface ParseOptions {
  /** A deflated data set that grows past so many bytes is refused. @default 2^29 */
  readonly maxInflated?: number;
  /** A data set of more elements is refused before anything is made of them. @default not counted */
  readonly maxElements?: number;
}

/**
 * Parse a DICOM file, with or without the preamble and prefix of PS3.10.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_dicom` if the bytes are no DICOM data set
 */
export function parseDataSet(
  bytes: Uint8Array,
  file: string,
  { maxInflated = MAX_INFLATED_FILE, maxElements }: ParseOptions = {},
): DataSet {
  const warnings: string[] = [];
  let layout: Layout;
  let parsed: ParsedDataSet;
  try {
    layout = findLayout(bytes, maxInflated);
    if (maxElements !== undefined) checkElements(layout, maxElements);
    parsed = dicomParser.parseDicom(layout.content, { TransferSyntaxUID: layout.parsedAs });
  } catch (thrown) {
    const partial = partialDataSet(thrown);
    // Rubbish behind complete pixels harms nobody: some archives pad files to a block size.
    if (partial?.elements[ATTRIBUTES.PixelData[0]] === undefined) {
      const message = `not a readable DICOM file: ${reason(thrown)}`;
      throw new FoveaError("invalid_dicom", message, { file, cause: thrown });
    }
    layout = findLayout(bytes, maxInflated);
    parsed = partial;
    warnings.push(tell("afterPixels", { fault: reason(thrown) }));
  }
  return new DataSet(parsed, file, transferSyntax(layout.uid), [...(parsed.warnings ?? []), ...warnings]);
}

/** Whether the bytes begin as a DICOM file does; false for a file without prefix that may still be one. */
export function hasDicomPrefix(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 132 && bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d
  );
}

/** The bytes as the parser wants them. */
interface Layout {
  readonly content: Uint8Array;
  readonly uid: string;
  /** Told to the parser where the content has no prefix. */
  readonly parsedAs?: string;
}

/**
 * Without prefix, a file that begins with group 2 gets one, and one that begins with group 8 gets the transfer syntax
 * that its first element shows: two letters where an explicit VR stands, the group's byte order.
 */
function findLayout(bytes: Uint8Array, maxInflated: number): Layout {
  if (hasDicomPrefix(bytes)) return layoutOfHeader(bytes, maxInflated);
  const explicit = isUpperCase(bytes[4]) && isUpperCase(bytes[5]);
  if (bytes[0] === 2 && bytes[1] === 0) {
    const content = new Uint8Array(bytes.length + 132);
    content.set([0x44, 0x49, 0x43, 0x4d], 128);
    content.set(bytes, 132);
    return layoutOfHeader(content, maxInflated);
  }
  if (bytes[0] === 8 && bytes[1] === 0) return headerless(bytes, explicit ? EXPLICIT_LITTLE : IMPLICIT_LITTLE);
  if (bytes[0] === 0 && bytes[1] === 8 && explicit) return headerless(bytes, EXPLICIT_BIG);
  throw new Error("no DICM at byte 128 and no data set at byte 0");
}

/** The elements of the header, explicit always (PS3.10 7.1), are a part of what counts; PS3.10's prefix ends at 132. */
function checkElements({ content, uid, parsedAs }: Layout, limit: number): void {
  const { explicit, bigEndian } = encodingOf(parsedAs ?? uid);
  const start = parsedAs === undefined ? headerEnd(content) : 0;
  if (holdsMoreElements(limit, content, start, { explicit, bigEndian })) {
    throw new Error(`holds more than ${limit} elements`);
  }
}

function encodingOf(uid: string): DataSetEncoding {
  return { explicit: uid !== IMPLICIT_LITTLE, bigEndian: uid === EXPLICIT_BIG };
}

function headerEnd(content: Uint8Array): number {
  return endOf(dicomParser.readPart10Header(content));
}

function headerless(content: Uint8Array, uid: string): Layout {
  return { content, uid, parsedAs: uid };
}

function layoutOfHeader(content: Uint8Array, maxInflated: number): Layout {
  const header = dicomParser.readPart10Header(content);
  const uid = header.string(ATTRIBUTES.TransferSyntaxUID[0]);
  if (uid === undefined) throw new Error("TransferSyntaxUID is missing");
  if (uid !== DEFLATED) return { content, uid };
  const end = endOf(header);
  return { content: inflated(content.subarray(end), maxInflated), uid, parsedAs: EXPLICIT_LITTLE };
}

function endOf({ elements }: ParsedDataSet): number {
  return Math.max(...Object.values(elements).map(({ dataOffset, length }) => dataOffset + length));
}

function isUpperCase(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}

/** What the parser had read when it threw; it throws `{ exception, dataSet }` then. */
function partialDataSet(thrown: unknown): ParsedDataSet | undefined {
  return typeof thrown === "object" && thrown !== null && "dataSet" in thrown
    ? (thrown.dataSet as ParsedDataSet)
    : undefined;
}

/** The parser throws strings, plain objects and errors. */
function reason(thrown: unknown): string {
  if (typeof thrown === "string") return thrown.replace(/^dicomParser[.:]\w+: /, "");
  if (thrown instanceof Error) return thrown.message.replace(/^dicomParser[.:]\w+: /, "");
  if (typeof thrown === "object" && thrown !== null && "exception" in thrown) return reason(thrown.exception);
  return String(thrown);
}
