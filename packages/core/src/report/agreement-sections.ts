/**
 * @file Sections of the page on the agreement of readers: figures as tables.
 */
import type { AgainstOthers, Rates } from "../consensus/agreement";
import { type AgreementReport, estimateText } from "./agreement-report";
import { chartSvg } from "./chart-svg";
import { barsSvg } from "./count-svg";
import { both, type Html, html } from "./html-text";

type Cell = string | number | Html;

/** A heading, a row for each thing; all columns but the first are numbers. */
function table(titles: readonly Html[], rows: readonly (readonly Cell[])[]): Html {
  return html`<div class="scroll"><table><thead><tr>${titles.map((title, i) =>
    i === 0 ? html`<th>${title}</th>` : html`<th class="number">${title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, i) => (i === 0 ? html`<td class="text">${cell}</td>` : html`<td class="number">${cell}</td>`))}</tr>`,
  )}</tbody></table></div>`;
}

const note = (zh: string, en: string) => html`<p class="small">${both(zh, en)}</p>`;

export function readerSection({ agreement }: AgreementReport): Html {
  const { byReaders, perReader } = agreement;
  return html`<div class="charts"><div class="chart"><h4>${both("病灶数：被几位读者标出", "Lesions by how many readers marked them")}</h4>${barsSvg(
    byReaders.map((_, k) => String(k + 1)),
    byReaders,
  )}</div></div>${
    perReader.length === 0
      ? note(
          "各例的“读者k”不是同一人，因此不显示任何单个读者的数字。",
          "Reader k is not the same person from case to case, so that no figure of a single reader is shown.",
        )
      : table(
          [both("读者", "Reader"), both("读过的例数", "cases read"), both("标出的病灶", "lesions marked")],
          perReader.map(({ reader, cases, sightings }) => [reader, cases, sightings]),
        )
  }`;
}

export function pairSection({ agreement }: AgreementReport): Html {
  const { pairs, allPairs } = agreement;
  const all = both("全部读者对", "All pairs");
  const rows: Cell[][] = pairs.map(({ a, b, cases, matched, f1, iou }) => [
    `${a} – ${b}`,
    ...[cases, matched, estimateText(f1), estimateText(iou)],
  ]);
  rows.push([all, allPairs.cases, allPairs.matched, estimateText(allPairs.f1), estimateText(allPairs.iou)]);
  return html`${table(
    [
      both("读者", "Readers"),
      both("共同读过的例数", "cases both read"),
      both("配对的病灶", "lesions matched"),
      both("检出F1", "detection F1"),
      both("配对框的平均IoU", "mean IoU of matched"),
    ],
    rows,
  )}${note(
    "F1 = 2m / (a + b)：m为配对数，a、b为两人各自标出的数目；不需要金标准。括号内为95 %区间（按患者自助抽样）。",
    "F1 = 2m / (a + b): m matched, a and b marked by the two; no truth is needed. In brackets 95 % intervals by bootstrap over patients.",
  )}`;
}

const nameOf = ({ reader }: { readonly reader?: string }) => reader ?? both("全部读者", "All readers");

export function othersSection({ agreement }: AgreementReport): Html {
  return html`${table(
    [
      both("读者", "Reader"),
      both("其他读者的共识病灶", "lesions of the others"),
      both("检出", "found"),
      both("误报", "false positives"),
      both("灵敏度", "sensitivity"),
      both("精确率", "precision"),
      "F1",
      both("每例误报", "false positives per case"),
    ].map((title) => (typeof title === "string" ? html`${title}` : title)),
    agreement.others.map((one) => [
      nameOf(one),
      ...[one.lesions, one.found, one.falsePositives],
      ...[one.sensitivity, one.precision, one.f1].map((estimate) => estimateText(estimate)),
      estimateText(one.fpPerCase, 2),
    ]),
  )}${note(
    "每位读者与其余读者的共识（多数）比较，该共识不含其本人。只有少数其他读者标出之处不作评判。",
    "Each reader against the consensus (majority) of the others, made without the reader. What only a minority of the others marked is not judged.",
  )}${frocCharts(agreement.others)}`;
}

