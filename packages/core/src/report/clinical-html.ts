/**
 * @file The report on a study, or on a batch, as one bilingual page: each image with its findings, where they lie, how
 * large they are, and what the rule file says of them.
 *
 * The page needs no network and no script. Pictures are data URIs, or paths relative to the page.
 */
import { ArgumentError } from "../errors";
import { thresholdText } from "../finding";
import type { Bilingual, Language } from "../language";
import { errorIn, warningIn } from "../reasons/tell";
import { type ClassNames, shownName } from "../rules/class-names";
import { type JudgedLesion, reported } from "../rules/judge";
import { CLINICAL_STYLE } from "./clinical-style";
import { htmlPage, RESEARCH_ONLY } from "./html-page";
import { both, type Html, html, relativeUrl } from "./html-text";
import { imageTitle, type JudgedImage, type ReportVersions } from "./judged-image";
import { placeInWords } from "./place-in-words";
import { spacingNote } from "./spacing-note";
import { findingsSentence, HIGH_CONFIDENCE } from "./summary";

export interface ClinicalPage extends ReportVersions {
  /** Below the heading, as `study 1.2.840...`; whoever may not see the patient is given none of the patient. */
  readonly subject: string;
  readonly images: readonly ClinicalPageImage[];
  /** When the report was made, as it shall be shown. */
  readonly date?: string;
  /** @default none */
  readonly classNames?: ClassNames;
  /** How many images there are, where some of `images` are frames of one. @default `images` and those omitted */
  readonly all?: number;
  /** Images, or frames as in `images`, that the page does not show; it says so. @default 0 */
  readonly omitted?: number;
  /** How many of these have findings that are reported. @default 0 */
  readonly omittedWithFindings?: number;
  /** Images, of `all`, that nobody looked at or that were not read whole; said at the head. @default 0 */
  readonly unread?: number;
  /** False where an image without `spacingMm` may have one that was not asked for: nothing is then said of it. @default true */
  readonly tellsSpacing?: boolean;
  /** Shown first; the reader can switch. @default "zh" */
  readonly language?: Language;
}

export interface ClinicalPageImage extends JudgedImage {
  readonly findings: readonly ReviewedLesion[];
  /** Why not all of its file was read: of the rest nothing is said. */
  readonly notWhole?: Bilingual;
  /** `data:image/png;base64,...` (or jpeg), or a path relative to the page. */
  readonly picture?: string;
}

/** A finding, and what a reader said of it; absent where there is no reader. */
export interface ReviewedLesion extends JudgedLesion {
  readonly review?: "open" | "accepted" | "rejected";
}

const DEPARTMENT = [
  "分级与建议来自所在科室的规则文件，仅供科研使用；左右指图像的左右，未注明患者侧别处不代表患者左右。",
  "Categories and suggestions are the department's own rule file's, for research use. Left and right are those of the image, not of the patient, unless the patient's side is named.",
] as const;

const DATA_PICTURE = /^data:image\/(?:png|jpeg);base64,[A-Za-z0-9+/]+={0,2}$/;

/** The page, from `<!doctype html>` on. @throws {ArgumentError} if a picture is a data URI of anything but PNG or JPEG */
export function clinicalHtml(page: ClinicalPage): string {
  const { subject, images, date, omitted = 0, unread = 0, language = "zh" } = page;
  const title = { zh: "影像检测报告", en: "Report of findings" };
  return htmlPage({
    title,
    heading: both(title.zh, title.en),
    sub: date === undefined ? subject : `${subject} · ${date}`,
    style: CLINICAL_STYLE,
    language,
    notice: html`<p class="notice">${both(...RESEARCH_ONLY)}</p>`,
    main: html`${unread === 0 ? undefined : unreadNote(unread, allOf(page))}
${versionCard(page)}
${images.map((image) => imageCard(image, page))}
${omitted === 0 ? undefined : omittedNote(page)}`,
    picturesBeside: images.some(({ picture }) => picture !== undefined && !picture.startsWith("data:")),
  });
}

const cardsOf = ({ images, omitted = 0 }: ClinicalPage) => images.length + omitted;

const allOf = (page: ClinicalPage) => page.all ?? cardsOf(page);

