/**
 * @file Findings as one HTML page in Chinese and English: what was measured, then each image with its findings.
 *
 * The page needs no network and no script; pictures are referred to by relative paths. It is for reading and printing.
 */
import type { Finding } from "../finding";
import type { Language } from "../language";
import type { DetectionSummary } from "../metrics/detection-metrics";
import { errorIn } from "../reasons/tell";
import type { FindingsReport, ImageFindings } from "./findings";
import { htmlPage, RESEARCH_ONLY, tile } from "./html-page";
import { STYLE } from "./html-style";
import { both, type Html, html, relativeUrl } from "./html-text";
import { spacingNote } from "./spacing-note";
import { findingsSentence, runSentence } from "./summary";

/** Pictures of one image, as paths relative to the page. */
export interface ReportPictures {
  readonly original?: string;
  /** With its findings drawn upon it. */
  readonly annotated?: string;
  /** Both in one picture, with captions of its own. */
  readonly sideBySide?: string;
}

/** A training run whose model made the findings. */
export interface ReportTraining {
  readonly metrics: DetectionSummary;
  readonly epochs?: number;
  readonly imgsz?: number;
  /** Path of the data set or its name. */
  readonly data?: string;
  /** Picture of losses and metrics over the epochs, a path relative to the page. */
  readonly curves?: string;
}

export interface HtmlReportOptions {
  /** @default "病灶检测报告" and "Lesion detection report" */
  readonly title?: { readonly zh: string; readonly en: string };
  /** When the run was made, as it shall be shown. */
  readonly date?: string;
  /** Pictures of each image, in the order of `report.images`. */
  readonly pictures?: readonly (ReportPictures | undefined)[];
  readonly training?: ReportTraining;
  /** CSS colour of each class, in turn, as in the annotated pictures. @default none shown */
  readonly colours?: readonly string[];
  /** Images of the run that the page does not show; it says so. @default 0 */
  readonly omitted?: number;
  /** Shown first; the reader can switch. @default "zh" */
  readonly language?: Language;
}

/** The page, from `<!doctype html>` on. */
export function findingsHtml(
  report: FindingsReport,
  {
    title = { zh: "病灶检测报告", en: "Lesion detection report" },
    date,
    pictures = [],
    training,
    colours = [],
    omitted = 0,
    language = "zh",
  }: HtmlReportOptions = {},
): string {
  return htmlPage({
    title,
    heading: both(title.zh, title.en),
    sub: date,
    style: STYLE,
    language,
    notice: html`<p class="notice">${both(...RESEARCH_ONLY)}</p>`,
    main: html`${runCard(report)}
${training === undefined ? undefined : trainingCard(training)}
${report.images.map((image, i) => imageCard(image, pictures.at(i), colours))}
${omitted === 0 ? undefined : omittedNote(omitted)}`,
    picturesBeside: true,
  });
}

function runCard({ model, imgsz, conf, iou, summary }: FindingsReport): Html {
  const { files, filesWithFindings, findings, meanPerImage, maxPerImage, failures } = summary;
  return html`<section class="card">
<h2>${both("检测概况", "Overview")}</h2>
<div class="tiles">
${tile(files, "文件", "files")}${tile(filesWithFindings, "检出病灶的文件", "files with findings")}${tile(findings, "病灶", "findings")}
${tile(meanPerImage.toFixed(2), "平均每幅", "mean per image")}${tile(maxPerImage, "单幅最多", "most in one image")}${tile(failures, "失败", "failures")}
</div>
<p class="sentence">${both(runSentence(summary, "zh"), runSentence(summary, "en"))}</p>
<dl>
${entry("模型", "Model", model)}${entry("输入尺寸", "Input size", `${imgsz} px`)}
${entry("置信度阈值", "Confidence from", String(conf))}${entry("NMS IoU", "NMS IoU", String(iou))}
${summary.perClass.map(({ className, findings: count }) => entry(className, className, String(count)))}
</dl>
</section>`;
}

function trainingCard({ metrics, epochs, imgsz, data, curves }: ReportTraining): Html {
  const { map50, map5095, precision, recall, perClass, images, labels } = metrics;
  return html`<section class="card">
<h2>${both("模型在验证集上的表现", "The model on validation images")}</h2>
<div class="tiles">
${tile(map50.toFixed(3), "mAP50", "mAP50")}${tile(map5095.toFixed(3), "mAP50-95", "mAP50-95")}
${tile(precision.toFixed(3), "精确率", "precision")}${tile(recall.toFixed(3), "召回率", "recall")}
</div>
<div class="scroll"><table>
<thead><tr><th>${both("类别", "Class")}</th><th class="number">AP50</th><th class="number">AP50-95</th>
<th class="number">${both("精确率", "Precision")}</th><th class="number">${both("召回率", "Recall")}</th>
<th class="number">${both("标注数", "Labels")}</th></tr></thead>
<tbody>${perClass.map(
    (row) => html`<tr><td>${row.name}</td><td class="number">${row.ap50.toFixed(3)}</td>
<td class="number">${row.ap.toFixed(3)}</td><td class="number">${row.precision.toFixed(3)}</td>
<td class="number">${row.recall.toFixed(3)}</td><td class="number">${row.labels}</td></tr>`,
  )}</tbody></table></div>
<dl>
${data === undefined ? undefined : entry("数据集", "Data", data)}
${epochs === undefined ? undefined : entry("训练轮数", "Epochs", String(epochs))}
${imgsz === undefined ? undefined : entry("输入尺寸", "Input size", `${imgsz} px`)}
${entry("验证图像", "Validation images", String(images))}${entry("标注病灶", "Labelled lesions", String(labels))}
</dl>
${curves === undefined ? undefined : html`<img class="curves" src="${relativeUrl(curves)}" alt="">`}
</section>`;
}

