/**
 * @file A data set written again from its own bytes: what stays is copied as it stands, what changes is put in its place, and
 * the lengths around it are set right.
 */
import { dummyValue, mappedUids, shiftedDates } from "./dummy";
import { type Dictionary, type Element, type Encoding, type Item, name } from "./element";
import { copied, encoded, headerWithLength, latin1, latin1Bytes } from "./encode";
import type { DecodeText } from "./file-terms";
import { commentsOf } from "./frame-comment";
import { DUMMY_TEXT, found, isSearched, type Term, withoutTerms } from "./identifying-term";
import { type Plan, textOf } from "./plan";
import type { Action } from "./profile";

/** What was done to one element; never its value. */
export interface Change {
  /** `(0040,0275)[0].(0040,0007)`: items counted from 0. */
  readonly path: string;
  /** PS3.6 keyword; `Private`, or empty for an unknown tag. */
  readonly keyword: string;
  /** `scrub`: kept by the profile, but it held an identifying value of this file. */
  readonly action: Exclude<Action, "keep" | "drop" | "descend" | "descend-dummy" | "descend-content"> | "scrub";
}

export interface RewriteContext {
  readonly bytes: Uint8Array;
  readonly plan: Plan;
  /** Values of SpecificCharacterSet that hold for an element. */
  readonly setsOf: ReadonlyMap<Element, readonly string[]>;
  readonly decodeText: DecodeText;
  readonly dictionary: Dictionary;
  /** Of the whole file: looked for in what is kept. */
  readonly terms: readonly Term[];
  readonly mapUid: (uid: string) => string;
  /** Name and number that the patient gets. */
  readonly pseudonym: string;
  readonly shiftDays: number;
  readonly changes: Change[];
}

/** What a kept text may be long and still be searched: bulk data are no text. */
const MAX_SEARCHED_BYTES = 1 << 20;
/** Bulk data under VRs that are searched: pixels, look-up tables, waveforms, spectra. */
const BULK: ReadonlySet<number> = new Set([
  ...[0x7fe00010, 0x54001010, 0x00281201, 0x00281202, 0x00281203, 0x00283006, 0x00281221, 0x00281222, 0x00281223],
  ...[0x00281408, 0x00660023, 0x00282000, 0x00480105],
]);

/** Whether the words of a kept element are looked through. */
export function isText({ tag, vr, valueStart, valueEnd, items }: Element): boolean {
  return isSearched(vr) && items === undefined && !BULK.has(tag) && valueEnd - valueStart <= MAX_SEARCHED_BYTES;
}

/** `elements` as they go into the result, as pieces to be joined. */
export function rewritten(elements: readonly Element[], context: RewriteContext, path = ""): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (const element of elements) pieces.push(...rewrittenElement(element, context, `${path}${name(element.tag)}`));
  return pieces;
}

function rewrittenElement(element: Element, context: RewriteContext, path: string): Uint8Array[] {
  const action = context.plan.get(element) ?? "remove";
  const { bytes } = context;
  const note = (done: Change["action"]) => {
    context.changes.push({ path, keyword: keywordOf(element.tag, context.dictionary), action: done });
  };
  switch (action) {
    case "drop":
      return [];
    case "remove":
      note("remove");
      return [];
    case "keep": {
      if (element.encapsulated) return withoutComments(element, context, () => note("scrub"));
      const value = bytes.subarray(element.valueStart, element.valueEnd);
      const hit = isText(element) && (isWordInNumber(element.vr, value) || tells(element, value, context));
      if (!hit) return [bytes.subarray(element.start, element.end)];
      note("scrub");
      return [replaced(element, scrubbed(element, context))];
    }
    case "descend":
    case "descend-dummy":
    case "descend-content":
      return rewrittenSequence(element, context, path);
    default: {
      // A value that is empty already tells nothing, and may have to be there.
      if (element.valueEnd === element.valueStart || (element.vr !== "SQ" && textOf(element, bytes) === "")) {
        return [bytes.subarray(element.start, element.end)];
      }
      const value = newValue(action, element, context);
      note(action);
      return [replaced(element, value)];
    }
  }
}

const NUMBERS: ReadonlySet<string> = new Set(["IS", "DS", "DA", "TM", "DT", "AS"]);

/** Whether a number, date or age holds a word, which nobody will miss (PS3.15 E.3.5, note 3). */
function isWordInNumber(vr: string, value: Uint8Array): boolean {
  return NUMBERS.has(vr) && /[a-z\u0080-\u00ff]{3}/i.test(latin1(value).replace(/nan|inf(inity)?/gi, ""));
}

