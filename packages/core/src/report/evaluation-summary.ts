/**
 * @file An evaluation in plain sentences, in Chinese and English, for somebody who reads images rather than curves.
 */
import type { Language } from "../language";
import type { Evaluation, EvaluationWarning, GroupMeasures } from "../metrics/evaluation";
import { byNameIn, counted, percent, percentInterval, rate, rateInterval } from "./evaluation-words";

/** What a reader is told, in this order. */
export interface SummarySentences {
  /** What was tested on what. */
  readonly tested: string;
  /** How many lesions are found at how many false alarms. */
  readonly found: string;
  /** Of healthy images; absent where there are none. */
  readonly healthy?: string;
  /** How far the numbers may be trusted; absent without lesions. */
  readonly certainty?: string;
  /** Groups in which clearly fewer lesions are found. */
  readonly weaknesses: readonly string[];
  /** What to bear in mind. */
  readonly warnings: readonly string[];
}

export function summarySentences(evaluation: Evaluation, language: Language): SummarySentences {
  const words = language === "zh" ? CHINESE : ENGLISH;
  const { operating, warnings } = evaluation;
  const { images } = operating;
  const healthy = images.trueNegatives + images.falsePositives;
  return {
    tested: words.tested(evaluation),
    found: words.found(evaluation),
    ...(healthy > 0 && { healthy: words.healthy(evaluation) }),
    ...(operating.lesions > 0 && { certainty: words.certainty(evaluation) }),
    weaknesses: weakGroups(evaluation).map((group) => words.weakness(group)),
    warnings: warnings.map((warning) => words.warning(warning)),
  };
}

/** `about 9 of 10`: how a share is said aloud. */
export function ofTen(share: number, language: Language): string {
  const tens = Math.round(10 * share);
  const zh = language === "zh";
  if (!Number.isFinite(share)) return "–";
  if (share === 1) return zh ? "全部" : "all";
  if (share === 0) return zh ? "一个也没有" : "none";
  if (tens === 0) return zh ? "10个中不到1个" : "fewer than 1 of 10";
  if (tens === 10) return zh ? "10个中9个以上" : "more than 9 of 10";
  return zh ? `10个中约${tens}个` : `about ${tens} of 10`;
}

/** Groups named: three say enough. */
const MOST_WEAK = 3;
/** Groups of fewer lesions say too little. */
const LEAST_LESIONS = 10;

/** Groups whose whole interval lies below what is found of all lesions, the weakest first. */
export function weakGroups({ operating, classes, sizesPx, sizesMm, subgroups }: Evaluation): GroupMeasures[] {
  const sizes = sizesMm.length > 0 ? sizesMm : sizesPx;
  return [...classes, ...sizes, ...subgroups]
    .filter(({ lesions, sensitivity }) => lesions >= LEAST_LESIONS && sensitivity.high < operating.sensitivity.value)
    .sort((a, b) => a.sensitivity.value - b.sensitivity.value)
    .slice(0, MOST_WEAK);
}

interface Words {
  tested(evaluation: Evaluation): string;
  found(evaluation: Evaluation): string;
  healthy(evaluation: Evaluation): string;
  certainty(evaluation: Evaluation): string;
  weakness(group: GroupMeasures): string;
  warning(warning: EvaluationWarning): string;
}

/** How wide the interval of the sensitivity is: a tenth, a fifth, or more. */
function width({ operating: { sensitivity } }: Evaluation): 0 | 1 | 2 {
  const span = sensitivity.high - sensitivity.low;
  return span <= 0.1 ? 0 : span <= 0.2 ? 1 : 2;
}

const threshold = ({ operating }: Evaluation) => operating.threshold?.toFixed(2) ?? "";