function imageCard(image: ImageFindings, pictures: ReportPictures | undefined, colours: readonly string[]): Html {
  const { file, frame, findings, error } = image;
  const name = frame === undefined || frame === 0 ? file : `${file} [${frame}]`;
  if (error !== undefined) {
    return html`<section class="card"><div class="head"><h3>${name}</h3>
<span class="chip failed">${both("处理失败", "failed")}</span></div>
<p class="message">${both(errorIn(error, "zh"), errorIn(error, "en"))}</p></section>`;
  }
  const chip =
    findings.length === 0
      ? html`<span class="chip clear">${both("未检出", "none detected")}</span>`
      : html`<span class="chip found">${both(`${findings.length}处`, `${findings.length} detected`)}</span>`;
  return html`<section class="card"><div class="head"><h3>${name}</h3>${chip}</div>
<p class="sentence">${both(findingsSentence(findings, "zh"), findingsSentence(findings, "en"))}</p>
${pictures === undefined ? undefined : figures(pictures)}
${findings.length === 0 ? undefined : findingsTable(findings, colours)}
<p class="small">${image.width} × ${image.height} px${spacingNote(image.spacingMm)}</p></section>`;
}

function omittedNote(omitted: number): Html {
  return html`<p class="sentence">${both(
    `另有${omitted}幅图像未在此页显示，见 findings.csv。`,
    `${omitted} more ${omitted === 1 ? "image is" : "images are"} not shown here; see findings.csv.`,
  )}</p>`;
}

function figures({ original, annotated, sideBySide }: ReportPictures): Html {
  if (sideBySide !== undefined) {
    return html`<div class="pictures single"><figure><img src="${relativeUrl(sideBySide)}" alt="原图与检测结果 Original and detected" loading="lazy"></figure></div>`;
  }
  const figure = (path: string | undefined, zh: string, en: string) =>
    path === undefined
      ? []
      : [
          html`<figure><img src="${relativeUrl(path)}" alt="${zh} ${en}" loading="lazy"><figcaption>${both(zh, en)}</figcaption></figure>`,
        ];
  const shown = [...figure(original, "原图", "Original"), ...figure(annotated, "检测结果", "Detected")];
  return html`<div class="${shown.length === 1 ? "pictures single" : "pictures"}">${shown}</div>`;
}

function findingsTable(findings: readonly Finding[], colours: readonly string[]): Html {
  return html`<div class="scroll"><table>
<thead><tr><th>#</th><th>${both("类别", "Class")}</th><th>${both("置信度", "Confidence")}</th>
<th class="number">${both("位置 x, y (px)", "Position x, y (px)")}</th><th class="number">${both("大小 (px)", "Size (px)")}</th>
<th class="number">${both("大小 (mm)", "Size (mm)")}</th></tr></thead>
<tbody>${findings.map((finding, i) => findingRow(finding, i, colours))}</tbody></table></div>`;
}

function findingRow(
  { classId, className, confidence, box, sizeMm }: Finding,
  i: number,
  colours: readonly string[],
): Html {
  const swatch =
    colours.length === 0
      ? undefined
      : html`<span class="swatch" style="background:${colours[classId % colours.length]}"></span>`;
  const mm = sizeMm === undefined ? "–" : `${sizeMm.width.toFixed(1)} × ${sizeMm.height.toFixed(1)}`;
  return html`<tr><td>${i + 1}</td><td>${swatch}${className}</td>
<td><span class="bar"><i style="width:${Math.round(100 * confidence)}%"></i></span>${confidence.toFixed(2)}</td>
<td class="number">${Math.round(box.x1)}, ${Math.round(box.y1)}</td>
<td class="number">${(box.x2 - box.x1).toFixed(0)} × ${(box.y2 - box.y1).toFixed(0)}</td><td class="number">${mm}</td></tr>`;
}

function entry(zh: string, en: string, value: string): Html {
  return html`<div><dt>${both(zh, en)}</dt><dd>${value}</dd></div>`;
}
