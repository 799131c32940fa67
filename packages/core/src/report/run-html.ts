/**
 * @file A training run as one HTML page in Chinese and English that needs no network and no other file.
 */
import { both, type Html, html } from "./html-text";
import { argumentSection, environmentSection, stageSection, timingSection } from "./run-circumstances";
import { classSection, confusionSection, curveSection, frocSection, precisionRecallSection } from "./run-measures";
import { labelSection, trainBatchSection, validationSection } from "./run-pictures";
import { durationText, END, type RunReport, runSummaryLine } from "./run-report";
import { RUN_STYLE } from "./run-style";
import type { Language } from "./summary";

export interface RunHtmlOptions {
  /** Shown first; the reader can switch. @default "zh" */
  readonly language?: Language;
  /** Path of a script that keeps the page up to date, for a page that is served. @default none: the page runs nothing */
  readonly script?: string;
}

/** What a page that is opened as a file may do: nothing but show itself. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The page, from `<!doctype html>` on. */
export function runReportHtml(report: RunReport, { language = "zh", script }: RunHtmlOptions = {}): string {
  const checked = (shown: Language) => (shown === language ? CHECKED : undefined);
  const sections = sectionsOf(report);
  return html`<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
${script === undefined ? html`<meta http-equiv="Content-Security-Policy" content="${POLICY}">` : undefined}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${report.name} · ${language === "zh" ? "训练报告" : "Training report"}</title>
<style>${{ markup: RUN_STYLE }}</style>
${script === undefined ? undefined : html`<script src="${script}" defer></script>`}
</head>
<body>
<input class="choice" type="radio" name="language" id="show-zh"${checked("zh")}>
<input class="choice" type="radio" name="language" id="show-en"${checked("en")}>
<div class="page">
<header>
<div><h1>${both("训练报告", "Training report")}: ${report.name}</h1><p class="sub">${report.date}</p></div>
<div class="switch"><label for="show-zh">中文</label><label for="show-en">English</label></div>
</header>
<p class="notice ended">${both("训练程序已不再应答；此页不再更新。", "The training no longer answers; this page is not kept up to date any more.")}</p>
<main id="report">
${headline(report)}
<nav>${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
${sections.map(({ id, title, content }) => html`<section class="card" id="${id}">\n<h2>${title}</h2>\n${content}\n</section>\n`)}
</main>
<footer>${DISCLAIMER} Fovea</footer>
</div>
</body>
</html>
`.markup;
}

const CHECKED: Html = { markup: " checked" };

const DISCLAIMER = both(
  "仅供科研使用，不是医疗器械；结果不能代替医生的诊断。",
  "For research use only. Not a medical device; results do not replace a physician's judgement.",
);

function headline(report: RunReport): Html {
  const { end, rows, epochs, best, model, bestEpoch } = report;
  const line = runSummaryLine(report);
  const chip = {
    running: "found",
    finished: "clear",
    "stopped early": "clear",
    "out of time": "found",
    interrupted: "found",
    failed: "failed",
  };
  const seconds = rows.at(-1)?.time;
  const measured = best && [
    tile(best.map50.toFixed(3), "mAP50", "mAP50"),
    tile(best.map5095.toFixed(3), "mAP50-95", "mAP50-95"),
    tile(best.precision.toFixed(3), "精确率", "precision"),
    tile(best.recall.toFixed(3), "召回率", "recall"),
  ];
  const froc = rows.find(({ epoch }) => epoch === bestEpoch)?.["metrics/froc1(B)"];
  return html`<section class="card">
<div class="head"><h3>${model.name}</h3><span class="chip ${chip[end]}">${both(...END[end])}</span></div>
<p class="result">${both(line.zh, line.en)}</p>
<div class="tiles">${measured || undefined}${
    typeof froc === "number" ? tile(froc.toFixed(3), "灵敏度（1 FP/图）", "sensitivity at 1 FP/image") : undefined
  }${tile(`${rows.length}/${epochs}`, "轮", "epochs")}${
    typeof seconds === "number"
      ? html`<div class="tile"><b>${both(durationText(seconds, "zh"), durationText(seconds, "en"))}</b><span>${both("用时", "time")}</span></div>`
      : undefined
  }</div>
<dl><div><dt>${both("模型", "Model")}</dt><dd>${model.size}</dd></div><div><dt>${both("初始权重", "Weights")}</dt><dd>${model.weights}</dd></div></dl>
</section>`;
}

function tile(value: string, zh: string, en: string): Html {
  return html`<div class="tile"><b>${value}</b><span>${both(zh, en)}</span></div>`;
}

interface Section {
  readonly id: string;
  readonly title: Html;
  readonly content: Html;
}

/** Those sections that have something to show. */
function sectionsOf(report: RunReport): Section[] {
  const all: readonly (readonly [id: string, zh: string, en: string, content: Html | undefined])[] = [
    ["curves", "训练曲线", "Curves", curveSection(report)],
    ["froc", "灵敏度与假阳性（FROC）", "Sensitivity by false positives (FROC)", frocSection(report)],
    ["classes", "各类别", "Classes", classSection(report)],
    ["precision-recall", "精确率与召回率", "Precision and recall", precisionRecallSection(report)],
    ["confusion", "混淆矩阵", "Confusion matrix", confusionSection(report)],
    ["validation", "验证图像：标注与检出", "Validation pictures: marked and found", validationSection(report)],
    ["batches", "送入网络的训练批次", "Training batches as fed", trainBatchSection(report)],
    ["labels", "标注统计", "Labels", labelSection(report)],
    ["stages", "训练阶段", "Stages", stageSection(report)],
    ["timing", "耗时", "Timing", timingSection(report)],
    ["arguments", "训练参数", "Arguments", argumentSection(report)],
    ["environment", "环境与数据", "Environment and data", environmentSection(report)],
  ];
  return all.flatMap(([id, zh, en, content]) => (content ? [{ id, title: both(zh, en), content }] : []));
}
