/**
 * @file An evaluation on one page of A4, in one language: a few numbers, one figure, plain sentences.
 */
import type { Language } from "../language";
import type { Evaluation } from "../metrics/evaluation";
import { chartSvg } from "./chart-svg";
import { EVALUATION_CHINESE, frocChart } from "./evaluation-charts";
import { ofTen, summarySentences } from "./evaluation-summary";
import { percent, percentInterval, rate } from "./evaluation-words";
import { PAGE_POLICY, RESEARCH_ONLY } from "./html-page";
import { html } from "./html-text";

const STYLE = `
* { box-sizing: border-box; }
body { margin: 0; background: #e9edf0; color: #1b2733; font: 11.5pt/1.45 "Inter", "Segoe UI", "Helvetica Neue", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; font-variant-numeric: tabular-nums; }
.sheet { width: 210mm; min-height: 297mm; margin: 8mm auto; padding: 13mm 16mm 10mm; background: #fff; display: flex; flex-direction: column; }
h1 { font-size: 19pt; line-height: 1.25; margin: 0 0 1mm; overflow-wrap: anywhere; }
.sub { color: #5b6b7a; margin: 0 0 4mm; font-size: 10pt; overflow-wrap: anywhere; }
.numbers { display: grid; grid-template-columns: repeat(3, 1fr); gap: 4mm; margin: 0 0 5mm; }
.numbers div { border: 1px solid #dbe2e8; border-radius: 2.5mm; padding: 3mm 4mm; }
.numbers b { display: block; font-size: 19pt; line-height: 1.25; font-weight: 650; color: #0b6e84; }
.numbers span { color: #5b6b7a; font-size: 10pt; display: block; line-height: 1.35; }
p { margin: 0 0 1.8mm; }
.first { font-size: 12.5pt; }
h2 { font-size: 12.5pt; margin: 3mm 0 1.5mm; }
svg { display: block; width: 100%; height: auto; max-height: 76mm; margin: 1mm 0 2mm; }
ul { margin: 0; padding-left: 5mm; font-size: 10.5pt; } li { margin: 0 0 1mm; }
.bad { color: #a3262a; font-weight: 600; }
footer { margin-top: auto; padding-top: 3mm; border-top: 1px solid #dbe2e8; color: #5b6b7a; font-size: 9.5pt; }
.lang-zh .en, .lang-en .zh { display: none; }
@page { size: A4; margin: 0; }
@media print { body { background: #fff; -webkit-print-color-adjust: exact; print-color-adjust: exact; } .sheet { margin: 0; height: 297mm; overflow: hidden; } }
`;

const WORDS = {
  zh: {
    title: "病灶检测评估摘要",
    found: "病灶被检出",
    interval: "95\u00a0%区间",
    alarms: "每幅图像误报",
    lesions: "处病灶",
    of: (images: number, patients?: number) =>
      patients === undefined ? `来自${images}幅图像` : `来自${patients}名患者的${images}幅图像`,
    meaning: "结果说明",
    weak: "不足之处",
    mind: "请注意",
    chart: "曲线：允许的误报越多，找到的病灶越多。色带表示不确定的范围，圆点是上述结果。",
  },
  en: {
    title: "Lesion detection: summary of the evaluation",
    found: "lesions are found",
    interval: "95\u00a0% interval",
    alarms: "false alarms per image",
    lesions: "lesions",
    of: (images: number, patients?: number) =>
      patients === undefined ? `in ${images} images` : `in ${images} images of ${patients} patients`,
    meaning: "What this says",
    weak: "Where it is weaker",
    mind: "Bear in mind",
    chart:
      "The more false alarms are allowed, the more lesions are found. The band is how far this is known; the dot is the result above.",
  },
} as const;

/** The gravest come first; the page has no room for more, and report.html has them all. */
const MOST_WARNINGS = 5;

export interface SummaryHtmlOptions {
  /** @default "zh" */
  readonly language?: Language;
  /** When it was made, as it shall be shown. @default not said */
  readonly date?: string;
}

/** The page, from `<!doctype html>` on. */
export function evaluationSummaryHtml(
  evaluation: Evaluation,
  { language = "zh", date }: SummaryHtmlOptions = {},
): string {
  const words = WORDS[language];
  const sentences = summarySentences(evaluation, language);
  const { operating, counts, title, warnings } = evaluation;
  const chart = frocChart(evaluation);
  const interval = percentInterval(operating.sensitivity);
  const plain = [sentences.tested, sentences.healthy, sentences.certainty].filter((one) => one !== undefined);
  return html`<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${words.title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body class="lang-${language}">
<div class="sheet">
<h1>${words.title}</h1>
<p class="sub">${date === undefined ? title : `${title} · ${date}`}</p>
<div class="numbers">
<div><b>${ofTen(operating.sensitivity.value, language)}</b><span>${words.found}</span><span>${percent(operating.sensitivity.value)}${interval && ` (${words.interval} ${interval})`}</span></div>
<div><b>${rate(operating.fpPerImage.value)}</b><span>${words.alarms}</span></div>
<div><b>${counts.lesions}</b><span>${words.lesions}</span><span>${words.of(counts.images, counts.patients)}</span></div>
</div>
<p class="first">${sentences.found}</p>
${plain.map((one) => html`<p>${one}</p>`)}
${chart && html`${chartSvg(chart, { chinese: EVALUATION_CHINESE, width: 720, height: 300 })}<p class="sub">${words.chart}</p>`}
${sentences.weaknesses.length > 0 ? html`<h2>${words.weak}</h2><ul>${sentences.weaknesses.map((one) => html`<li>${one}</li>`)}</ul>` : undefined}
<h2>${words.mind}</h2><ul>${sentences.warnings.slice(0, MOST_WARNINGS).map((one, i) => html`<li${warnings[i].code === "leakage" ? BAD : undefined}>${one}</li>`)}<li>${RESEARCH_ONLY[language === "zh" ? 0 : 1]}</li></ul>
<footer>Fovea · ${evaluation.operating.rule}</footer>
</div>
</body>
</html>
`.markup;
}

const BAD = { markup: ' class="bad"' };