function versionCard(page: ClinicalPage): Html {
  const { modelVersion, rulesVersion, reportAbove, thresholds = [] } = page;
  return html`<section class="card">
<h2>${both("模型与规则", "Model and rules")}</h2>
<dl>
${entry("模型版本", "Model version", modelVersion)}
${entry("规则版本", "Rules version", rulesVersion ?? both("未使用规则文件", "no rule file"))}
${thresholds.length === 0 ? undefined : entry("置信度阈值", "Confidence threshold", thresholdsInWords(thresholds))}
${reportAbove === undefined ? undefined : entry("报告阈值", "Reported above", `${reportAbove}`)}
${entry("图像", "Images", String(allOf(page)))}
</dl>
<p class="small">${both(...DEPARTMENT)}</p>
</section>`;
}

/** Rising; what is not known is said last. */
function thresholdsInWords(thresholds: readonly (number | undefined)[]): Html {
  const known = [...new Set(thresholds.filter((one) => one !== undefined))].sort((a, b) => a - b).map(thresholdText);
  const unknown = thresholds.includes(undefined);
  const words = (some: string, none: string, join: string) =>
    [...known, ...(unknown ? [known.length > 0 ? some : none] : [])].join(join);
  return both(words("部分图像未记录", "未记录", "、"), words("not recorded for some images", "not recorded", ", "));
}

function imageCard(image: ClinicalPageImage, { classNames, reportAbove = 0, tellsSpacing = true }: ClinicalPage): Html {
  const { error, notAnalysed, notWhole, warnings = [], width, height, picture, spacingMm } = image;
  const title = imageTitle(image);
  if (notAnalysed !== undefined) {
    return html`<section class="card"><div class="head"><h3>${title}</h3>
<span class="chip failed">${both("未分析", "not analysed")}</span></div>
<p class="message">${both(notAnalysed.zh, notAnalysed.en)}</p></section>`;
  }
  if (error !== undefined) {
    return html`<section class="card"><div class="head"><h3>${title}</h3>
<span class="chip failed">${both("处理失败", "failed")}</span></div>
<p class="message">${both(errorIn(error, "zh"), errorIn(error, "en"))}</p></section>`;
  }
  const shown = reported(image.findings, { reportAbove });
  const left = image.findings.length - shown.length;
  const rejected = shown.filter(({ review }) => review === "rejected").length;
  return html`<section class="card"><div class="head"><h3>${title}</h3>${chipOf(shown.length, notWhole)}</div>
${notWhole === undefined ? undefined : notWholeNote(notWhole)}
${warnings.map((one) => html`<p class="message odd">${both(`提示：${warningIn(one, "zh")}`, `Note: ${warningIn(one, "en")}`)}</p>`)}
<p class="sentence">${both(findingsSentence(shown, "zh", classNames), findingsSentence(shown, "en", classNames))}</p>
${picture === undefined ? undefined : figure(picture)}
${shown.length === 0 ? undefined : findingsTable(shown, image, classNames)}
${rejected === 0 ? undefined : rejectedNote(rejected)}
${left === 0 ? undefined : leftOut(left, reportAbove)}
<p class="small">${width} × ${height} px${tellsSpacing || spacingMm !== undefined ? spacingNote(spacingMm) : undefined}</p></section>`;
}

/** "None detected" is said of an image that was read whole, of no other. */
function chipOf(found: number, notWhole: Bilingual | undefined): Html {
  if (found > 0) return html`<span class="chip found">${both(`${found}处`, `${found} detected`)}</span>`;
  if (notWhole !== undefined) return html`<span class="chip failed">${both("未完整分析", "not read whole")}</span>`;
  return html`<span class="chip clear">${both("未检出", "none detected")}</span>`;
}

function notWholeNote({ zh, en }: Bilingual): Html {
  return html`<p class="message">${both(
    `未能完整读取：${zh}。以下内容仅涉及已读取的部分。`,
    `Not read whole: ${en}. What follows is about what was read.`,
  )}</p>`;
}

function rejectedNote(rejected: number): Html {
  return html`<p class="small">${both(
    `其中${rejected}处已被阅片者拒绝。`,
    `${rejected} of them ${rejected === 1 ? "was" : "were"} rejected by a reader.`,
  )}</p>`;
}

function figure(picture: string): Html {
  const isData = picture.startsWith("data:");
  if (isData && !DATA_PICTURE.test(picture)) {
    throw new ArgumentError(`clinicalHtml: picture ${picture.slice(0, 40)}..., expected PNG or JPEG in base64`);
  }
  const source = isData ? picture : relativeUrl(picture);
  return html`<div class="pictures single"><figure><img src="${source}" alt="检测结果 Detected" loading="lazy"></figure></div>`;
}

