/**
 * @file Sections of a run's page: curves, classes, precision and recall, confusion.
 */
import { cpm, LUNA16_POINTS, sensitivityAt } from "../metrics/froc";
import { type ChartOptions, chartSvg } from "./chart-svg";
import { CONFUSION_NOTE, confusionSvg } from "./count-svg";
import { historyCharts } from "./history-charts";
import { both, type Html, html } from "./html-text";
import type { LineChart } from "./line-chart";
import type { RunReport } from "./run-report";

/** More classes than these are not shown one by one. */
const MOST_CLASSES = 100;
const MOST_IN_MATRIX = 30;

/** Words of the charts in Chinese. */
const CHINESE: Readonly<Record<string, string>> = {
  "box loss": "定位损失",
  "cls loss": "分类损失",
  "dfl loss": "分布焦点损失",
  "seg loss": "分割损失",
  "learning rate": "学习率",
  epoch: "轮",
  train: "训练",
  val: "验证",
  precision: "精确率",
  recall: "召回率",
  confidence: "置信度",
  "sensitivity at 1 FP/image": "灵敏度（1 FP/图）",
  "precision by recall (IoU 0.5)": "精确率-召回率（IoU 0.5）",
  "F1 by confidence": "F1-置信度",
  "precision by confidence": "精确率-置信度",
  "recall by confidence": "召回率-置信度",
};

/** A chart under its title in both languages. */
export function chartFigure(chart: LineChart, options: ChartOptions = {}): Html {
  return html`<div class="chart">${chartSvg(chart, { chinese: CHINESE, ...options })}</div>`;
}

export function curveSection({ rows }: RunReport): Html | undefined {
  const charts = historyCharts(rows);
  return charts.length === 0 ? undefined : html`<div class="charts">${charts.map((chart) => chartFigure(chart))}</div>`;
}

export function precisionRecallSection({ curves }: RunReport): Html | undefined {
  if (curves.every(({ lines }) => lines.length === 0)) return undefined;
  return html`<div class="charts wide">${curves.map((chart) => chartFigure(chart, { width: 560, height: 340 }))}</div>`;
}

/** Sensitivity at LUNA16's points, with its intervals. */
export function frocSection({ best, intervals }: RunReport): Html | undefined {
  if (best?.froc === undefined) return undefined;
  const { froc } = best;
  const cells = LUNA16_POINTS.map((point, i) => ({
    point: point < 1 ? `1/${1 / point}` : String(point),
    value: percent(sensitivityAt(froc, point)),
    interval: intervalText(intervals?.points[i]),
  }));
  return html`<div class="scroll"><table>
<thead><tr><th>${both("每图假阳性数", "False positives per image")}</th>${cells.map(({ point }) => html`<th class="number">${point}</th>`)}</tr></thead>
<tbody><tr><td>${both("灵敏度", "Sensitivity")}</td>${cells.map(({ value }) => html`<td class="number">${value}</td>`)}</tr>
<tr><td>${both("95 % 区间", "95 % interval")}</td>${cells.map(({ interval }) => html`<td class="number">${interval}</td>`)}</tr></tbody></table></div>
<p class="small">${both(
    `七点平均 ${percent(cpm(froc))}；最佳轮次；检出框与病灶的 IoU 不低于 0.5 即为命中；区间由重抽图像得出。`,
    `Mean of the seven ${percent(cpm(froc))}; best epoch; a hit is an IoU of at least 0.5; intervals are over the images.`,
  )}</p>`;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const intervalText = (interval: { readonly low: number; readonly high: number } | undefined) =>
  interval ? `${(100 * interval.low).toFixed(1)}–${(100 * interval.high).toFixed(1)}` : "";

export function classSection({ best, intervals }: RunReport): Html | undefined {
  if (best === undefined || best.perClass.length === 0) return undefined;
  const shown = best.perClass.slice(0, MOST_CLASSES);
  return html`<div class="scroll"><table>
<thead><tr><th>${both("类别", "Class")}</th><th class="number">${both("标注数", "Labels")}</th>
<th class="number">${both("精确率", "Precision")}</th><th class="number">${both("召回率", "Recall")}</th>
<th class="number">AP50</th><th class="number">AP50-95</th>
<th class="number">${both("灵敏度（1 FP/图）", "Sensitivity at 1 FP/image")}</th><th class="number">${both("95 % 区间", "95 % interval")}</th></tr></thead>
<tbody>${shown.map(
    (
      { name, labels, precision, recall, ap50, ap, sensitivity1 },
      i,
    ) => html`<tr><td class="text">${name}</td><td class="number">${labels}</td>
<td class="number">${precision.toFixed(3)}</td><td class="number">${recall.toFixed(3)}</td>
<td class="number">${ap50.toFixed(3)}</td><td class="number">${ap.toFixed(3)}</td>
<td class="number">${percent(sensitivity1)}</td><td class="number">${intervalText(intervals?.perClass[i])}</td></tr>`,
  )}</tbody></table></div>${more(best.perClass.length - shown.length)}
<p class="small">${both(
    `最佳轮次，${best.images}幅验证图像，${best.labels}处标注；精确率与召回率取平均 F1 最高处；假阳性按各类别计。`,
    `Best epoch, ${best.images} validation images, ${best.labels} labels; precision and recall where the mean F1 is best; false positives are those of the class.`,
  )}</p>`;
}

export function confusionSection({ confusion, names }: RunReport): Html | undefined {
  if (confusion === undefined) return undefined;
  if (names.length > MOST_IN_MATRIX) {
    return html`<p class="sentence">${both(`${names.length}个类别，矩阵见 confusion.png。`, `${names.length} classes; the matrix is in confusion.png.`)}</p>`;
  }
  return html`<div class="chart own scroll">${confusionSvg(names, confusion.counts)}</div><p class="small">${CONFUSION_NOTE}</p>`;
}

/** What a table leaves out. */
export function more(count: number): Html | undefined {
  if (count <= 0) return undefined;
  return html`<p class="small">${both(`另有${count}项未显示。`, `${count} more not shown.`)}</p>`;
}
