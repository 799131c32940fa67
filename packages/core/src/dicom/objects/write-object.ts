/**
 * @file Writes a result object as a file: Explicit VR Little Endian with preamble and file meta information (PS3.5 section 7,
 * PS3.10 section 7), sequences and items of defined length, text in UTF-8.
 *
 * VRs are those of our own table, so that nothing is guessed, cut or left out; a report of a thousand findings took the
 * general writer five seconds.
 */
import { EXPLICIT_LITTLE } from "../transfer-syntax";
import { LONG_VALUES, listOf } from "./check-values";
import type { Attributes } from "./code";
import { WRITTEN_ATTRIBUTES, type WrittenVr } from "./written-attribute";

/** The software that writes (PS3.10 7.1). */
export interface Implementation {
  readonly classUid: string;
  /** At most 16 characters. */
  readonly version: string;
}

/** Bytes of a value, and how one is written. */
type Binary = readonly [size: number, write: (view: DataView, at: number, value: number) => void];

/** Group and element, each of two bytes. */
const TAG: Binary = [
  4,
  (view, at, value) => {
    view.setUint16(at, value >>> 16, true);
    view.setUint16(at + 2, value & 0xffff, true);
  },
];

const BINARY: Readonly<Record<string, Binary | undefined>> = {
  AT: TAG,
  FD: [8, (view, at, value) => view.setFloat64(at, value, true)],
  FL: [4, (view, at, value) => view.setFloat32(at, value, true)],
  SL: [4, (view, at, value) => view.setInt32(at, value, true)],
  SS: [2, (view, at, value) => view.setInt16(at, value, true)],
  UL: [4, (view, at, value) => view.setUint32(at, value, true)],
  US: [2, (view, at, value) => view.setUint16(at, value, true)],
};

/** The file's bytes; `attributes` have passed their check. */
export function writeObject(attributes: Attributes, { classUid, version }: Implementation): Uint8Array {
  const meta = new ByteWriter(256);
  writeAttributes(meta, {
    FileMetaInformationVersion: [Uint8Array.of(0, 1).buffer],
    MediaStorageSOPClassUID: attributes.SOPClassUID,
    MediaStorageSOPInstanceUID: attributes.SOPInstanceUID,
    TransferSyntaxUID: EXPLICIT_LITTLE,
    ImplementationClassUID: classUid,
    ImplementationVersionName: version,
  });
  const file = new ByteWriter(4096);
  file.skip(128);
  file.text("DICM");
  writeAttributes(file, { FileMetaInformationGroupLength: meta.length });
  file.bytes(meta.written());
  writeAttributes(file, attributes);
  return file.written();
}

/** In the order of their tags. */
function writeAttributes(out: ByteWriter, attributes: Attributes): void {
  const elements = Object.entries(attributes).map(([keyword, value]) => {
    const known = WRITTEN_ATTRIBUTES[keyword];
    if (known === undefined) throw new Error(`unreachable: ${keyword} passed the check and is not known`);
    const [tag, vr] = known;
    return { tag: Number.parseInt(tag, 16), vr: decidedVr(vr, value), value };
  });
  elements.sort((a, b) => a.tag - b.tag);
  for (const { tag, vr, value } of elements) writeElement(out, tag, vr, value);
}

function decidedVr(vr: WrittenVr, value: unknown): string {
  if (vr === "ox") return "OW";
  if (vr !== "xs") return vr;
  return listOf(value).some((one) => Number(one) < 0) ? "SS" : "US";
}

function writeElement(out: ByteWriter, tag: number, vr: string, value: unknown): void {
  out.tag(tag);
  out.text(vr);
  // Two bytes that are empty stand before a length of four (PS3.5 7.1.2).
  if (LONG_VALUES.has(vr)) out.skip(2);
  const size = LONG_VALUES.has(vr) ? 4 : 2;
  const lengthAt = out.length;
  out.skip(size);
  if (vr === "SQ") for (const item of listOf(value)) writeItem(out, item as Attributes);
  else writeValue(out, vr, listOf(value));
  out.lengthSince(lengthAt, size);
}

function writeItem(out: ByteWriter, item: Attributes): void {
  out.tag(0xfffee000);
  const lengthAt = out.length;
  out.skip(4);
  writeAttributes(out, item);
  out.lengthSince(lengthAt, 4);
}

function writeValue(out: ByteWriter, vr: string, values: readonly unknown[]): void {
  const binary = BINARY[vr];
  if (binary !== undefined) for (const value of values) out.number(binary, Number(value));
  else if (vr === "OB" || vr === "OW") for (const value of values) out.bytes(new Uint8Array(value as ArrayBuffer));
  else {
    const before = out.length;
    out.text(values.map(String).join("\\"));
    // Of even length: UIDs with a zero, text with a blank (PS3.5 6.2).
    if ((out.length - before) % 2 === 1) out.byte(vr === "UI" ? 0 : 0x20);
  }
}

const ASCII = /^[ -~\\]*$/;

/** Bytes that grow at their end. */
class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(room: number) {
    this.#bytes = new Uint8Array(room);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  byte(value: number): void {
    const at = this.#take(1);
    this.#bytes[at] = value;
  }

  bytes(values: Uint8Array): void {
    const at = this.#take(values.length);
    this.#bytes.set(values, at);
  }

  /** Zeros. */
  skip(count: number): void {
    this.#take(count);
  }

  tag(tag: number): void {
    this.number(TAG, tag);
  }

  number([size, write]: Binary, value: number): void {
    const at = this.#take(size);
    write(this.#view, at, value);
  }

  /** UTF-8; half of a surrogate pair becomes U+FFFD. */
  text(text: string): void {
    if (ASCII.test(text)) {
      const at = this.#take(text.length);
      for (let i = 0; i < text.length; i++) this.#bytes[at + i] = text.charCodeAt(i);
      return;
    }
    for (const character of text) {
      const code = character.codePointAt(0) ?? 0;
      const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
      if (point < 0x80) this.byte(point);
      else if (point < 0x800) this.#sequence(0xc0, point, 1);
      else if (point < 0x10000) this.#sequence(0xe0, point, 2);
      else this.#sequence(0xf0, point, 3);
    }
  }

  /** Puts the number of bytes behind a length into it. */
  lengthSince(at: number, size: number): void {
    const length = this.#length - at - size;
    if (size === 4) this.#view.setUint32(at, length, true);
    else if (length <= 0xffff) this.#view.setUint16(at, length, true);
    else throw new Error(`unreachable: a value of ${length} bytes passed the check where two bytes hold the length`);
  }

  #sequence(lead: number, point: number, following: number): void {
    this.byte(lead | (point >> (6 * following)));
    for (let i = following - 1; i >= 0; i--) this.byte(0x80 | ((point >> (6 * i)) & 0x3f));
  }

  /** Room for `count` more bytes, in what may be other memory than before. */
  #take(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
