/**
 * @file What of a value would tell who somebody is where it turned up again, and when it counts as turned up.
 *
 * One rule for the de-identifier, which clears attributes that it keeps of such terms, and for the check of its result:
 *
 * - names: the whole name, family and given name together, and each of its parts, as words in any text; parts of fewer than
 *   four letters (two outside of ASCII) only as a whole value;
 * - UIDs, numbers and other text: as words in any text. Shorter than four characters, or one word of letters only, as a whole
 *   value, and not in coded entries: "Head" may well be the name of a protocol and of a body part;
 * - dates: eight digits, and the same day written with `-`, `.` or `/`, year or day first, in any text;
 * - times of the day: as a whole value.
 *
 * Codes (CS) and numbers (IS, DS) are not searched for words: there a term counts as a whole value, if it has six characters and
 * is not one word of letters, which cannot be told from a code. Dates and times are compared at their own place only. Names count
 * in numbers, dates and ages too.
 */

export type TermKind = "name" | "uid" | "date" | "time" | "text";

/** One thing to look for, in small letters. */
export interface Term {
  readonly kind: TermKind;
  readonly text: string;
  /** Counts only as a whole value. */
  readonly whole: boolean;
  /** Attribute that it comes from. */
  readonly tag: number;
}

/** Where text stands. */
export interface Place {
  readonly vr: string;
  readonly tag: number;
}

/** What replaces text; also what is looked for in vain. */
export const DUMMY_TEXT = "REMOVED";
export const DUMMY_DATE = "19000101";
export const DUMMY_TIME = "000000";

/** VRs that hold words. */
const SEARCHED: ReadonlySet<string> = new Set("AE LO SH LT ST UT UC UR PN UI UN OB".split(" "));
/** VRs of one value, in which a backslash is a letter like others. */
const SINGLE: ReadonlySet<string> = new Set("LT ST UT UR UN OB".split(" "));

const UNTOLD: ReadonlySet<string> = new Set([
  "removed",
  DUMMY_DATE,
  DUMMY_TIME,
  "yes",
  "no",
  "none",
  "unknown",
  "anonymous",
]);

/** Values of a text, without their padding. */
export function valuesOf(vr: string, text: string): string[] {
  const parts = SINGLE.has(vr) ? [text] : text.split("\\");
  return parts.map((part) => part.replace(/^[\s\0]+|[\s\0]+$/g, ""));
}

/** What to look for of a value; nothing for codes and numbers. */
export function termsOf(tag: number, vr: string, text: string): Term[] {
  const terms = valuesOf(vr, text).flatMap((value) => {
    if (value === "") return [];
    if (vr === "PN") return nameTerms(tag, value);
    if (vr === "UI") return isStandardUid(value) ? [] : [term("uid", tag, value, value.length < 6)];
    if (vr === "DA" || vr === "DT") return dateTerms(tag, value);
    if (vr === "TM") return /^\d{4}/.test(value) ? [term("time", tag, value, true)] : [];
    return SEARCHED.has(vr) ? textTerms(tag, value) : [];
  });
  return terms.filter(({ text: one }) => one !== "" && !UNTOLD.has(one));
}

/** UIDs of the standard itself (PS3.6 Annex A): parts of up to four digits. A date or a serial number behind its root is none. */
export function isStandardUid(uid: string): boolean {
  return /^1\.2\.840\.10008(\.\d{1,4}){1,8}$/.test(uid);
}

function term(kind: TermKind, tag: number, text: string, whole: boolean): Term {
  return { kind, tag, text: text.toLowerCase(), whole };
}

function isLong(text: string): boolean {
  // Two characters are a name in Chinese; in bytes they are four.
  return text.length >= 4 || (text.length >= 2 && /^[^\0-\x7f]+$/.test(text) && /[\u0100-\uffff]/.test(text));
}

function nameTerms(tag: number, value: string): Term[] {
  const words = value.split(/[\^=\s,.]+/).filter((word) => word.length > 0 && !/^\d$/.test(word));
  const parts = words.map((word) => term("name", tag, word, !isLong(word)));
  const wholes = [value, ...value.split("=").flatMap(writtenNames)];
  return [...wholes.map((one) => term("name", tag, one, !isLong(one))), ...parts];
}

/** Family and given name as running text writes them: "Li Wei", "Wei Li", "LiWei"; parts of two letters alone would be anywhere. */
function writtenNames(group: string): string[] {
  const [family = "", given = ""] = group.split("^").map((part) => part.trim());
  const isOne = family.length < 2 && given.length < 2 && /^[a-z\d]?$/i.test(family) && /^[a-z\d]?$/i.test(given);
  if (family === "" || given === "" || isOne) return [group];
  return [group, `${family} ${given}`, `${given} ${family}`, `${family}${given}`, `${given}${family}`];
}

function dateTerms(tag: number, value: string): Term[] {
  const digits = value.replace(/\D/g, "").slice(0, 8);
  if (digits.length < 8 || UNTOLD.has(digits)) return [];
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)];
  const forms = ["-", ".", "/"].flatMap((sign) => [[year, month, day].join(sign), [day, month, year].join(sign)]);
  return [digits, ...forms].map((form) => term("date", tag, form, false));
}

function textTerms(tag: number, value: string): Term[] {
  // Long text is looked for line by line too.
  const lines = value.length > 64 ? value.split(/[\r\n]+/) : [];
  return [value, ...lines]
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map((one) => term("text", tag, one, one.length < 4 || /^[A-Za-z]+$/.test(one)));
}

