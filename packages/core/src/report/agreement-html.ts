/**
 * @file The agreement of readers as one HTML page in Chinese and English that needs no network and no other file.
 */
import type { Language } from "../language";
import type { AgreementReport, ConsensusSettings, DisagreementPicture } from "./agreement-report";
import { estimateText } from "./agreement-report";
import {
  classSection,
  othersSection,
  pairSection,
  ratesSection,
  readerSection,
  sizeSection,
} from "./agreement-sections";
import { disagreementSvg, readerColour } from "./disagreement-svg";
import { htmlPage, type PageSection, pageSections, RESEARCH_ONLY, tile } from "./html-page";
import { both, type Html, html } from "./html-text";
import { RUN_STYLE } from "./run-style";

export interface AgreementHtmlOptions {
  /** Shown first; the reader can switch. @default "zh" */
  readonly language?: Language;
}

const STYLE = `${RUN_STYLE}
.disputes { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 14px; }
.disputes svg { display: block; width: 100%; height: auto; }
.disputes figcaption { overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 12px; font-size: 14px; }
.legend i { display: inline-block; width: 14px; height: 14px; border-radius: 3px; margin-right: 7px; vertical-align: -2px; }
.chip.kept { color: var(--good); background: var(--good-ground); }
`;

/** The page, from `<!doctype html>` on. */
export function agreementHtml(report: AgreementReport, { language = "zh" }: AgreementHtmlOptions = {}): string {
  return htmlPage({
    title: { zh: "读者一致性报告", en: "Agreement of readers" },
    heading: both("读者一致性报告", "Agreement of readers"),
    sub: report.date,
    style: STYLE,
    language,
    main: html`${headline(report)}\n${pageSections(sectionsOf(report))}`,
    footer: html`${both(...RESEARCH_ONLY)} Fovea ${report.version}`,
  });
}

function headline({ agreement }: AgreementReport): Html {
  const { readers, cases, patients, lesions, accepted, allPairs, presence } = agreement;
  const f1 = allPairs.f1.value;
  const value = (x: number) => (Number.isNaN(x) ? "–" : x.toFixed(2));
  return html`<section class="card">
<p class="result">${both(
    `${readers.length}位读者，${cases}例（${patients}位患者），共标出${lesions}个病灶，其中${accepted}个达到共识。两位读者之间的平均检出F1为${value(f1)}。`,
    `${readers.length} readers of ${cases} cases (${patients} patients) marked ${lesions} lesions; ${accepted} of them are consensus. Between two readers the F1 of detection is ${value(f1)}.`,
  )}</p>
<div class="tiles">${tile(String(readers.length), "读者", "readers")}${tile(String(cases), "病例", "cases")}${tile(String(lesions), "标出的病灶", "lesions marked")}${tile(String(accepted), "共识病灶", "consensus lesions")}${tile(value(f1), "两两检出F1", "pairwise F1")}${tile(value(presence.value), "病例层面α（有无病灶）", "alpha: any lesion in the case")}</div>
<dl><div><dt>${both("两两F1", "Pairwise F1")}</dt><dd>${estimateText(allPairs.f1)}</dd></div><div><dt>${both("Krippendorff α，病例有无病灶", "Krippendorff's alpha, any lesion in the case")}</dt><dd>${estimateText(presence)}</dd></div></dl>
</section>`;
}

function sectionsOf(report: AgreementReport): PageSection[] {
  return [
    ["readers", "读者与病灶", "Readers and lesions", readerSection(report)],
    ["pairs", "两两比较", "Pairs of readers", pairSection(report)],
    ["others", "每位读者与其他读者的共识", "Each against the consensus of the others", othersSection(report)],
    ["sizes", "按大小", "By size", sizeSection(report)],
    ["classes", "类别", "Classes", classSection(report)],
    ["rates", "估计的灵敏度与特异度", "Estimated sensitivity and specificity", ratesSection(report)],
    ["disputes", "分歧最大的病灶", "The worst disagreements", disputeSection(report)],
    ["settings", "方法", "How it was made", settingSection(report.settings)],
  ];
}