/** Whether a value holds a term, as bytes or as it reads. */
function tells(element: Element, value: Uint8Array, { terms, setsOf, decodeText }: RewriteContext): boolean {
  const text = latin1(value);
  if (found(terms, text, element) !== undefined) return true;
  // Plain ASCII without an escape reads as it stands.
  if (value.every((byte) => byte < 0x80 && byte !== 0x1b)) return false;
  return found(terms, decodeText(value, setsOf.get(element) ?? []), element) !== undefined;
}

/** Compressed pixels as they are, but for comments that hold a term: blanks, so that the picture stays what it is. */
function withoutComments(element: Element, { bytes, terms }: RewriteContext, note: () => void): Uint8Array[] {
  const telling = commentsOf(element, bytes).filter(
    ({ start, end }) => found(terms, latin1(bytes.subarray(start, end)), { vr: "UN", tag: element.tag }) !== undefined,
  );
  if (telling.length === 0) return [bytes.subarray(element.start, element.end)];
  note();
  const out = copied(bytes, element.start, element.end);
  for (const { start, end } of telling) out.fill(0x20, start - element.start, end - element.start);
  return [out];
}

/** A dummy; of several codes, such as ImageType, only for those that are terms. */
function scrubbed(element: Element, { bytes, terms }: RewriteContext): Uint8Array {
  const { vr, valueStart, valueEnd } = element;
  if (vr !== "CS") return dummyValue(vr, valueEnd - valueStart);
  const parts = textOf(element, bytes).split("\\");
  return latin1Bytes(parts.map((part) => (found(terms, part, element) === undefined ? part : DUMMY_TEXT)).join("\\"));
}

function newValue(
  action: Exclude<Change["action"], "remove" | "scrub">,
  element: Element,
  context: RewriteContext,
): Uint8Array {
  const { bytes, terms, mapUid, shiftDays, pseudonym } = context;
  const { vr } = element;
  const text = () => textOf(element, bytes);
  const written = {
    empty: () => new Uint8Array(),
    dummy: () => dummyValue(vr, element.valueEnd - element.valueStart),
    uid: () => latin1Bytes(mappedUids(text(), mapUid)),
    shift: () => latin1Bytes(shiftedDates(text(), vr, shiftDays)),
    pseudonym: () => latin1Bytes(pseudonym),
    clean: () => {
      const value = latin1Bytes(withoutTerms(text(), terms) || DUMMY_TEXT);
      // What still reads as a term, in a character set with escapes, cannot be cut out.
      return tells(element, value, context) ? dummyValue(vr, value.length) : value;
    },
  };
  return written[action]();
}

/** The element with another value. A VR that only the dictionary knows is written where the file says UN. */
function replaced({ tag, vr, encoding }: Element, value: Uint8Array): Uint8Array {
  return encoded(tag, vr, value, encoding);
}

function rewrittenSequence(element: Element, context: RewriteContext, path: string): Uint8Array[] {
  const { bytes } = context;
  const items = element.items ?? [];
  const inner = items.flatMap((item, i) => rewrittenItem(item, element.encoding, context, `${path}[${i}].`));
  if (element.undefinedLength) {
    // The delimiter is the last eight bytes.
    const [head, tail] = [
      bytes.subarray(element.start, element.valueStart),
      bytes.subarray(element.valueEnd, element.end),
    ];
    return [head, ...inner, tail];
  }
  return [headerWithLength(bytes, element, lengthOf(inner)), ...inner];
}

/** An item as it goes into the result; `encoding` is that of its sequence, `path` ends before the elements inside. */
export function rewrittenItem(
  item: Item,
  { bigEndian }: Encoding,
  context: RewriteContext,
  path: string,
): Uint8Array[] {
  const { bytes } = context;
  const content = rewritten(item.elements, context, path);
  const head = copied(bytes, item.start, item.contentStart);
  if (item.undefinedLength) return [head, ...content, bytes.subarray(item.contentEnd, item.end)];
  new DataView(head.buffer).setUint32(4, lengthOf(content), !bigEndian);
  return [head, ...content];
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** PS3.6 keyword, as reports show it. */
export function keywordOf(tag: number, dictionary: Dictionary): string {
  return (tag >>> 16) % 2 === 1 ? "Private" : (dictionary(tag)?.keyword ?? "");
}