const REVIEWS = {
  open: { zh: "待审阅", en: "open" },
  accepted: { zh: "已接受", en: "accepted" },
  rejected: { zh: "已拒绝", en: "rejected" },
} as const;

function findingsTable(findings: readonly ReviewedLesion[], image: JudgedImage, classNames: ClassNames = {}): Html {
  const reviewed = findings.some(({ review }) => review !== undefined);
  return html`<div class="scroll"><table>
<thead><tr><th>#</th><th>${both("类别", "Class")}</th><th>${both("位置（图像）", "Place (image)")}</th>
<th class="number">${both("大小 (px)", "Size (px)")}</th><th class="number">${both("大小 (mm)", "Size (mm)")}</th>
<th>${both("置信度", "Confidence")}</th><th>${both("分级", "Category")}</th><th>${both("建议", "Suggestion")}</th>
${reviewed ? html`<th>${both("审阅", "Review")}</th>` : undefined}</tr></thead>
<tbody>${findings.map((finding, i) => findingRow(finding, i, image, classNames))}</tbody></table></div>`;
}

function findingRow(finding: ReviewedLesion, i: number, image: JudgedImage, classNames: ClassNames): Html {
  const { className, confidence, box, sizeMm, category, suggestion, review } = finding;
  const place = placeInWords(box, image, image.sideAtLeft);
  const mm = sizeMm === undefined ? "–" : `${sizeMm.width.toFixed(1)} × ${sizeMm.height.toFixed(1)}`;
  const said = (text: Bilingual | undefined) => (text === undefined ? "–" : both(text.zh, text.en));
  const tone = confidence > HIGH_CONFIDENCE ? "sure" : "unsure";
  const row = review === "rejected" ? html`<tr class="rejected">` : html`<tr>`;
  return html`${row}<td>${i + 1}</td><td>${both(shownName(className, "zh", classNames), shownName(className, "en", classNames))}</td>
<td>${both(place.zh, place.en)}<span class="at">${Math.round(box.x1)}, ${Math.round(box.y1)}</span></td>
<td class="number">${(box.x2 - box.x1).toFixed(0)} × ${(box.y2 - box.y1).toFixed(0)}</td><td class="number">${mm}</td>
<td class="${tone}"><span class="bar"><i style="width:${Math.round(100 * confidence)}%"></i></span>${confidence.toFixed(2)}</td>
<td>${said(category)}</td><td class="said">${said(suggestion)}</td>${review && html`<td class="review">${said(REVIEWS[review])}</td>`}</tr>`;
}

function leftOut(left: number, reportAbove: number): Html {
  return html`<p class="small">${both(
    `另有${left}处置信度未超过${reportAbove}，未列出。`,
    `${left} more of confidence ${reportAbove} or less ${left === 1 ? "is" : "are"} not listed.`,
  )}</p>`;
}

function unreadNote(unread: number, all: number): Html {
  return html`<p class="notice">${both(
    `注意：共${all}幅图像，其中${unread}幅未分析、分析失败或未能完整读取；对未读取的内容不作任何结论。`,
    `Note: of ${all} images, ${unread} ${unread === 1 ? "was" : "were"} not analysed, could not be, or not whole; nothing is said of what was not read.`,
  )}</p>`;
}

function omittedNote(page: ClinicalPage): Html {
  const { omitted = 0, omittedWithFindings: found = 0 } = page;
  const frames = allOf(page) !== cardsOf(page);
  const noun = `${omitted === 1 ? "image" : "images"}${frames ? (omitted === 1 ? " or frame" : " or frames") : ""}`;
  return html`<p class="sentence">${both(
    `另有${omitted}幅图像${frames ? "（或帧）" : ""}未在此页显示${found === 0 ? "" : `，其中${found}幅有检出`}。`,
    `${omitted} more ${noun} ${omitted === 1 ? "is" : "are"} not shown here${found === 0 ? "" : `, ${found} of them with findings`}.`,
  )}</p>`;
}

function entry(zh: string, en: string, value: string | Html): Html {
  return html`<div><dt>${both(zh, en)}</dt><dd>${value}</dd></div>`;
}
