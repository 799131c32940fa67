/**
 * @file What all bilingual pages share: a head that lets nothing in, a switch of language that needs no script, sections
 * with a list of them, and what such a page is for.
 */
import type { Language } from "../language";
import { both, type Html, html } from "./html-text";

/** What a page that is opened as a file may do: nothing but show itself. */
export const PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export const RESEARCH_ONLY = [
  "仅供科研使用，不是医疗器械；结果不能代替医生的诊断。",
  "For research use only. Not a medical device; results do not replace a physician's judgement.",
] as const;

export interface HtmlPage {
  /** Of the window, in both languages. */
  readonly title: Readonly<Record<Language, string>>;
  readonly heading: Html;
  /** Below the heading. */
  readonly sub?: string;
  readonly style: string;
  /** Shown first; the reader can switch. */
  readonly language: Language;
  /** Between header and main part. */
  readonly notice?: Html;
  readonly main: Html;
  /** Of the main part, for a script that renews it. */
  readonly mainId?: string;
  /** @default research only */
  readonly footer?: Html;
  /** Path of a script, for a page that is served; it has no policy then. */
  readonly script?: string;
  /** Pictures lie beside the page, which its policy would forbid. @default false */
  readonly picturesBeside?: boolean;
}

/** The page, from `<!doctype html>` on. */
export function htmlPage(page: HtmlPage): string {
  const { title, heading, sub, style, language, notice, main, mainId, script, picturesBeside = false } = page;
  const { footer = html`${both(...RESEARCH_ONLY)} Fovea` } = page;
  const checked = (shown: Language): Html | undefined => (shown === language ? { markup: " checked" } : undefined);
  const isClosed = script === undefined && !picturesBeside;
  return html`<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
${isClosed ? html`<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}">` : undefined}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title[language]}</title>
<style>${{ markup: style }}</style>
${script === undefined ? undefined : html`<script src="${script}" defer></script>`}
</head>
<body>
<input class="choice" type="radio" name="language" id="show-zh"${checked("zh")}>
<input class="choice" type="radio" name="language" id="show-en"${checked("en")}>
<div class="page">
<header>
<div><h1>${heading}</h1>${sub === undefined ? undefined : html`<p class="sub">${sub}</p>`}</div>
<div class="switch"><label for="show-zh">中文</label><label for="show-en">English</label></div>
</header>
${notice}
<main${mainId === undefined ? undefined : html` id="${mainId}"`}>
${main}
</main>
<footer>${footer}</footer>
</div>
</body>
</html>
`.markup;
}

/** A section, left out where it has nothing to show. */
export type PageSection = readonly [id: string, zh: string, en: string, content: Html | undefined];

/** A list of the sections that have something to show, and they themselves. */
export function pageSections(all: readonly PageSection[]): Html {
  const shown = all.flatMap(([id, zh, en, content]) => (content ? [{ id, title: both(zh, en), content }] : []));
  return html`<nav>${shown.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
${shown.map(({ id, title, content }) => html`<section class="card" id="${id}">\n<h2>${title}</h2>\n${content}\n</section>\n`)}`;
}

/** A number with what it counts below it. */
export function tile(value: string | number | Html, zh: string, en: string): Html {
  return html`<div class="tile"><b>${value}</b><span>${both(zh, en)}</span></div>`;
}