const ENGLISH: Words = {
  tested: ({ counts: { images, positiveImages, patients, lesions }, operating }) => {
    const healthy = operating.images.trueNegatives + operating.images.falsePositives;
    const unclear = images - positiveImages - healthy;
    const rest = unclear === 0 ? "" : `, ${unclear} with nothing but what is not judged`;
    const who = patients === undefined ? "" : ` of ${counted(patients, "patient")}`;
    return `Tested on ${counted(images, "image")}${who}: ${counted(lesions, "lesion")} in ${counted(positiveImages, "image")}, ${counted(healthy, "image")} without any${rest}.`;
  },
  found: (evaluation) => {
    const { lesions, found, sensitivity, falseAlarms, fpPerImage } = evaluation.operating;
    if (evaluation.operating.threshold === undefined) {
      return lesions === 0
        ? "The model reports nothing, and there is no lesion to find."
        : `The model reports nothing: none of ${counted(lesions, "lesion")} is found, without a false alarm.`;
    }
    const alarms =
      falseAlarms === 0
        ? "without a single false alarm"
        : `with ${rate(fpPerImage.value)} false alarms per image (95\u00a0% interval ${rateInterval(fpPerImage)})`;
    if (lesions === 0) {
      return `There is no lesion in these images, so it cannot be said how many are found; the model reports ${counted(falseAlarms, "false alarm")}, ${rate(fpPerImage.value)} per image.`;
    }
    return `Counting findings from a confidence of ${threshold(evaluation)} on, the model finds ${found} of ${counted(lesions, "lesion")}, ${percent(sensitivity.value)} (95\u00a0% interval ${percentInterval(sensitivity)}), ${alarms}.`;
  },
  healthy: ({ operating: { images } }) => {
    const { trueNegatives, falsePositives, specificity } = images;
    return `Of ${counted(trueNegatives + falsePositives, "image")} without a lesion, ${trueNegatives} ${trueNegatives === 1 ? "is" : "are"} rightly left without a finding (specificity ${percent(specificity.value)}, ${percentInterval(specificity)}).`;
  },
  certainty: (evaluation) => {
    const { unit } = evaluation.rules;
    const words = [
      "The share of lesions found is known well",
      "The share of lesions found is known roughly",
      "The share of lesions found is known poorly",
    ];
    return `${words[width(evaluation)]}: with other ${unit}s of the same kind it would be expected between ${percent(evaluation.operating.sensitivity.low)} and ${percent(evaluation.operating.sensitivity.high)}.`;
  },
  weakness: ({ by, value, found, lesions, sensitivity }) =>
    `Weaker for ${byNameIn(by, "en").toLowerCase()} ${value}: ${found} of ${lesions} found, ${percent(sensitivity.value)} (${percentInterval(sensitivity)}).`,
  warning: (warning) => {
    switch (warning.code) {
      case "few_lesions":
        return `Only ${counted(warning.lesions, "lesion")}: every number here may change with a few more.`;
      case "few_patients":
        return `Only ${counted(warning.patients, "patient")}: others may be different.`;
      case "wide_interval":
        return `The interval of the sensitivity is wide (${percentInterval(warning)}); more cases are needed before anything is decided by it.`;
      case "no_negatives":
        return "No image is without a lesion: nothing can be said of healthy people.";
      case "few_negatives":
        return `Only ${counted(warning.images, "image")} without a lesion: what is said of healthy people is uncertain.`;
      case "no_lesions":
        return "No lesion is marked: no sensitivity can be stated.";
      case "no_detections":
        return "The model reports nothing at all; check that the model and these images belong together.";
      case "patients_unknown":
        return "It is not known which images are of one patient. Intervals take images as independent, and are too narrow if they are not.";
      case "threshold_chosen_here":
        return "The confidence threshold was chosen on these very images, which makes the numbers somewhat too good.";
      case "rule_not_kept":
        return `No confidence threshold keeps the rule ${warning.rule}; the highest confidence that occurs is taken.`;
      case "curve_ends":
        return `All findings together make ${rate(warning.fpPerImage)} false alarms per image; beyond that the curve only continues its last value.`;
      case "leakage":
        return `${counted(warning.shared, warning.what)} of this test ${warning.shared === 1 ? "is" : "are"} also in the training part: the numbers are too good to be trusted.`;
    }
  },
};

