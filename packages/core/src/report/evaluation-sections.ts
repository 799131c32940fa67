/**
 * @file Sections of an evaluation's page: the operating point, curves, classes, groups, calibration, confusion, reasons.
 */
import type { CaseMeasures, Evaluation, GroupMeasures, Reason } from "../metrics/evaluation";
import { LUNA16_POINTS } from "../metrics/froc";
import { chartSvg } from "./chart-svg";
import { confusionSvg } from "./count-svg";
import {
  EVALUATION_CHINESE,
  frocChart,
  precisionCharts,
  reliabilityChart,
  rocChart,
  rocChinese,
} from "./evaluation-charts";
import {
  ALARM_REASONS,
  byNameSvg,
  decimal,
  MISS_REASONS,
  percent,
  percentInterval,
  pointText,
  rate,
  rateInterval,
} from "./evaluation-words";
import { type ForestGroup, forestSvg } from "./forest-svg";
import { both, type Html, html } from "./html-text";
import type { LineChart } from "./line-chart";

/** More than these are left out of a table or a matrix, and counted. */
const MOST_CLASSES = 100;
const MOST_IN_MATRIX = 30;

function figure(chart: LineChart, width = 560, height = 360, own: Readonly<Record<string, string>> = {}): Html {
  const chinese = { ...EVALUATION_CHINESE, ...own };
  return html`<div class="chart">${chartSvg(chart, { chinese, width, height })}</div>`;
}

export function frocSection(evaluation: Evaluation): Html | undefined {
  const { froc, rules } = evaluation;
  const chart = frocChart(evaluation);
  if (froc === undefined || chart === undefined) return undefined;
  const cells = LUNA16_POINTS.map((at) => froc.points.find(({ fpPerImage }) => fpPerImage === at)).filter(
    (point) => point !== undefined,
  );
  return html`${figure(chart, 820, 400)}
<div class="scroll"><table><thead><tr><th>${both("每图误报数", "False alarms per image")}</th>${cells.map(({ fpPerImage }) => html`<th class="number">${pointText(fpPerImage)}</th>`)}</tr></thead>
<tbody><tr><td>${both("检出率", "Lesions found")}</td>${cells.map(({ value }) => html`<td class="number">${percent(value)}</td>`)}</tr>
<tr><td>${both("95 % 区间", "95 % interval")}</td>${cells.map((point) => html`<td class="number">${percentInterval(point)}</td>`)}</tr></tbody></table></div>
<p class="small">${both(
    `七点平均（LUNA16）${percent(froc.cpm)}。色带为95 %区间，${rules.unit === "patient" ? "按患者" : "按图像"}重抽${rules.resamples}次；圆点为工作点，其自身的区间另以固定阈值计算。`,
    `Mean of the seven (LUNA16) ${percent(froc.cpm)}. The band is the 95 % interval from ${rules.resamples} draws of ${rules.unit}s; the dot is the operating point, whose own interval holds the threshold fixed.`,
  )}</p>`;
}

