/**
 * @file Pieces of a bilingual HTML page.
 *
 * Markup is kept in `Html` and text in `string`, so that text cannot reach the page without being escaped.
 */

/** A piece of a page, safe as it stands. */
export interface Html {
  readonly markup: string;
}

/** A template of markup: strings and numbers put into it are escaped, pieces and lists of pieces are not. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[] | undefined)[]
): Html {
  let markup = parts[0];
  for (const [i, value] of values.entries()) markup += markupOf(value) + parts[i + 1];
  return { markup };
}

/** The same in both languages; the page's switch shows one of them. */
export function both(zh: string | Html, en: string | Html): Html {
  return html`<span class="zh" lang="zh-CN">${zh}</span><span class="en" lang="en">${en}</span>`;
}

/** A relative path as a URL: every part escaped, backslashes turned, never another scheme than the page's. */
export function relativeUrl(path: string): string {
  const parts = path.split(/[\\/]+/).filter((part) => part !== "" && part !== ".");
  return `./${parts.map(encodeURIComponent).join("/")}`;
}

function markupOf(value: string | number | Html | readonly Html[] | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return escapeText(value);
  return "markup" in value ? value.markup : value.map(({ markup }) => markup).join("");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]);
}
