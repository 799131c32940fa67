/**
 * @file What of a source is left in its de-identified copy: the check behind `fovea dicom verify`.
 *
 * It reads both files anew and shares nothing with the run that made the copy but the table and the rule of what counts
 * (`identifying-term.ts`). Terms are taken from the bytes and from the decoded text of every element that the profile acts on,
 * and searched in both forms in every element of the copy.
 */
import { dummyValue } from "./dummy";
import { type Dictionary, type Element, name } from "./element";
import { latin1 } from "./encode";
import { type FileLayout, fileLayout } from "./file-layout";
import { type DecodeText, eachElement, fileTerms, plannedSets } from "./file-terms";
import { commentsOf } from "./frame-comment";
import { found, foundInBytes, isStandardUid, type Term, toldByPath } from "./identifying-term";
import { METHOD_CODES, PATIENT_IDENTITY_REMOVED } from "./method";
import { planOf, textOf } from "./plan";
import { type Action, BASIC_PROFILE, PROFILE_OPTIONS, type Profile, profileOfCodes } from "./profile";
import { isText, keywordOf } from "./rewrite";

/** A value that is left; the value itself is not told. */
export interface Leak {
  /** Keyword, or tag, of the source's element that it comes from. */
  readonly from: string;
  /** Where it stands in the copy. */
  readonly at: string;
  /** As the terms' kinds; `same`: the element has the value it had; `unmarked`, `private`, `uid-mismatch`: what must not be. */
  readonly kind: Term["kind"] | "same" | "unmarked" | "private" | "uid-mismatch" | "name-of-file";
}

export interface LeakOptions {
  readonly dictionary: Dictionary;
  readonly decodeText: DecodeText;
  /** Otherwise the one that the copy names. */
  readonly profile?: Profile;
  /** Path of the copy below its folder, which must not tell anything either. */
  readonly copyPath?: string;
}

const METHOD_CODES_PATH = name(METHOD_CODES);

/** What the marks themselves say: "Retain Patient Characteristics Option" is none of a "Patient^Test". */
const OWN_WORDS: ReadonlySet<string> = new Set(
  [BASIC_PROFILE, ...Object.values(PROFILE_OPTIONS)].map((one) => one.meaning),
);

const SOP_INSTANCE = 0x00080018;
const MEDIA_SOP_INSTANCE = 0x00020003;

/**
 * Everything of `source` that is left in `copy`; empty if nothing is.
 *
 * @throws {FoveaError} `invalid_dicom` if one of the files cannot be followed
 */
export function leaks(source: Uint8Array, copy: Uint8Array, name: string, options: LeakOptions): Leak[] {
  const { dictionary } = options;
  const [from, to] = [fileLayout(source, name, dictionary), fileLayout(copy, `copy of ${name}`, dictionary)];
  const profile = options.profile ?? profileOf(to);
  if (profile === undefined) return [{ from: "", at: "DeidentificationMethodCodeSequence", kind: "unmarked" }];
  const terms = fileTerms(plannedSets(from, profile), options.decodeText);
  const left: Leak[] = [];
  const say = (tag: number, at: string, kind: Leak["kind"]) =>
    left.push({ from: keywordOf(tag, dictionary), at, kind });
  for (const [elements, bytes] of [[to.meta, to.file] as const, [to.elements, to.body] as const]) {
    eachElement(elements, bytes, ({ element, path, sets }) => {
      if ((element.tag >>> 16) % 2 === 1 && !profile.has("retain-safe-private")) say(element.tag, path, "private");
      if (!isText(element)) {
        const hit = BINARY.has(element.vr) && element.items === undefined ? inBinary(terms, element, bytes) : undefined;
        if (hit !== undefined) say(hit.tag, path, hit.kind);
        return;
      }
      const value = bytes.subarray(element.valueStart, element.valueEnd);
      if (OWN_WORDS.has(textOf(element, bytes)) && path.startsWith(METHOD_CODES_PATH)) return;
      const hit = found(terms, latin1(value), element) ?? found(terms, options.decodeText(value, sets), element);
      if (hit !== undefined) say(hit.tag, path, hit.kind);
    });
  }
  left.push(...sameValues(from, to, profile, dictionary), ...marks(from, to));
  const rest = { vr: "UN", tag: 0 };
  const loose = [
    latin1(copy.subarray(0, to.hasPrefix ? 128 : 0)),
    latin1(to.body.subarray(to.body.length - to.trailing)),
  ];
  for (const text of loose) {
    const hit = found(terms, text, rest);
    if (hit !== undefined) say(hit.tag, "outside of all elements", hit.kind);
  }
  const path = toldByPath(terms, options.copyPath ?? "");
  if (path !== undefined) say(path.tag, "its path", "name-of-file");
  return left;
}