export function operatingSection({ operating, rules }: Evaluation): Html {
  const { images, patients, fpPerPatient } = operating;
  const rows: (readonly [label: Html, counts: string, value: string, interval: string])[] = [
    [
      both("检出的病灶（灵敏度）", "Lesions found (sensitivity)"),
      `${operating.found} / ${operating.lesions}`,
      percent(operating.sensitivity.value),
      percentInterval(operating.sensitivity),
    ],
    [
      both("检出中正确的（精确率）", "Right of those reported (precision)"),
      `${operating.found} / ${operating.found + operating.falseAlarms}`,
      percent(operating.precision.value),
      percentInterval(operating.precision),
    ],
    [
      both("每幅图像误报", "False alarms per image"),
      String(operating.falseAlarms),
      rate(operating.fpPerImage.value),
      rateInterval(operating.fpPerImage),
    ],
  ];
  if (fpPerPatient) {
    const label = both("每名患者误报", "False alarms per patient");
    rows.push([label, String(operating.falseAlarms), rate(fpPerPatient.value), rateInterval(fpPerPatient)]);
  }
  rows.push(...caseRows(images, ["图像", "image"]));
  if (patients) rows.push(...caseRows(patients, ["患者", "patient"]));
  const threshold = operating.threshold === undefined ? "–" : Number(operating.threshold.toPrecision(4));
  return html`<p class="sentence">${both(
    `规则 ${operating.rule}：置信度不低于 ${threshold} 的检出计入。${operating.given ? "阈值由外部给定。" : "阈值在这些图像上选定。"}`,
    `Rule ${operating.rule}: findings of a confidence of at least ${threshold} count. ${operating.given ? "The threshold was given." : "The threshold was chosen on these images."}`,
  )}</p>
<div class="scroll"><table><thead><tr><th></th><th class="number">${both("数目", "Count")}</th><th class="number">${both("数值", "Value")}</th><th class="number">${both("95 % 区间", "95 % interval")}</th></tr></thead>
<tbody>${rows.map(([label, counts, value, interval]) => html`<tr><td>${label}</td><td class="number">${counts}</td><td class="number">${value}</td><td class="number">${interval}</td></tr>`)}</tbody></table></div>
<p class="small">${both(
    `命中：同类，${hitRule(rules, "zh")}；同一病灶的重复命中既不算命中也不算误报。真阴性：没有病灶、也没有任何检出的图像（患者：其所有图像）。`,
    `A hit: same class, ${hitRule(rules, "en")}; further hits on one lesion are neither hits nor false alarms. True negative: an image (a patient: all images) without lesion and without finding.`,
  )}</p>`;
}

function hitRule({ hit, hitIou, hitMm }: Evaluation["rules"], language: "zh" | "en"): string {
  if (hit === "distance") {
    return language === "zh" ? `中心相距不超过${hitMm}毫米` : `the centres are at most ${hitMm} mm apart`;
  }
  if (hit === "centre")
    return language === "zh" ? "检出框中心落在病灶框内" : "the finding's centre lies in the lesion's box";
  return language === "zh" ? `框的IoU不低于${hitIou}` : `the boxes overlap with an IoU of at least ${hitIou}`;
}

