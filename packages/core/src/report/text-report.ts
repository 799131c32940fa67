/**
 * @file The findings of one file as a text, region by region: place, size, confidence, severity, suggestion.
 */
import type { Bilingual, Language } from "../language";
import { errorIn, warningIn } from "../reasons/tell";
import { type ClassNames, shownName } from "../rules/class-names";
import { type JudgedLesion, reported } from "../rules/judge";
import { RESEARCH_ONLY } from "./html-page";
import { imageTitle, type JudgedImage, type ReportVersions } from "./judged-image";
import { placeInWords } from "./place-in-words";
import { spacingWords } from "./spacing-note";
import { findingsSentence, HIGH_CONFIDENCE } from "./summary";

export interface TextReportOptions extends ReportVersions {
  readonly language: Language;
  /** @default none */
  readonly classNames?: ClassNames;
}

const WORDS = {
  title: { zh: "影像检测报告", en: "Report of findings" },
  file: { zh: "文件", en: "File" },
  size: { zh: "图像尺寸", en: "Image" },
  spacing: { zh: "像素间距", en: "Pixel spacing" },
  model: { zh: "模型版本", en: "Model" },
  rules: { zh: "规则版本", en: "Rules" },
  noRules: { zh: "未使用规则文件", en: "no rule file" },
  threshold: { zh: "报告阈值", en: "Reported" },
  place: { zh: "位置", en: "Place" },
  extent: { zh: "大小", en: "Size" },
  confidence: { zh: "置信度", en: "Confidence" },
  category: { zh: "分级", en: "Category" },
  suggestion: { zh: "建议", en: "Suggestion" },
  high: { zh: "（较高）", en: " (high)" },
  failed: { zh: "处理失败", en: "Could not be read" },
  warning: { zh: "提示", en: "Note" },
  sides: {
    zh: "左右指图像的左右；未注明患者侧别处，不代表患者左右。",
    en: "Left and right are those of the image, not of the patient, unless the patient's side is named.",
  },
  department: {
    zh: "分级与建议来自所在科室的规则文件，仅供科研使用。",
    en: "Categories and suggestions are the department's own rule file's, for research use.",
  },
  research: { zh: RESEARCH_ONLY[0], en: RESEARCH_ONLY[1] },
} as const satisfies Record<string, Bilingual>;

/** The report on all images of a file, ending with a line break. */
export function textReport(images: readonly JudgedImage[], options: TextReportOptions): string {
  const { language, modelVersion, rulesVersion, reportAbove } = options;
  const word = (key: keyof typeof WORDS) => WORDS[key][language];
  const field = fieldOf(language);
  const head = [
    word("title"),
    field(word("model"), modelVersion),
    field(word("rules"), rulesVersion ?? word("noRules")),
    ...(reportAbove === undefined ? [] : [field(word("threshold"), `${word("confidence")} > ${reportAbove}`)]),
  ];
  const foot = [word("sides"), ...(rulesVersion === undefined ? [] : [word("department")]), word("research")];
  const parts = [head, ...images.map((image) => imageLines(image, options)), foot];
  return `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function fieldOf(language: Language): (name: string, value: string) => string {
  return (name, value) => (language === "zh" ? `${name}：${plain(value)}` : `${name}: ${plain(value)}`);
}

function imageLines(image: JudgedImage, options: TextReportOptions): readonly string[] {
  const { language, classNames, reportAbove = 0 } = options;
  const word = (key: keyof typeof WORDS) => WORDS[key][language];
  const field = fieldOf(language);
  const title = field(word("file"), imageTitle(image));
  if (image.error !== undefined) return [title, field(word("failed"), errorIn(image.error, language))];
  const shown = reported(image.findings, { reportAbove });
  const left = image.findings.length - shown.length;
  return [
    title,
    field(word("size"), `${image.width} × ${image.height} px`),
    ...(image.spacingMm === undefined ? [] : [field(word("spacing"), spacingWords(image.spacingMm)[language])]),
    ...(image.warnings ?? []).map((warning) => field(word("warning"), warningIn(warning, language))),
    findingsSentence(shown, language, classNames),
    ...(left === 0 ? [] : [leftOut(left, reportAbove, language)]),
    ...shown.flatMap((finding, i) => ["", ...regionLines(finding, i, image, options)]),
  ];
}

function leftOut(left: number, reportAbove: number, language: Language): string {
  if (language === "zh") return `另有${left}处置信度未超过${reportAbove}，未列出。`;
  return `${left} more of confidence ${reportAbove} or less ${left === 1 ? "is" : "are"} not listed.`;
}

function regionLines(
  finding: JudgedLesion,
  index: number,
  image: JudgedImage,
  { language, classNames }: TextReportOptions,
): readonly string[] {
  const { className, confidence, box, category, suggestion } = finding;
  const word = (key: keyof typeof WORDS) => WORDS[key][language];
  const field = (name: string, value: string) => `   ${fieldOf(language)(name, value)}`;
  const place = placeInWords(box, image, image.sideAtLeft)[language];
  const span = `x ${box.x1.toFixed(0)}–${box.x2.toFixed(0)}, y ${box.y1.toFixed(0)}–${box.y2.toFixed(0)} px`;
  return [
    `${index + 1}. ${plain(shownName(className, language, classNames))}`,
    field(word("place"), `${place} (${span})`),
    field(word("extent"), extent(finding)),
    field(word("confidence"), `${confidence.toFixed(2)}${confidence > HIGH_CONFIDENCE ? word("high") : ""}`),
    ...(category === undefined ? [] : [field(word("category"), category[language])]),
    ...(suggestion === undefined ? [] : [field(word("suggestion"), suggestion[language])]),
  ];
}

/** `20 × 40 px (800 px²), 4.0 × 8.0 mm` */
function extent({ box, sizeMm }: JudgedLesion): string {
  const [width, height] = [box.x2 - box.x1, box.y2 - box.y1];
  const pixels = `${width.toFixed(0)} × ${height.toFixed(0)} px (${(width * height).toFixed(0)} px²)`;
  return sizeMm === undefined ? pixels : `${pixels}, ${sizeMm.width.toFixed(1)} × ${sizeMm.height.toFixed(1)} mm`;
}

/** A file's name or a class name must not begin a line of its own. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
}
