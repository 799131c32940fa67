/**
 * @file An evaluation as one HTML page in Chinese and English that needs no network and no other file.
 */
import type { Language } from "../language";
import type { Evaluation } from "../metrics/evaluation";
import { gallerySection, type WorstPictures } from "./evaluation-gallery";
import {
  calibrationSection,
  classSection,
  confusionSection,
  frocSection,
  groupSection,
  operatingSection,
  precisionSection,
  reasonSection,
  rocSection,
} from "./evaluation-sections";
import { EVALUATION_STYLE } from "./evaluation-style";
import { ofTen, summarySentences } from "./evaluation-summary";
import { decimal, percent, rate } from "./evaluation-words";
import { htmlPage, type PageSection, pageSections, RESEARCH_ONLY, tile } from "./html-page";
import { both, type Html, html } from "./html-text";

export interface EvaluationHtmlOptions {
  /** Shown first; the reader can switch. @default "zh" */
  readonly language?: Language;
  /** Of `evaluation.worst`, in its order. @default none: boxes are sketched */
  readonly pictures?: readonly (WorstPictures | undefined)[];
  /** When it was made, as it shall be shown. @default not said */
  readonly date?: string;
}

/** The page, from `<!doctype html>` on. */
export function evaluationHtml(
  evaluation: Evaluation,
  { language = "zh", pictures = [], date }: EvaluationHtmlOptions = {},
): string {
  return htmlPage({
    title: { zh: `${evaluation.title} · 评估报告`, en: `${evaluation.title} · Evaluation report` },
    heading: html`${both("评估报告", "Evaluation report")}: ${evaluation.title}`,
    sub: date,
    style: EVALUATION_STYLE,
    language,
    main: html`${headline(evaluation)}\n${pageSections(sectionsOf(evaluation, pictures))}`,
  });
}

/** The result in plain words, a few numbers, and what to bear in mind. */
function headline(evaluation: Evaluation): Html {
  const { operating, roc, subject, warnings, map50 } = evaluation;
  const zh = summarySentences(evaluation, "zh");
  const en = summarySentences(evaluation, "en");
  const auc = roc[0]?.auc.value;
  const tiles = [
    tile(
      both(ofTen(operating.sensitivity.value, "zh"), ofTen(operating.sensitivity.value, "en")),
      "病灶被检出",
      "lesions found",
    ),
    tile(percent(operating.sensitivity.value), "检出率", "share of lesions found"),
    tile(rate(operating.fpPerImage.value), "每幅图像误报", "false alarms per image"),
    ...(auc === undefined ? [] : [tile(decimal(auc), "AUC（图像）", "AUC (images)")]),
    tile(decimal(map50), "mAP50", "mAP50"),
  ];
  const lines = (["tested", "healthy", "certainty"] as const).flatMap((key) => {
    const [ofZh, ofEn] = [zh[key], en[key]];
    return ofZh === undefined || ofEn === undefined ? [] : [html`<p>${both(ofZh, ofEn)}</p>`];
  });
  return html`<section class="card plain">
<p class="result">${both(zh.found, en.found)}</p>
<div class="tiles">${tiles}</div>
${lines}${zh.weaknesses.map((weak, i) => html`<p>${both(weak, en.weaknesses[i])}</p>`)}
<ul class="warnings">${warnings.map(
    ({ code }, i) => html`<li${code === "leakage" ? BAD : undefined}>${both(zh.warnings[i], en.warnings[i])}</li>`,
  )}<li>${both(...RESEARCH_ONLY)}</li></ul>
<dl>${subject.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>`;
}

const BAD: Html = { markup: ' class="bad"' };

/** Those sections that have something to show. */
function sectionsOf(evaluation: Evaluation, pictures: readonly (WorstPictures | undefined)[]): PageSection[] {
  return [
    ["froc", "检出率与误报（FROC）", "Lesions found by false alarms (FROC)", frocSection(evaluation)],
    ["operating", "工作点", "Operating point", operatingSection(evaluation)],
    ["classes", "各类别", "Classes", classSection(evaluation)],
    ["groups", "大小与亚组", "Sizes and subgroups", groupSection(evaluation)],
    ["misses", "最严重的漏检", "Worst misses", gallerySection(evaluation, pictures, "miss")],
    ["alarms", "置信度最高的误报", "Most confident false alarms", gallerySection(evaluation, pictures, "false alarm")],
    ["reasons", "错误的原因", "Why mistakes are made", reasonSection(evaluation)],
    ["roc", "图像与患者（ROC）", "Images and patients (ROC)", rocSection(evaluation)],
    ["calibration", "校准", "Calibration", calibrationSection(evaluation)],
    ["precision", "精确率与召回率", "Precision and recall", precisionSection(evaluation)],
    ["confusion", "混淆矩阵", "Confusion matrix", confusionSection(evaluation)],
    ["definitions", "定义", "Definitions", definitions(evaluation)],
  ];
}

function definitions({ rules: { unit, level, resamples, seed, mostDetections } }: Evaluation): Html {
  const patients = unit === "patient";
  const rows: readonly (readonly [zh: string, en: string, zhText: string, enText: string])[] = [
    [
      "检出率（灵敏度）",
      "Share found (sensitivity)",
      "在给定阈值下被命中的病灶占全部标注病灶的比例。",
      "Lesions hit by a finding of at least the threshold, of all that are marked.",
    ],
    [
      "误报",
      "False alarm",
      "没有命中任何同类病灶的检出。忽略区域内的检出不计。",
      "A finding that hits no lesion of its class. Findings in regions marked to be ignored do not count.",
    ],
    [
      "FROC",
      "FROC",
      "阈值由高到低，检出率随每图误报数的变化（Bunch 1977）；七个点取自LUNA16。",
      "Share found by false alarms per image as the threshold falls (Bunch 1977); the seven points are LUNA16's.",
    ],
    [
      "特异度",
      "Specificity",
      "没有标注病灶的图像（患者）中，工作点处没有任何检出者的比例。",
      "Of images (patients) without a marked lesion, those without any finding at the operating point.",
    ],
    [
      "95 % 区间",
      "95 % interval",
      `${patients ? "按患者" : "按图像"}有放回重抽${resamples}次（种子${seed}），取中间${100 * level} %。`,
      `${resamples} draws of ${unit}s with replacement (seed ${seed}), the middle ${100 * level} % of them.`,
    ],
    [
      "AP",
      "AP",
      "精确率-召回率曲线下面积；IoU 0.5，或0.5至0.95的平均。",
      "Area under precision by recall, at an IoU of 0.5, or the mean over 0.5 to 0.95.",
    ],
    [
      "ECE",
      "ECE",
      "置信度与实际正确比例之差的平均。",
      "Mean difference between confidence and the share that is right.",
    ],
    [
      "检出上限",
      "Findings kept",
      `每幅图像取置信度最高的${mostDetections}处。`,
      `The ${mostDetections} most confident of each image.`,
    ],
  ];
  return html`<dl class="definitions">${rows.map(([zh, en, zhText, enText]) => html`<div><dt>${both(zh, en)}</dt><dd>${both(zhText, enText)}</dd></div>`)}</dl>`;
}