function disputeSection({ pictures, agreement }: AgreementReport): Html | undefined {
  if (pictures.length === 0) return undefined;
  return html`<p class="legend">${agreement.readers.map(
    (name, k) =>
      html`<span>${swatch(readerColour(k))}${agreement.interchangeable ? both(`该例的第${k + 1}次阅片`, `reading ${k + 1} of the case`) : name}</span>`,
  )}<span>${swatch("#fff")}${both("虚线：共识框", "dashed: fused box")}</span></p><div class="disputes">${pictures.map(
    (picture) => html`<figure>${disagreementSvg(picture)}<figcaption>${caption(picture)}</figcaption></figure>`,
  )}</div><p class="small">${both(
    "按分歧大小排序：读者是否标出各占多少、类别是否一致、框是否重合；同等时大者在前，每例至多两处。无像素时画在空白背景上，网格为10像素。",
    "By how evenly readers are divided, how the classes differ and how badly the boxes fit; of equal ones the larger first, two of a case at most. Without pixels they are drawn on an empty ground with lines every 10 px.",
  )}</p>`;
}

function swatch(colour: string): Html {
  return html`<svg width="16" height="12" style="display:inline-block;width:16px;vertical-align:-1px;margin-right:7px"><rect x="1" y="1" width="14" height="10" rx="2" fill="${colour}" stroke="#5b6b7a"/></svg>`;
}

function caption({ disagreement }: DisagreementPicture): Html {
  const { saw, read, className, classShare, meanIou, accepted, file, patient } = disagreement;
  const iou = meanIou === undefined ? "" : `, IoU ${meanIou.toFixed(2)}`;
  const share = classShare < 1 ? ` ${Math.round(100 * classShare)} %` : "";
  const name = shortened(file.slice(file.lastIndexOf("/") + 1));
  return html`${both(
    `${saw}/${read}位读者标出${iou}；${accepted ? "共识" : "少数"}；${className}${share}`,
    `seen by ${saw} of ${read}${iou}; ${accepted ? "consensus" : "minority"}; ${className}${share}`,
  )}<br>${patient === file ? undefined : `${shortened(patient)} · `}${name}`;
}

function shortened(text: string): string {
  return text.length > 24 ? `…${text.slice(-23)}` : text;
}

function settingSection(settings: ConsensusSettings): Html {
  const { method, iou, minPoints, sameReader, perClass, minReaders, minority, volume, reliability } = settings;
  const yes = (flag: boolean) => (flag ? both("是", "yes") : both("否", "no"));
  const rows: readonly (readonly [Html, string | number | Html])[] = [
    [
      both("聚类", "Grouping"),
      method === "dbscan" ? `DBSCAN, eps = 1 − ${iou}, minPts ${minPoints}` : `${method}, IoU ${iou}`,
    ],
    [both("同一读者的两处标注", "Two marks of one reader in a group"), sameReader],
    [both("仅同类合并", "Only marks of one class together"), yes(perClass)],
    [
      both("共识所需读者数", "Readers wanted for consensus"),
      minReaders === "majority" ? both("超过半数", "more than half of those who read it") : minReaders,
    ],
    [both("少数意见", "What a minority saw"), minority],
    [both("三维（序列为一例）", "Volume (a series is one case)"), yes(volume)],
    [
      both("读者权重", "Weights of readers"),
      reliability
        ? Object.entries(reliability)
            .map(([name, value]) => `${name} ${value.toFixed(3)}`)
            .join(", ")
        : both("相同", "equal"),
    ],
    [both("区间", "Intervals"), `95 %, ${settings.resamples} bootstrap, seed ${settings.seed}`],
  ];
  return html`<table><tbody>${rows.map(([what, value]) => html`<tr><td class="fact">${what}</td><td class="text">${value}</td></tr>`)}</tbody></table>`;
}
