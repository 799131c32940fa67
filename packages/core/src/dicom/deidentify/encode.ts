/**
 * @file New data elements in the encoding of the file that they are spliced into (PS3.5 section 7).
 */
import { joined } from "../joined-bytes";
import { type Element, type Encoding, hasLongForm, ITEM } from "./element";

/** Text of one byte per character; what needs more is not written here. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

/** Bytes as characters 0 to 255, so that text of any character set can be searched and put back. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** VRs whose values are filled up with a zero byte instead of a blank. */
const ZERO_PADDED: ReadonlySet<string> = new Set("UI OB OW OF OD OL OV UN".split(" "));

/** `value` of even length. */
export function padded(vr: string, value: Uint8Array): Uint8Array {
  if (value.length % 2 === 0) return value;
  const out = new Uint8Array(value.length + 1);
  out.set(value);
  out[value.length] = ZERO_PADDED.has(vr) ? 0 : 0x20;
  return out;
}

/** Header of an element whose value has `length` bytes. */
export function header(tag: number, vr: string, length: number, { explicit, bigEndian }: Encoding): Uint8Array {
  const isLong = explicit && hasLongForm(vr);
  const out = new Uint8Array(isLong ? 12 : 8);
  const view = new DataView(out.buffer);
  view.setUint16(0, tag >>> 16, !bigEndian);
  view.setUint16(2, tag & 0xffff, !bigEndian);
  if (!explicit) {
    view.setUint32(4, length, !bigEndian);
    return out;
  }
  out[4] = vr.charCodeAt(0);
  out[5] = vr.charCodeAt(1);
  if (!isLong && length > 0xfffe) throw new Error(`a value of ${length} bytes does not fit a length of 16 bits`);
  if (isLong) view.setUint32(8, length, !bigEndian);
  else view.setUint16(6, length, !bigEndian);
  return out;
}

/** A whole element. */
export function encoded(tag: number, vr: string, value: Uint8Array, encoding: Encoding): Uint8Array {
  const even = padded(vr, value);
  return joined([header(tag, vr, even.length, encoding), even]);
}

/** A whole element with text. */
export function encodedText(tag: number, vr: string, text: string, encoding: Encoding): Uint8Array {
  return encoded(tag, vr, latin1Bytes(text), encoding);
}

/** An item of defined length around elements. */
export function encodedItem(content: Uint8Array, { bigEndian }: Encoding): Uint8Array {
  return joined([header(ITEM, "", content.length, { explicit: false, bigEndian }), content]);
}

/** A part as memory of its own; `slice` of Node's buffers is a view. */
export function copied(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}

/** The header of `element` with another length, its own bytes else. */
export function headerWithLength(bytes: Uint8Array, element: Element, length: number): Uint8Array {
  const out = copied(bytes, element.start, element.valueStart);
  const view = new DataView(out.buffer);
  const little = !element.encoding.bigEndian;
  // Of an explicit header of eight bytes only the last two are the length.
  if (element.encoding.explicit && out.length === 8) {
    if (length > 0xfffe) throw new Error(`a value of ${length} bytes does not fit a length of 16 bits`);
    view.setUint16(6, length, little);
  } else view.setUint32(out.length - 4, length, little);
  return out;
}
