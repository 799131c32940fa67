/**
 * @file Data elements of a DICOM stream by their place in its bytes (PS3.5 section 7): a tree to splice by.
 *
 * Nothing is copied or decoded. Positions are byte offsets; `end` is the first byte behind. Where a file breaks the rules
 * and can still be followed, it is: explicit files with single elements in implicit form, items of UN in implicit form
 * (PS3.5 6.2.2), a last value that is cut short.
 */

/** How elements are encoded. */
export interface Encoding {
  readonly explicit: boolean;
  readonly bigEndian: boolean;
}

/** One element. */
export interface Element {
  /** Group and element number, 32 bits unsigned. */
  readonly tag: number;
  /** As the file says it, or as the dictionary does where the file does not (implicit VR, UN); `UN` if unknown. */
  readonly vr: string;
  /** Of its header; an explicit file may hold elements of the implicit form. */
  readonly encoding: Encoding;
  /** Whether the file itself said `vr`. */
  readonly vrIsWritten: boolean;
  /** Whether the dictionary has the tag. */
  readonly isKnown: boolean;
  readonly start: number;
  readonly valueStart: number;
  /** Without the delimiter of an undefined length. */
  readonly valueEnd: number;
  readonly end: number;
  readonly undefinedLength: boolean;
  /** Of a sequence that could be followed. */
  readonly items?: readonly Item[];
  /** Compressed pixel data: items that are fragments. */
  readonly encapsulated: boolean;
}

/** One item of a sequence. */
export interface Item {
  readonly start: number;
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly end: number;
  readonly undefinedLength: boolean;
  readonly elements: readonly Element[];
}

/** VR and keyword of a tag in PS3.6; undefined if it has none. */
export type Dictionary = (tag: number) => { readonly vr: string; readonly keyword: string } | undefined;

export const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const UNDEFINED = 0xffffffff;
export const PIXEL_DATA = 0x7fe00010;

/** Value representations with two reserved bytes and a length of 32 bits (PS3.5 table 7.1-1). */
const LONG_FORM: ReadonlySet<string> = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));
const SHORT_FORM: ReadonlySet<string> = new Set(
  "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split(" "),
);

const IMPLICIT_LITTLE: Encoding = { explicit: false, bigEndian: false };

/** Sequences inside one another; more is an attack on the stack. */
const MAX_DEPTH = 48;

/** Whether a header of the explicit form with a known VR stands at `at`. */
export function looksExplicit(bytes: Uint8Array, at: number): boolean {
  const vr = String.fromCharCode(bytes[at + 4] ?? 0, bytes[at + 5] ?? 0);
  return LONG_FORM.has(vr) || SHORT_FORM.has(vr);
}

/** Whether values of this VR have a 32-bit length in explicit files. */
export function hasLongForm(vr: string): boolean {
  return LONG_FORM.has(vr);
}

/** What was read, and where reading stopped. */
export interface ElementList {
  readonly elements: readonly Element[];
  /** First byte that belongs to no element. */
  readonly end: number;
}

interface Header {
  readonly tag: number;
  readonly vr: string;
  readonly vrIsWritten: boolean;
  readonly isKnown: boolean;
  readonly length: number;
  readonly valueStart: number;
  readonly encoding: Encoding;
}

