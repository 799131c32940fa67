/**
 * @file A sentence in both languages with gaps, filled in, and recognised where it was written down in English.
 *
 * The record, tables and answers keep reasons as English texts. A reader of Chinese gets the sentence that stands beside the
 * English one, with the same numbers and names in its gaps. So what was written down before there was a Chinese sentence is told
 * in Chinese too.
 *
 * Gaps: `{name}` is any text, `{name#}` a whole number, `{name@}` a reason, which is told in its turn, `{name*}` several of
 * these, which `; ` divides.
 */
import type { Bilingual } from "../language";

/** Every gap stands once in each language. */
export type Sentence = Bilingual;

type Gaps<Text extends string> = Text extends `${string}{${infer Gap}}${infer Rest}` ? Gap | Gaps<Rest> : never;

/** What is filled into the gaps of a sentence. */
export type Given<Text extends string> = {
  readonly [Gap in Gaps<Text> as Gap extends `${infer Name}${"#" | "@" | "*"}` ? Name : Gap]: Gap extends `${string}#`
    ? number
    : string;
};

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** A sentence whose gaps are the same in both languages, or it does not compile. */
export function sentence<const En extends string, const Zh extends string>(
  en: En,
  zh: Same<Gaps<En>, Gaps<Zh>> extends true ? Zh : never,
): { readonly en: En; readonly zh: Zh } {
  return { en, zh };
}

/** What stood in a gap, and of which kind that is. */
export interface Found {
  readonly text: string;
  readonly kind: GapKind;
}

export type GapKind = "" | "#" | "@" | "*";

const GAP = /\{(\w+)([#@*]?)\}/g;

/** `text` with its gaps filled in. @param of what stands in the gap of this name */
export function fillGaps(text: string, of: (name: string, kind: GapKind) => string): string {
  return text.replace(GAP, (_, name: string, kind: GapKind) => of(name, kind));
}

/** A sentence that can be recognised. */
export interface KnownSentence extends Sentence {
  /** In English, its gaps in their order as groups. */
  readonly expression: RegExp;
  readonly gaps: readonly { readonly name: string; readonly kind: GapKind }[];
}

export function knownSentence({ en, zh }: Sentence): KnownSentence {
  const gaps = [...en.matchAll(GAP)].map(([, name, kind]) => ({ name, kind: kind as GapKind }));
  const parts = en.split(/(\{\w+[#@*]?\})/);
  const source = parts.map((part, i) => (i % 2 === 0 ? literal(part) : part.endsWith("#}") ? "(\\d+)" : "(.+)"));
  return { en, zh, gaps, expression: new RegExp(`^${source.join("")}$`, "s") };
}

/** What stands in the gaps, by name, where `text` is this sentence in English; undefined if it is another. */
export function readGaps({ expression, gaps }: KnownSentence, text: string): ReadonlyMap<string, Found> | undefined {
  const found = expression.exec(text);
  if (found === null) return undefined;
  return new Map(gaps.map(({ name, kind }, i) => [name, { text: found[i + 1], kind }]));
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