const CHINESE: Words = {
  tested: ({ counts: { images, positiveImages, patients, lesions }, operating }) => {
    const healthy = operating.images.trueNegatives + operating.images.falsePositives;
    const unclear = images - positiveImages - healthy;
    const rest = unclear === 0 ? "" : `，${unclear}幅只有不作评判的区域`;
    const who = patients === undefined ? "" : `${patients}名患者的`;
    return `测试使用${who}${images}幅图像：其中${positiveImages}幅共标注${lesions}处病灶，${healthy}幅无病灶${rest}。`;
  },
  found: (evaluation) => {
    const { lesions, found, sensitivity, falseAlarms, fpPerImage } = evaluation.operating;
    if (evaluation.operating.threshold === undefined) {
      return lesions === 0
        ? "模型没有任何检出，图像中也没有病灶。"
        : `模型没有任何检出：${lesions}处病灶均未找到，无误报。`;
    }
    if (lesions === 0) {
      return `这些图像中没有病灶，无法给出检出率；模型误报${falseAlarms}处，平均每幅${rate(fpPerImage.value)}处。`;
    }
    const alarms =
      falseAlarms === 0
        ? "没有误报"
        : `平均每幅图像误报${rate(fpPerImage.value)}处（95\u00a0%区间${rateInterval(fpPerImage)}）`;
    return `以置信度${threshold(evaluation)}为界，模型找到${lesions}处病灶中的${found}处，检出率${percent(sensitivity.value)}（95\u00a0%区间${percentInterval(sensitivity)}），${alarms}。`;
  },
  healthy: ({ operating: { images } }) => {
    const { trueNegatives, falsePositives, specificity } = images;
    return `${trueNegatives + falsePositives}幅无病灶图像中，${trueNegatives}幅正确地没有检出（特异度${percent(specificity.value)}，${percentInterval(specificity)}）。`;
  },
  certainty: (evaluation) => {
    const words = ["检出率较为确定", "检出率大致确定", "检出率很不确定"];
    const { unit } = evaluation.rules;
    const { low, high } = evaluation.operating.sensitivity;
    return `${words[width(evaluation)]}：换一批同类${unit === "patient" ? "患者" : "图像"}，预计在${percent(low)}到${percent(high)}之间。`;
  },
  weakness: ({ by, value, found, lesions, sensitivity }) =>
    `较弱：${byNameIn(by, "zh")} ${value}，${lesions}处中找到${found}处，${percent(sensitivity.value)}（${percentInterval(sensitivity)}）。`,
  warning: (warning) => {
    switch (warning.code) {
      case "few_lesions":
        return `只有${warning.lesions}处病灶：增加少量病例就可能改变所有数值。`;
      case "few_patients":
        return `只有${warning.patients}名患者：其他患者可能不同。`;
      case "wide_interval":
        return `检出率的区间很宽（${percentInterval(warning)}），作出任何决定前需要更多病例。`;
      case "no_negatives":
        return "没有无病灶的图像：对健康人的表现无从判断。";
      case "few_negatives":
        return `只有${warning.images}幅无病灶的图像：对健康人的表现很不确定。`;
      case "no_lesions":
        return "没有标注任何病灶：无法给出检出率。";
      case "no_detections":
        return "模型没有任何检出；请确认模型与这些图像是否匹配。";
      case "patients_unknown":
        return "不知道哪些图像属于同一患者。区间按图像独立计算，若并非独立则偏窄。";
      case "threshold_chosen_here":
        return "置信度阈值是在这些图像上选定的，数值因此略偏乐观。";
      case "rule_not_kept":
        return `没有阈值满足规则 ${warning.rule}；取出现过的最高置信度。`;
      case "curve_ends":
        return `全部检出合计每幅误报${rate(warning.fpPerImage)}处；超出部分曲线仅延续最后的数值。`;
      case "leakage":
        return `测试中有${warning.shared}${warning.what === "patient" ? "名患者" : "幅图像"}也在训练集中：数值过于乐观，不可信。`;
    }
  },
};