function caseRows(measures: CaseMeasures, [zh, en]: readonly [zh: string, en: string]) {
  const { truePositives, falseNegatives, trueNegatives, falsePositives, sensitivity, specificity } = measures;
  const ill = truePositives + falseNegatives;
  const healthy = trueNegatives + falsePositives;
  const row = (label: Html, count: number, all: number, value: typeof sensitivity) =>
    [label, `${count} / ${all}`, percent(value.value), percentInterval(value)] as const;
  return [
    row(
      both(`有病灶的${zh}中有检出的`, `${capital(en)}s with a lesion that have a finding`),
      truePositives,
      ill,
      sensitivity,
    ),
    row(
      both(`无病灶的${zh}中无检出的（特异度）`, `${capital(en)}s without lesion and without finding (specificity)`),
      trueNegatives,
      healthy,
      specificity,
    ),
  ];
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

export function classSection({ classes, operating, map50, map5095, coco }: Evaluation): Html | undefined {
  if (classes.length === 0) return undefined;
  const shown = classes.slice(0, MOST_CLASSES);
  const left = classes.length - shown.length;
  return html`<div class="scroll"><table><thead><tr><th>${both("类别", "Class")}</th><th class="number">${both("病灶", "Lesions")}</th><th class="number">${both("检出", "Found")}</th>
<th class="number">${both("检出率", "Share found")}</th><th class="number">${both("95 % 区间", "95 % interval")}</th><th class="number">${both("误报/图", "False/image")}</th><th class="number">${both("精确率", "Precision")}</th><th class="number">AP50</th><th class="number">AP50-95</th><th class="number">AP (COCO)</th></tr></thead>
<tbody>${shown.map(
    (one) =>
      html`<tr><td class="text">${one.value}</td><td class="number">${one.lesions}</td><td class="number">${one.found}</td><td class="number">${percent(one.sensitivity.value)}</td><td class="number">${percentInterval(one.sensitivity)}</td><td class="number">${rate(one.fpPerImage.value)}</td><td class="number">${percent(one.precision.value)}</td><td class="number">${decimal(one.ap50)}</td><td class="number">${decimal(one.ap)}</td><td class="number">${decimal(one.cocoAp)}</td></tr>`,
  )}</tbody></table></div>${left > 0 ? html`<p class="small">${both(`另有${left}类未显示。`, `${left} more not shown.`)}</p>` : undefined}
<p class="small">${both(
    `检出、误报与精确率取工作点；AP50、AP50-95按YOLO工具计算，均值${decimal(map50)}与${decimal(map5095)}。${cocoText(coco, "zh")}`,
    `Found, false and precision at the operating point. AP50 and AP50-95 as the YOLO tools compute them, means ${decimal(map50)} and ${decimal(map5095)}. ${cocoText(coco, "en")}`,
  )}</p>
${shown.length > 1 && shown.length <= MOST_IN_MATRIX ? html`<div class="chart">${forest([["class", shown]], operating.sensitivity.value)}</div>` : undefined}`;
}

function cocoText(coco: Evaluation["coco"], language: "zh" | "en"): string {
  const { ap, ap50, ap75, small, medium, large } = coco;
  const sizes = `${decimal(small)} / ${decimal(medium)} / ${decimal(large)}`;
  return language === "zh"
    ? `COCO：AP ${decimal(ap)}，AP50 ${decimal(ap50)}，AP75 ${decimal(ap75)}；小/中/大 ${sizes}。`
    : `COCO: AP ${decimal(ap)}, AP50 ${decimal(ap50)}, AP75 ${decimal(ap75)}; small / medium / large ${sizes}.`;
}

function forest(groups: readonly (readonly [by: string, rows: readonly GroupMeasures[]])[], reference: number): Html {
  return forestSvg(
    groups.map(
      ([by, rows]): ForestGroup => ({
        title: byNameSvg(by),
        rows: rows.map(({ value, found, lesions, sensitivity }) => ({
          label: value,
          texts: [`${found} / ${lesions}`, percent(sensitivity.value), percentInterval(sensitivity)],
          measured: sensitivity,
        })),
      }),
    ),
    reference,
  );
}

/** Sizes and subgroups, as dots and whiskers and as a table. */
export function groupSection({ sizesPx, sizesMm, subgroups, operating }: Evaluation): Html | undefined {
  const byColumn = new Map<string, GroupMeasures[]>();
  for (const one of [...sizesPx, ...sizesMm, ...subgroups])
    byColumn.set(one.by, [...(byColumn.get(one.by) ?? []), one]);
  // Classes of millimetres that no lesion is of are left out; so is a column without any lesion.
  const shown = [...byColumn]
    .map(([by, rows]) => [by, rows.filter(({ lesions }) => lesions > 0 || by !== "size_mm")] as const)
    .filter(([, rows]) => rows.some(({ lesions }) => lesions > 0));
  if (shown.length === 0) return undefined;
  return html`<div class="chart">${forest(shown, operating.sensitivity.value)}</div>
<p class="small">${both(
    "工作点处的检出率与95 %区间；虚线为全部病灶。大小取框面积的平方根。全部或全未检出的组用Wilson区间。",
    "Share of lesions found at the operating point with its 95 % interval; the dashed line is that of all. Size is the square root of the box's area. Groups of which all or none is found have Wilson's interval.",
  )}</p>
${subgroups.length > 0 ? subgroupTable(subgroups) : undefined}`;
}

function subgroupTable(subgroups: readonly GroupMeasures[]): Html {
  const rows = subgroups.map(
    ({ by, value, images, patients, lesions, sensitivity, fpPerImage }) =>
      html`<tr><td class="text">${by}</td><td class="text">${value}</td><td class="number">${images}</td><td class="number">${patients ?? "–"}</td><td class="number">${lesions}</td><td class="number">${percent(sensitivity.value)}</td><td class="number">${percentInterval(sensitivity)}</td><td class="number">${rate(fpPerImage.value)}</td><td class="number">${rateInterval(fpPerImage)}</td></tr>`,
  );
  return html`<div class="scroll"><table><thead><tr><th>${both("分组", "By")}</th><th>${both("取值", "Value")}</th><th class="number">${both("图像", "Images")}</th><th class="number">${both("患者", "Patients")}</th><th class="number">${both("病灶", "Lesions")}</th><th class="number">${both("检出率", "Share found")}</th><th class="number">${both("95 % 区间", "95 % interval")}</th><th class="number">${both("误报/图", "False/image")}</th><th class="number">${both("95 % 区间", "95 % interval")}</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

export function precisionSection(evaluation: Evaluation): Html | undefined {
  const charts = precisionCharts(evaluation);
  return charts.length === 0 ? undefined : html`<div class="charts wide">${charts.map((chart) => figure(chart))}</div>`;
}

export function rocSection({ roc, operating }: Evaluation): Html | undefined {
  const chart = rocChart(roc, operating);
  if (chart === undefined) return undefined;
  const lines = roc.map(({ of, positives, negatives, auc }) =>
    both(
      `${of === "image" ? "图像" : "患者"}：AUC ${decimal(auc.value)}（95 %区间${decimal(auc.low)}–${decimal(auc.high)}，DeLong），${positives}例有病灶，${negatives}例无。`,
      `By ${of}: AUC ${decimal(auc.value)} (95 % interval ${decimal(auc.low)}–${decimal(auc.high)}, DeLong), ${positives} with a lesion, ${negatives} without. `,
    ),
  );
  return html`<div class="charts wide">${figure(chart, 560, 360, rocChinese(roc))}<div class="beside">${lines.map((line) => html`<p>${line}</p>`)}<p class="small">${both(
    "每例以其最高置信度计分；阴性指没有标注任何病灶者。DeLong区间把各例视为独立。",
    "A case scores what its most confident finding does, wherever that is; negative are those without any marked lesion. DeLong's interval takes cases as independent.",
  )}</p></div></div>`;
}

export function calibrationSection({ calibration }: Evaluation): Html | undefined {
  if (calibration === undefined) return undefined;
  const { floor, detections, ece, temperature, eceAfter } = calibration;
  const t = temperature?.temperature;
  const mended = {
    zh: t === undefined ? "" : `拟合温度${rate(t)}（大于1表示过于自信）后为${decimal(eceAfter)}，在同一数据上拟合。`,
    en:
      t === undefined
        ? ""
        : `With the fitted temperature of ${rate(t)} (above 1: too sure of itself) it is ${decimal(eceAfter)}, fitted on these same findings.`,
  };
  return html`<div class="charts wide">${figure(reliabilityChart(calibration))}<p class="beside">${both(
    `${detections}处置信度不低于${floor}的检出；期望校准误差（ECE）${decimal(ece)}。${mended.zh}竖线为95 %区间（Wilson）。`,
    `${detections} findings of a confidence of at least ${floor}; expected calibration error (ECE) ${decimal(ece)}. ${mended.en} Whiskers are 95 % intervals (Wilson).`,
  )}</p></div>`;
}

export function confusionSection({ confusion, names, operating }: Evaluation): Html | undefined {
  if (names.length > MOST_IN_MATRIX || operating.threshold === undefined) return undefined;
  return html`<div class="chart own scroll">${confusionSvg(names, [...confusion])}</div><p class="small">${both(
    "行：检出类别；列：标注类别；颜色深浅为该列中的比例；工作点处，IoU大于0.45，不论类别。",
    "Rows: what was reported; columns: what was marked; shaded by share of the column; at the operating point, IoU above 0.45 whatever the class.",
  )}</p>`;
}

export function reasonSection({ reasons }: Evaluation): Html {
  const table = (
    title: Html,
    counts: Readonly<Record<Reason, number>>,
    words: Readonly<Record<Reason, readonly [string, string]>>,
    order: readonly Reason[],
  ) => {
    const all = Math.max(
      1,
      order.reduce((sum, reason) => sum + counts[reason], 0),
    );
    return html`<table><thead><tr><th>${title}</th><th class="number">${both("数目", "Count")}</th><th class="number"></th></tr></thead><tbody>${order.map(
      (reason) =>
        html`<tr><td>${both(...words[reason])}</td><td class="number">${counts[reason]}</td><td class="number">${percent(counts[reason] / all)}</td></tr>`,
    )}</tbody></table>`;
  };
  return html`<div class="charts wide">${table(both("漏检原因", "Missed lesions"), reasons.misses, MISS_REASONS, ["unsure", "loose", "class", "nothing"])}${table(both("误报原因", "False alarms"), reasons.falseAlarms, ALARM_REASONS, ["loose", "class", "nothing"])}</div>`;
}
