/**
 * @file A check as one HTML page in Chinese and English that needs no network and no other file: what is there, then
 * every kind of finding with pictures.
 */
import { severityCounts } from "../dataset/check/check-set";
import { type CheckFinding, FINDING_KINDS, type Severity } from "../dataset/check/finding-kinds";
import type { Language } from "../language";
import { type CheckReport, type FindingGroup, groupFindings } from "./check-report";
import { CHECK_STYLE } from "./check-style";
import { htmlPage, tile } from "./html-page";
import { both, type Html, html } from "./html-text";
import { labelSection } from "./run-pictures";
import { partsTable, sizesTable } from "./statistics-tables";

/** A small picture of a finding. */
export interface ShownPicture {
  /** JPEG as a data URI. */
  readonly uri: string;
  /** File, for the caption. */
  readonly file: string;
  /** A part of the image, enlarged. */
  readonly close: boolean;
}

export interface CheckHtmlOptions {
  /** Pictures of findings; those without are listed. */
  readonly pictures?: ReadonlyMap<CheckFinding, readonly ShownPicture[]>;
  /** Findings of one kind that are listed at most. @default 200 */
  readonly most?: number;
  /** Shown first; the reader can switch. @default "zh" */
  readonly language?: Language;
}

/** The page, from `<!doctype html>` on. */
export function checkHtml(
  report: CheckReport,
  { pictures = new Map(), most = 200, language = "zh" }: CheckHtmlOptions = {},
): string {
  const groups = groupFindings(report.findings);
  return htmlPage({
    title: { zh: "数据检查", en: "Data check" },
    heading: both("数据检查", "Data check"),
    sub: `${report.data.join(", ")} · ${report.date}`,
    style: CHECK_STYLE,
    language,
    main: html`${overview(report, groups)}
${groups.map((group) => groupSection(group, report, pictures, most))}
${statistics(report)}`,
    footer: html`${both(
      "检查只提示可能的问题，是否修改由标注者决定。仅供科研使用。",
      "A check points at what may be wrong; whoever marked it decides. For research use only.",
    )} Fovea`,
  });
}

const SEVERITY_NAMES: Readonly<Record<Severity, readonly [zh: string, en: string, chip: string]>> = {
  error: ["错误", "error", "failed"],
  warning: ["警告", "warning", "found"],
  note: ["提示", "note", "noted"],
};

function overview(report: CheckReport, groups: readonly FindingGroup[]): Html {
  const { set, findings, patients, left, model } = report;
  const counts = severityCounts(findings);
  const boxes = set.images.reduce((sum, { annotations }) => sum + annotations.length, 0);
  return html`<section class="card">
<h2>${both("概况", "Overview")}</h2>
<div class="tiles">
${tile(set.images.length, "图像", "images")}${tile(boxes, "标注框", "boxes")}${tile(patients.count, "患者（已知）", "patients known")}
${tile(counts.error, "错误", "errors")}${tile(counts.warning, "警告", "warnings")}${tile(counts.note, "提示", "notes")}
</div>
${left === 0 ? undefined : html`<p class="notice">${both(`检查被中断：${left}幅图像未读取。`, `Interrupted: ${left} pictures were not read.`)}</p>`}
${
  groups.length === 0
    ? html`<p class="sentence">${both("未发现问题。", "Nothing was found.")}</p>`
    : html`<table class="kinds"><tbody>${groups.map(
        ({ kind, severity, findings: own }) =>
          html`<tr><td>${chip(severity)}</td><td><a href="#${severity}-${kind}">${name(kind)}</a></td><td class="number">${own.length}</td></tr>`,
      )}</tbody></table>`
}
${model === undefined ? undefined : html`<p class="small">${both(`参考模型：${model}`, `Model asked: ${model}`)}</p>`}
</section>`;
}

function groupSection(
  { kind, severity, findings }: FindingGroup,
  report: CheckReport,
  pictures: ReadonlyMap<CheckFinding, readonly ShownPicture[]>,
  most: number,
): Html {
  const mend = FINDING_KINDS[kind].mend;
  const listed = findings.slice(0, most);
  const pictured = listed.filter((one) => (pictures.get(one)?.length ?? 0) > 0);
  const others = listed.filter((one) => (pictures.get(one)?.length ?? 0) === 0);
  const more = findings.length - listed.length;
  return html`<section class="card" id="${severity}-${kind}">
<div class="head"><h2>${name(kind)} <span class="count">${findings.length}</span></h2>${chip(severity)}</div>
<p class="sentence mend">${both(mend.zh, mend.en)}</p>
${pictured.length === 0 ? undefined : html`<div class="finds">${pictured.map((one) => findingCard(one, pictures.get(one) ?? []))}</div>`}
${
  others.length === 0
    ? undefined
    : html`<div class="scroll"><table class="rows"><tbody>${others.map((one) => findingRow(one, report))}</tbody></table></div>`
}
${more === 0 ? undefined : html`<p class="small">${both(`另有${more}项，见 JSON。`, `${more} more; see the JSON.`)}</p>`}
</section>`;
}

function findingCard({ message }: CheckFinding, pictures: readonly ShownPicture[]): Html {
  return html`<div class="find${pictures.length > 1 ? " two" : ""}"><div class="shots">${pictures.map(
    ({ uri, file, close }) =>
      html`<figure><img src="${uri}" alt="${file}" title="${file}" loading="lazy"><figcaption>${close ? both("局部放大", "close") : nameOf(file)}</figcaption></figure>`,
  )}</div><p>${both(message.zh, message.en)}</p></div>`;
}

function findingRow({ message, images, file }: CheckFinding, { set }: CheckReport): Html {
  const where = file ?? (images.length > 0 ? set.images[images[0]].file : "");
  return html`<tr>${where === "" ? undefined : html`<td class="file">${where}</td>`}<td${where === "" ? WIDE : undefined}>${both(message.zh, message.en)}</td></tr>`;
}

const WIDE: Html = { markup: ' colspan="2"' };

/** The last part of a path; the page cuts it where there is no room. */
function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

function statistics({ statistics: counted, set }: CheckReport): Html {
  const names = set.categories.map(({ name: own }) => own);
  return html`<section class="card"><h2>${both("统计", "Statistics")}</h2>
${partsTable(counted, names)}
${sizesTable(counted)}
${labelSection({ labels: [{ split: "all", statistics: counted.labels }] })}
</section>`;
}

function name(kind: CheckFinding["kind"]): Html {
  return both(FINDING_KINDS[kind].name.zh, FINDING_KINDS[kind].name.en);
}

function chip(severity: Severity): Html {
  const [zh, en, style] = SEVERITY_NAMES[severity];
  return html`<span class="chip ${style}">${both(zh, en)}</span>`;
}
