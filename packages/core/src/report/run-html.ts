/**
 * @file A training run as one HTML page in Chinese and English that needs no network and no other file.
 */
import type { Language } from "../language";
import { htmlPage, type PageSection, pageSections, tile } from "./html-page";
import { both, type Html, html } from "./html-text";
import { argumentSection, environmentSection, stageSection, timingSection } from "./run-circumstances";
import { classSection, confusionSection, curveSection, frocSection, precisionRecallSection } from "./run-measures";
import { labelSection, trainBatchSection, validationSection } from "./run-pictures";
import { durationText, END, type RunReport, runSummaryLine } from "./run-report";
import { RUN_STYLE } from "./run-style";

export interface RunHtmlOptions {
  /** Shown first; the reader can switch. @default "zh" */
  readonly language?: Language;
  /** Path of a script that keeps the page up to date, for a page that is served. @default none: the page runs nothing */
  readonly script?: string;
}

/** The page, from `<!doctype html>` on. */
export function runReportHtml(report: RunReport, { language = "zh", script }: RunHtmlOptions = {}): string {
  return htmlPage({
    title: { zh: `${report.name} · 训练报告`, en: `${report.name} · Training report` },
    heading: html`${both("训练报告", "Training report")}: ${report.name}`,
    sub: report.date,
    style: RUN_STYLE,
    language,
    notice: html`<p class="notice ended">${both("训练程序已不再应答；此页不再更新。", "The training no longer answers; this page is not kept up to date any more.")}</p>`,
    main: html`${headline(report)}\n${pageSections(sectionsOf(report))}`,
    mainId: "report",
    script,
  });
}

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

/** Those sections that have something to show. */
function sectionsOf(report: RunReport): PageSection[] {
  return [
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
}
