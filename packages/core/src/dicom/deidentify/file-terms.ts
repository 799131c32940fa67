/**
 * @file What a whole file tells: the terms of every element on which the profile acts, as bytes and as text of its character set.
 */
import { type Element, name } from "./element";
import type { FileLayout } from "./file-layout";
import { type Term, termsOf } from "./identifying-term";
import { type Plan, planOf, textOf } from "./plan";
import type { Profile } from "./profile";

/** Decodes bytes by the values of SpecificCharacterSet. */
export type DecodeText = (bytes: Uint8Array, characterSets: readonly string[]) => string;

const CHARACTER_SET = 0x00080005;

/** Elements of a data set or header, what they point into, what is done to them, and the character sets that hold for each. */
export interface PlannedSet {
  readonly elements: readonly Element[];
  readonly bytes: Uint8Array;
  readonly plan: Plan;
  readonly setsOf: ReadonlyMap<Element, readonly string[]>;
}

/** Header and data set of a file by a profile. */
export function plannedSets({ meta, file, elements, body }: FileLayout, profile: Profile): [PlannedSet, PlannedSet] {
  const planned = (all: readonly Element[], bytes: Uint8Array): PlannedSet => {
    const setsOf = new Map<Element, readonly string[]>();
    eachElement(all, bytes, ({ element, sets }) => setsOf.set(element, sets));
    return { elements: all, bytes, plan: planOf(all, bytes, profile), setsOf };
  };
  return [planned(meta, file), planned(elements, body)];
}

/** Terms of a whole file: of bytes as they are, of text as it reads, and of that text in UTF-8. */
export function fileTerms(sets: readonly PlannedSet[], decodeText: DecodeText): Term[] {
  const all = sets.flatMap((one) => setTerms(one, decodeText));
  return [...new Map(all.map((one) => [`${one.kind}|${one.whole}|${one.text}`, one])).values()];
}

function setTerms({ bytes, plan, setsOf }: PlannedSet, decodeText: DecodeText): Term[] {
  const decoded = (element: Element) =>
    decodeText(bytes.subarray(element.valueStart, element.valueEnd), setsOf.get(element) ?? []);
  const read = identifyingTerms(plan, bytes, decoded);
  const utf8 = read.filter(({ text }) => /[^\0-\x7f]/.test(text)).map((one) => ({ ...one, text: utf8Bytes(one.text) }));
  return [...identifyingTerms(plan, bytes), ...read, ...utf8];
}

/** UTF-8 of a text, as characters 0 to 255 in small letters as they are compared. */
function utf8Bytes(text: string): string {
  return unescapeBytes(encodeURIComponent(text)).toLowerCase();
}

function unescapeBytes(text: string): string {
  return text.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export interface Visited {
  readonly element: Element;
  readonly path: string;
  /** Values of SpecificCharacterSet that hold here. */
  readonly sets: readonly string[];
}

/** Calls `visit` for every element, those inside of sequences too. */
export function eachElement(
  elements: readonly Element[],
  bytes: Uint8Array,
  visit: (visited: Visited) => void,
  path = "",
  outer: readonly string[] = [],
): void {
  const own = elements.find(({ tag }) => tag === CHARACTER_SET);
  const sets =
    own === undefined
      ? outer
      : textOf(own, bytes)
          .split("\\")
          .map((one) => one.trim());
  for (const element of elements) {
    const at = `${path}${name(element.tag)}`;
    visit({ element, path: at, sets });
    for (const [i, item] of (element.items ?? []).entries()) {
      eachElement(item.elements, bytes, visit, `${at}[${i}].`, sets);
    }
  }
}

/** Values that may not be left, of every element on which the plan acts. */
function identifyingTerms(plan: Plan, bytes: Uint8Array, read = textOf): Term[] {
  const terms: Term[] = [];
  for (const [element, action] of plan) {
    if (action === "keep" || action === "drop" || element.items !== undefined || element.encapsulated) continue;
    if (element.valueEnd - element.valueStart > 1 << 20) continue;
    const text = read(element, bytes);
    if (text === "" || ((element.vr === "UN" || element.vr === "OB") && !isReadable(text))) continue;
    // A description that is cleaned stays in part; what must not stay in it is what other elements tell.
    if (action !== "clean") terms.push(...termsOf(element.tag, element.vr, text));
  }
  return terms;
}

/** Binary values are no text; of control characters only breaks and escapes are usual in one. */
function isReadable(text: string): boolean {
  return Array.from(text).every((character) => character >= " " || "\t\n\f\r\x1b".includes(character));
}
