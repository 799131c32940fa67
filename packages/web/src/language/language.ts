/**
 * @file Which language the page speaks, and how a sentence is put together.
 */
import type { ENGLISH } from "./english";

export type Language = "zh" | "en";
export type MessageKey = keyof typeof ENGLISH;
export type Messages = Readonly<Record<MessageKey, string>>;

/** What stands in for `{name}` in a sentence. */
export type Parts = Readonly<Record<string, string | number>>;

/** Says a sentence in the language of the page. */
export type Say = (key: MessageKey, parts?: Parts) => string;

/** `text` with every `{name}` that `parts` holds filled in. */
export function fill(text: string, parts: Parts = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(parts, name) ? String(parts[name]) : whole,
  );
}

/**
 * The first of the browser's languages that the page speaks; English if it speaks none.
 *
 * @param wanted as `navigator.languages` has them, `zh-CN`, `en-GB`
 */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const [language] = tag.toLowerCase().split("-");
    if (language === "zh" || language === "en") return language;
  }
  return "en";
}