const CODED: ReadonlySet<number> = new Set([
  ...[0x00080100, 0x00080102, 0x00080103, 0x00080104, 0x00080119, 0x00080120, 0x00080105, 0x0008010f],
]);

/** VRs of codes and numbers. */
const CODES: ReadonlySet<string> = new Set(["CS", "IS", "DS"]);

/** In which only a name that does not belong there is looked for. */
const DATES_AND_AGES: ReadonlySet<string> = new Set(["DA", "TM", "DT", "AS"]);

/** Whether values of this VR are looked at at all. */
export function isSearched(vr: string): boolean {
  return SEARCHED.has(vr) || CODES.has(vr) || DATES_AND_AGES.has(vr);
}

/** The first of `terms` that occurs in the text of an element that was kept; undefined if none does. */
export function found(terms: readonly Term[], text: string, { vr, tag }: Place): Term | undefined {
  if (!isSearched(vr)) return undefined;
  const small = text.toLowerCase();
  const values = new Set(valuesOf(vr, small));
  return terms.find(({ kind, text: one, whole }) => {
    if (vr !== "CS" && kind === "name" && !whole && !SEARCHED.has(vr)) return holdsWord(small, one);
    if (DATES_AND_AGES.has(vr)) return false;
    if (CODES.has(vr)) return kind !== "time" && one.length >= 6 && !/^[a-z]+$/.test(one) && values.has(one);
    if (vr === "UI" && (kind !== "uid" || whole)) return false;
    if (whole && kind !== "name" && CODED.has(tag)) return false;
    return whole ? values.has(one) : holdsWord(small, one);
  });
}

const LETTER = /[a-z]/i;
const DIGIT = /\d/;

/**
 * Whether `word` stands in `text` as a word: no letter beside its letters, no digit beside its digits, so that "Miller2" and
 * "PID4711" hold "Miller" and "4711". Scripts without blanks count anywhere, and so does a word among them.
 */
function holdsWord(text: string, word: string): boolean {
  const bounded = /^[\0-\x7f]*$/.test(word);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!bounded) return true;
    const last = word.length - 1;
    if (!areJoined(text[at - 1], word[0]) && !areJoined(word[last], text[at + last + 1])) return true;
  }
  return false;
}

function areJoined(a = "", b = ""): boolean {
  return (LETTER.test(a) && LETTER.test(b)) || (DIGIT.test(a) && DIGIT.test(b));
}

/**
 * The first term that a path tells. Names of files are written without blanks, so that names of four letters, numbers, dates
 * and UIDs count anywhere, and shorter names where other signs stand around them.
 */
export function toldByPath(terms: readonly Term[], path: string): Term | undefined {
  const small = path.toLowerCase();
  const words = new Set(small.split(/[^0-9a-z\u0080-\uffff]+/));
  const text = small.replace(/[_/\\]+/g, " ").replace(/\.dcm\b/g, "");
  const told = found(
    terms.filter(({ kind }) => kind !== "time"),
    text,
    { vr: "LT", tag: 0 },
  );
  return (
    told ??
    terms.find(({ kind, text: one }) => {
      if (kind === "time") return false;
      if (kind === "name" && one.length >= 2 && words.has(one)) return true;
      const counts = kind !== "text" || /\d/.test(one);
      return counts && isLong(one) && small.includes(one);
    })
  );
}

/** Terms of fewer bytes would be found by chance in compressed pixels: once in 10^14 places for six. */
const MIN_BINARY = 6;
const LOWER = Uint8Array.from({ length: 256 }, (_, i) => String.fromCharCode(i).toLowerCase().charCodeAt(0));

/** The first term of six bytes or more that stands anywhere in bytes that are no text, such as pixels. */
export function foundInBytes(terms: readonly Term[], bytes: Uint8Array): Term | undefined {
  const byStart = new Map<number, Term[]>();
  const starts = new Uint8Array(65536);
  for (const one of terms) {
    if (one.whole || one.kind === "time" || one.text.length < MIN_BINARY || /[^\0-\xff]/.test(one.text)) continue;
    const start = (one.text.charCodeAt(0) << 8) | one.text.charCodeAt(1);
    starts[start] = 1;
    byStart.set(start, [...(byStart.get(start) ?? []), one]);
  }
  if (byStart.size === 0) return undefined;
  for (let at = 0; at + MIN_BINARY <= bytes.length; at++) {
    const start = (LOWER[bytes[at]] << 8) | LOWER[bytes[at + 1]];
    if (starts[start] === 0) continue;
    const hit = byStart.get(start)?.find(({ text }) => standsAt(bytes, at, text));
    if (hit !== undefined) return hit;
  }
  return undefined;
}

function standsAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (LOWER[bytes[at + i] ?? 0] !== text.charCodeAt(i)) return false;
  return true;
}

/** Text without the terms and without what looks like a number of a person, a date, an address or a title with its name. */
export function withoutTerms(text: string, terms: readonly Term[]): string {
  let out = text;
  for (const { text: one, whole } of terms) {
    if (whole && !valuesOf("LO", out.toLowerCase()).includes(one)) continue;
    for (let at = out.toLowerCase().indexOf(one); at >= 0; at = out.toLowerCase().indexOf(one, at)) {
      out = `${out.slice(0, at)}${out.slice(at + one.length)}`;
    }
  }
  return out
    .replace(/\S+@\S+/g, "")
    .replace(/\b(dr|prof|mr|mrs|ms|herr|frau)\b\.?\s*\S+/gi, "")
    .replace(/\b\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b/g, "")
    .replace(/\d{5,}/g, "")
    .trim();
}