function frocCharts(others: readonly AgainstOthers[]): Html | undefined {
  const drawn = others.filter(({ froc }) => froc);
  if (drawn.length === 0) return undefined;
  const lines = drawn.map(({ reader = "all readers", froc }) => ({
    name: reader,
    points: (froc?.fpPerCase ?? []).map((x, i) => ({ x, y: froc?.sensitivity[i] ?? Number.NaN })),
  }));
  const title = "FROC by the readers' confidence";
  const xTitle = "false positives per case";
  const chart = { title, xTitle, yTitle: "", lines, yRange: [0, 1] as const };
  const chinese = { [title]: "FROC（按读者置信度）", [xTitle]: "每例误报", "all readers": "全部读者" };
  return html`<div class="charts wide"><div class="chart">${chartSvg(chart, { width: 520, height: 320, chinese })}</div></div>${table(
    [both("每例误报", "False positives per case"), ...drawn.map((one) => html`${nameOf(one)}`)],
    (drawn[0].froc?.points ?? []).map(({ fpPerCase }, i) => [
      fpPerCase,
      ...drawn.map(({ froc }) => {
        const point = froc?.points[i];
        return point ? estimateText({ value: point.sensitivity, interval: point.interval }) : "–";
      }),
    ]),
  )}`;
}

export function sizeSection({ agreement }: AgreementReport): Html | undefined {
  if (agreement.sizes.length === 0) return undefined;
  return html`${table(
    [
      both("边长（像素）", "Side, px"),
      both("病灶", "lesions"),
      both("人人标出", "seen by all"),
      both("仅一人标出", "seen by one"),
      both("平均一致率", "mean share who saw it"),
      both("与共识框的平均IoU", "mean IoU with the fused box"),
    ],
    agreement.sizes.map(({ low, high, lesions, byAll, byOne, agreement: share, iou }) => [
      `${low.toFixed(1)} – ${high.toFixed(1)}`,
      ...[lesions, byAll, byOne, estimateText(share), estimateText(iou)],
    ]),
  )}${note(
    "边长：与最大框等面积的正方形边长；按四分位分组。",
    "Side of a square as large as the lesion's largest box; the groups are quartiles.",
  )}`;
}

export function classSection({ agreement: { classes }, categories }: AgreementReport): Html | undefined {
  if (classes === undefined) return undefined;
  const { rated, alpha, ratedByAll, kappa, pairs } = classes;
  const rows: Cell[][] = [
    [
      both("Krippendorff α（两人以上标出的病灶）", "Krippendorff's alpha (lesions that two or more saw)"),
      rated,
      estimateText(alpha),
    ],
  ];
  if (kappa) {
    rows.push([
      both("Fleiss κ（人人标出的病灶）", "Fleiss' kappa (lesions that all saw)"),
      ratedByAll,
      estimateText(kappa),
    ]);
  }
  return html`${table([both("指标", "Measure"), both("病灶", "lesions"), both("数值", "value")], rows)}<p class="split">${both("读者对给出的类别", "Classes given by pairs of readers")}</p>${table(
    [both("类别", "Class"), ...categories.map((name) => html`${name}`)],
    categories.map((name, i) => [name, ...pairs[i]]),
  )}`;
}

export function ratesSection({ agreement }: AgreementReport): Html | undefined {
  const { lesionRates, caseRates } = agreement;
  if (lesionRates === undefined && caseRates === undefined) return undefined;
  return html`${lesionRates && lesionRateSection(lesionRates)}${caseRates && caseRateSection(caseRates)}`;
}

function lesionRateSection(rates: Rates): Html {
  return html`<p class="split">${both("病灶层面", "Lesions")}</p>${ratesTable(rates)}${note(
    "单位：至少一位读者标出之处（估计时已计入无人标出而未列出者，因此至少需四位读者）。真阴性：并非病灶、该读者未标之处。此特异度说明读者多容易被可疑之处误导，而非对健康人检查的特异度。",
    "Units: places that at least one reader marked; those that nobody marked are not listed, which the estimation takes into account and which needs four readers. A true negative is such a place that is no lesion and that the reader left alone. This specificity says how readily a reader falls for what tempts readers; it is not that of a test on healthy people.",
  )}`;
}

function caseRateSection(rates: Rates): Html {
  return html`<p class="split">${both("病例层面", "Cases")}</p>${ratesTable(rates)}${note(
    "单位：病例；“是”指标出任何病灶。真阴性：没有病灶而该读者什么也没标的病例。真值未知，由期望最大化（STAPLE，Warfield 2004）估计，假定读者在给定真值时各自独立出错。",
    "Units: cases; yes means anything marked. A true negative is a case without a lesion in which the reader marked nothing. The truth is not known but estimated along with the rates by expectation maximisation (STAPLE, Warfield 2004), which takes readers to err independently given the truth.",
  )}`;
}

function ratesTable({ readers, prevalence, units }: Rates): Html {
  return html`${table(
    [both("读者", "Reader"), both("估计灵敏度", "estimated sensitivity"), both("估计特异度", "estimated specificity")],
    readers.map((one) => [nameOf(one), estimateText(one.sensitivity), estimateText(one.specificity)]),
  )}${note(
    `${units}个单位；估计患病比例 ${estimateText(prevalence)}。`,
    `${units} units; estimated share of true ones ${estimateText(prevalence)}.`,
  )}`;
}