/** VRs of bytes and binary numbers, which no text is searched in otherwise. */
const BINARY: ReadonlySet<string> = new Set("OB OD OF OL OV OW UN US UL SS SL SV UV FL FD AT".split(" "));

/** In pixels, tables and other bytes; comments of compressed frames are text. */
function inBinary(terms: readonly Term[], element: Element, bytes: Uint8Array): Term | undefined {
  for (const { start, end } of commentsOf(element, bytes)) {
    const hit = found(terms, latin1(bytes.subarray(start, end)), { vr: "UN", tag: element.tag });
    if (hit !== undefined) return hit;
  }
  return foundInBytes(terms, bytes.subarray(element.valueStart, element.valueEnd));
}

function profileOf({ elements, body }: FileLayout): Profile | undefined {
  const items = elements.find(({ tag }) => tag === METHOD_CODES)?.items ?? [];
  const codes = items.flatMap((item) => item.elements.filter(({ tag }) => tag === 0x00080100));
  return profileOfCodes(codes.map((code) => textOf(code, body).trim()));
}

/** Acts whose result differs from what was there, but for dummies that happen to be it. */
const CHANGING: ReadonlySet<Action> = new Set(["remove", "empty", "dummy", "uid", "shift", "pseudonym"]);

function isComparable({ items, encapsulated, valueStart, valueEnd }: Element): boolean {
  return items === undefined && !encapsulated && valueEnd - valueStart <= 65536;
}

/** Elements that still have the value that the profile takes from them, whatever their VR. */
function sameValues(from: FileLayout, to: FileLayout, profile: Profile, dictionary: Dictionary): Leak[] {
  const values = new Map<string, string>();
  for (const [elements, bytes] of [[to.meta, to.file] as const, [to.elements, to.body] as const]) {
    eachElement(elements, bytes, ({ element, path }) => {
      if (isComparable(element)) values.set(path, textOf(element, bytes));
    });
  }
  const left: Leak[] = [];
  for (const [elements, bytes] of [[from.meta, from.file] as const, [from.elements, from.body] as const]) {
    const plan = planOf(elements, bytes, profile);
    eachElement(elements, bytes, ({ element, path }) => {
      const action = plan.get(element) ?? "keep";
      if (!CHANGING.has(action) || !isComparable(element)) return;
      const before = textOf(element, bytes);
      if (before === "" || before !== values.get(path)) return;
      const dummy = latin1(dummyValue(element.vr, element.valueEnd - element.valueStart)).replace(/[\0\s]+$/, "");
      const isStandard = element.vr === "UI" && before.split("\\").every(isStandardUid);
      if (before !== dummy && !isStandard)
        left.push({ from: keywordOf(element.tag, dictionary), at: path, kind: "same" });
    });
  }
  return left;
}

/** Whether the copy says what it is, and its two instance UIDs agree as far as the source's do. */
function marks(from: FileLayout, to: FileLayout): Leak[] {
  const left: Leak[] = [];
  const removed = to.elements.find(({ tag }) => tag === PATIENT_IDENTITY_REMOVED);
  if (removed === undefined || textOf(removed, to.body) !== "YES") {
    left.push({ from: "", at: "PatientIdentityRemoved", kind: "unmarked" });
  }
  if (instancesAgree(from) && !instancesAgree(to)) {
    left.push({ from: "SOPInstanceUID", at: "MediaStorageSOPInstanceUID", kind: "uid-mismatch" });
  }
  return left;
}

function instancesAgree({ elements, meta, body, file }: FileLayout): boolean {
  const media = meta.find(({ tag }) => tag === MEDIA_SOP_INSTANCE);
  const instance = elements.find(({ tag }) => tag === SOP_INSTANCE);
  return media === undefined || instance === undefined || textOf(media, file) === textOf(instance, body);
}