/** Reads element trees out of one array of bytes. */
export class ElementReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #dictionary: Dictionary;

  constructor(bytes: Uint8Array, dictionary: Dictionary) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#dictionary = dictionary;
  }

  /**
   * Elements of a data set from `start` to the end of the bytes.
   *
   * Reading stops early at rubbish behind the pixel data; a value of pixel data that the file cuts short ends with it.
   *
   * @throws {Error} saying where the structure cannot be followed
   */
  dataSet(start: number, encoding: Encoding): ElementList {
    const end = this.#bytes.length;
    const elements: Element[] = [];
    let at = start;
    while (at + 8 <= end) {
      const past = elements.length > 0 && elements[elements.length - 1].tag >= PIXEL_DATA;
      try {
        const element = this.#element(at, end, encoding, 0);
        // Zeros and random bytes behind the pixels read as elements of small tags.
        if (past && element.tag <= PIXEL_DATA) break;
        if (element.tag >>> 16 === 0xfffe) throw new Error(`a delimiter outside of a sequence at byte ${at}`);
        elements.push(element);
        at = element.end;
      } catch (error) {
        if (past) break;
        throw error;
      }
    }
    if (at < end && !elements.some(({ tag }) => tag >= PIXEL_DATA) && this.#hasContent(at)) {
      throw new Error(`${end - at} bytes at byte ${at} are no data element`);
    }
    return { elements, end: at };
  }

  /** Elements of one group, as the file meta information is. */
  group(start: number, group: number, encoding: Encoding): ElementList {
    const elements: Element[] = [];
    let at = start;
    while (at + 8 <= this.#bytes.length && this.#tag(at, encoding) >>> 16 === group) {
      const element = this.#element(at, this.#bytes.length, encoding, 0);
      elements.push(element);
      at = element.end;
    }
    return { elements, end: at };
  }

  #hasContent(from: number): boolean {
    return this.#bytes.subarray(from).some((byte) => byte !== 0);
  }

  #tag(at: number, { bigEndian }: Encoding): number {
    return ((this.#view.getUint16(at, !bigEndian) << 16) | this.#view.getUint16(at + 2, !bigEndian)) >>> 0;
  }

  #header(at: number, end: number, encoding: Encoding): Header {
    if (at + 8 > end) throw new Error(`an element's header at byte ${at} is cut short`);
    const tag = this.#tag(at, encoding);
    const known = this.#dictionary(tag);
    const isDelimiter = tag >>> 16 === 0xfffe;
    if (encoding.explicit && !isDelimiter && looksExplicit(this.#bytes, at)) {
      const vr = String.fromCharCode(this.#bytes[at + 4], this.#bytes[at + 5]);
      const meant = vr === "UN" ? (known?.vr ?? "UN") : vr;
      const common = { tag, vr: meant, vrIsWritten: vr === meant, isKnown: known !== undefined, encoding };
      if (!hasLongForm(vr)) {
        const length = this.#view.getUint16(at + 6, !encoding.bigEndian);
        return { ...common, length, valueStart: at + 8 };
      }
      if (at + 12 > end) throw new Error(`an element's header at byte ${at} is cut short`);
      return { ...common, length: this.#view.getUint32(at + 8, !encoding.bigEndian), valueStart: at + 12 };
    }
    const length = this.#view.getUint32(at + 4, !encoding.bigEndian);
    const vr = tag % 0x10000 === 0 ? "UL" : (known?.vr ?? "UN");
    const isKnown = known !== undefined;
    const own = { ...encoding, explicit: false };
    return { tag, vr, vrIsWritten: false, isKnown, length, valueStart: at + 8, encoding: own };
  }

  #element(at: number, end: number, encoding: Encoding, depth: number): Element {
    const header = this.#header(at, end, encoding);
    const { length, valueStart, tag } = header;
    const common = {
      ...{ tag, vr: header.vr, vrIsWritten: header.vrIsWritten, isKnown: header.isKnown, encoding: header.encoding },
      ...{ start: at, valueStart, undefinedLength: length === UNDEFINED },
    };
    if (tag >>> 16 === 0xfffe) return { ...common, valueEnd: valueStart, end: valueStart, encapsulated: false };
    if (length === UNDEFINED) return this.#undefinedLength(common, end, encoding, depth);
    if (length > end - valueStart) {
      if (depth > 0 || tag !== PIXEL_DATA) {
        throw new Error(`${name(tag)} at byte ${at} has ${length} bytes, of which ${end - valueStart} are there`);
      }
      return { ...common, valueEnd: end, end, encapsulated: false };
    }
    const valueEnd = valueStart + length;
    const items = header.vr === "SQ" ? this.#itemsWithin(common, valueEnd, encoding, depth) : undefined;
    return { ...common, items, valueEnd, end: valueEnd, encapsulated: false };
  }

  /** A sequence, or compressed pixels; UN of undefined length holds items of the implicit form. */
  #undefinedLength(
    common: Omit<Element, "valueEnd" | "end" | "encapsulated">,
    end: number,
    encoding: Encoding,
    depth: number,
  ): Element {
    if (common.tag === PIXEL_DATA && depth === 0) return this.#encapsulated(common, end, encoding);
    const inner = common.encoding.explicit && !common.vrIsWritten ? IMPLICIT_LITTLE : encoding;
    const { items, end: valueEnd } = this.#items(common.valueStart, end, inner, depth, common.tag);
    if (valueEnd + 8 > end) throw new Error(`${name(common.tag)} at byte ${common.start} has no end`);
    return { ...common, vr: "SQ", items, valueEnd, end: valueEnd + 8, encapsulated: false };
  }

  #encapsulated(common: Omit<Element, "valueEnd" | "end" | "encapsulated">, end: number, encoding: Encoding): Element {
    let at = common.valueStart;
    while (at + 8 <= end) {
      const tag = this.#tag(at, encoding);
      const length = this.#view.getUint32(at + 4, !encoding.bigEndian);
      if (tag === SEQUENCE_END) return { ...common, valueEnd: at, end: at + 8, encapsulated: true };
      // A last fragment that is cut short, or no delimiter at all: what is there stays as it is.
      if (tag !== ITEM || length > end - at - 8) break;
      at += 8 + length;
    }
    return { ...common, valueEnd: end, end, encapsulated: true };
  }

  /** Items of a sequence of defined length; undefined where they cannot be followed, and the value is one lump. */
  #itemsWithin(
    { valueStart, encoding: own, vrIsWritten }: Pick<Element, "valueStart" | "encoding" | "vrIsWritten">,
    valueEnd: number,
    encoding: Encoding,
    depth: number,
  ): readonly Item[] | undefined {
    const inner = own.explicit && !vrIsWritten ? IMPLICIT_LITTLE : encoding;
    try {
      const { items, end } = this.#items(valueStart, valueEnd, inner, depth, 0);
      return end === valueEnd ? items : undefined;
    } catch {
      return undefined;
    }
  }

  #items(start: number, end: number, encoding: Encoding, depth: number, tag: number): { items: Item[]; end: number } {
    if (depth >= MAX_DEPTH) throw new Error(`sequences nested deeper than ${MAX_DEPTH} at byte ${start}`);
    const items: Item[] = [];
    let at = start;
    while (at + 8 <= end) {
      const found = this.#tag(at, encoding);
      if (found === SEQUENCE_END) return { items, end: at };
      if (found !== ITEM) throw new Error(`no item where one of ${name(tag)} should begin, at byte ${at}`);
      const item = this.#item(at, end, encoding, depth);
      items.push(item);
      at = item.end;
    }
    return { items, end: at };
  }

  #item(at: number, end: number, encoding: Encoding, depth: number): Item {
    const length = this.#view.getUint32(at + 4, !encoding.bigEndian);
    const contentStart = at + 8;
    const undefinedLength = length === UNDEFINED;
    if (!undefinedLength && length > end - contentStart) throw new Error(`an item at byte ${at} is cut short`);
    const limit = undefinedLength ? end : contentStart + length;
    const elements: Element[] = [];
    let next = contentStart;
    while (next + 8 <= limit) {
      const element = this.#element(next, limit, encoding, depth + 1);
      if (element.tag === ITEM_END) {
        return { start: at, contentStart, contentEnd: next, end: next + 8, undefinedLength, elements };
      }
      if (element.tag === SEQUENCE_END || element.tag === ITEM) throw new Error(`an item at byte ${at} has no end`);
      elements.push(element);
      next = element.end;
    }
    if (undefinedLength || next !== limit) throw new Error(`an item at byte ${at} does not end where it says`);
    return { start: at, contentStart, contentEnd: limit, end: limit, undefinedLength, elements };
  }
}

/** `(0010,0020)`. */
export function name(tag: number): string {
  const hex = tag.toString(16).toUpperCase().padStart(8, "0");
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}
