/**
 * @file Reasons and warnings told in the language of who reads them.
 *
 * `tell` writes a sentence of the tables down in English, as it is kept and as programs read it; `reasonIn` and `warningIn` tell
 * what was written down. Where the tables have only a general sentence, the English words stand behind it in brackets: they hold
 * numbers and names that it lacks. What is in no table is told as it is.
 */
import type { Bilingual, Language } from "../language";
import { ERROR_SENTENCES, isToldCode } from "./error-sentences";
import { PEER_REASONS } from "./peer-reasons";
import { ABOUT_ERRORS, OBJECT_KINDS, RECORD_REASONS } from "./record-reasons";
import { REFUSALS, SERIES_STATES } from "./refusals";
import {
  type Found,
  fillGaps,
  type Given,
  type KnownSentence,
  knownSentence,
  readGaps,
  type Sentence,
} from "./sentence";
import { ODD_FILE, PARSER_WARNINGS, WARNINGS } from "./warning-sentences";

const SENTENCES = { ...ABOUT_ERRORS, ...RECORD_REASONS, ...REFUSALS, ...PEER_REASONS, ...WARNINGS } as const;
type Key = keyof typeof SENTENCES;

declare const TOLD: unique symbol;
/** An English sentence of the tables: what is told so has its Chinese one. */
export type Told = string & { readonly [TOLD]: true };

type GivenOf<K extends Key> = Given<(typeof SENTENCES)[K]["en"]>;
/** Nothing is to be given to a sentence without gaps. */
type Rest<K extends Key> = [keyof GivenOf<K>] extends [never] ? [] : [given: GivenOf<K>];

/** A sentence in English. Texts must not be empty. */
export function tell<K extends Key>(key: K, ...[given]: Rest<K>): Told {
  const values: Readonly<Record<string, string | number>> = { ...given };
  return fillGaps(SENTENCES[key].en, (name) => String(values[name])) as Told;
}

/** An error's code and message, as reasons keep it. @param message "" where there is nothing to add */
export function tellError(code: string, message: string): Told {
  return `${code}: ${message}` as Told;
}

const tableOf = (...tables: readonly Readonly<Record<string, Sentence>>[]): readonly KnownSentence[] =>
  tables.flatMap((table) => Object.values(table)).map(knownSentence);
const REASONS = tableOf(RECORD_REASONS, REFUSALS, PEER_REASONS);
const ABOUT = tableOf(ABOUT_ERRORS);
/** What stands within sentences only. */
const WORDS = tableOf(OBJECT_KINDS, SERIES_STATES);
const ODDITIES = [...tableOf(WARNINGS), ...PARSER_WARNINGS.map(knownSentence)];

/** A reason, or the message of a refusal, in `language`. @param text in English, as `tell` and `tellError` write it */
export function reasonIn(text: string, language: Language): string {
  return ofError(text, language) ?? known(REASONS, text, language) ?? text;
}

/** A reason beside the field that holds it. */
export function shownReason(text: string | null, language: Language): string | null {
  return text === null ? null : reasonIn(text, language);
}

/** A reason in both languages. */
export function reasonInBoth(text: string): Bilingual {
  return { zh: reasonIn(text, "zh"), en: reasonIn(text, "en") };
}

/** Why an image or a request failed, in `language`. */
export function errorIn(
  { code, message }: { readonly code: string; readonly message: string },
  language: Language,
): string {
  return reasonIn(tellError(code, message), language);
}

/** What was odd about a file, in `language`. @param text in English */
export function warningIn(text: string, language: Language): string {
  return known(ODDITIES, text, language) ?? (language === "en" ? text : inBrackets(ODD_FILE.zh, text, "zh"));
}

/** `text` by the first of `sentences` that it is; undefined if it is none. */
function known(sentences: readonly KnownSentence[], text: string, language: Language): string | undefined {
  for (const one of sentences) {
    const found = readGaps(one, text);
    if (found !== undefined) return retold(one, found, (within) => within, language);
  }
  return undefined;
}

/** @param within what a reason in a gap is, by what stands there */
function retold(
  one: Sentence,
  found: ReadonlyMap<string, Found>,
  within: (text: string) => string,
  language: Language,
): string {
  const nested = (text: string) => known(WORDS, text, language) ?? reasonIn(within(text), language);
  return fillGaps(one[language], (name) => {
    const gap = found.get(name);
    if (gap === undefined) throw new Error(`unreachable: ${name} in one language only`);
    if (gap.kind === "@") return nested(gap.text);
    if (gap.kind !== "*") return gap.text;
    return gap.text
      .split("; ")
      .map(nested)
      .join(language === "zh" ? "、" : "; ");
  });
}

/** `code: message`, or the code alone. */
function ofError(text: string, language: Language): string | undefined {
  const [, code, message = ""] = /^([a-z_]+)(?:: ?(.*))?$/s.exec(text) ?? [];
  if (code === undefined || !isToldCode(code)) return undefined;
  for (const about of ABOUT) {
    const found = readGaps(about, message);
    if (found !== undefined) return retold(about, found, (error) => tellError(code, error), language);
  }
  return known(REASONS, message, language) ?? inBrackets(ERROR_SENTENCES[code][language], message, language);
}

function inBrackets(sentence: string, words: string, language: Language): string {
  if (words === "") return sentence;
  return language === "zh" ? `${sentence}（${words}）` : `${sentence} (${words})`;
}
