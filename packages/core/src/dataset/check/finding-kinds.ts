/**
 * @file What `fovea data check` finds: every kind with its name, how bad it is and how to mend it, in Chinese and English.
 */
import type { Box } from "../../finding";

/** In both languages. */
export interface Worded {
  readonly zh: string;
  readonly en: string;
}

/** `error`: training or measuring on it is wrong. `warning`: likely a mistake. `note`: worth a look. */
export const SEVERITIES = ["error", "warning", "note"] as const;

export type Severity = (typeof SEVERITIES)[number];

interface Kind {
  readonly severity: Severity;
  readonly name: Worded;
  readonly mend: Worded;
}

const kind = (severity: Severity, en: string, zh: string, mendEn: string, mendZh: string): Kind => ({
  severity,
  name: { zh, en },
  mend: { zh: mendZh, en: mendEn },
});

/** In the order in which they are shown. */
export const FINDING_KINDS = {
  patient_leakage: kind(
    "error",
    "patient in several parts",
    "同一患者出现在多个子集",
    "divide the data by patient: fovea data split --by patient",
    "按患者重新划分：fovea data split --by patient",
  ),
  duplicate_across_parts: kind(
    "error",
    "same image in several parts",
    "同一图像出现在多个子集",
    "keep it in one part only",
    "只保留在一个子集中",
  ),
  unreadable: kind(
    "error",
    "file cannot be read",
    "文件无法读取",
    "copy it again from its source, or take it out",
    "从来源重新复制，或移除该文件",
  ),
  missing_picture: kind(
    "error",
    "picture is missing",
    "图片缺失",
    "say where the pictures are: --images DIR",
    "用 --images DIR 指明图片所在文件夹",
  ),
  annotation_problem: kind(
    "error",
    "problem in an annotation file",
    "标注文件有问题",
    "mend the annotation file at the place named",
    "在所指位置修正标注文件",
  ),
  degenerate_box: kind(
    "error",
    "box without width or height",
    "框的宽或高为零",
    "draw the box again, or delete it",
    "重新画框或删除",
  ),
  outside_image: kind(
    "error",
    "box outside the image",
    "框完全在图像之外",
    "check whether the annotation belongs to another image or another size of it",
    "检查标注是否属于另一图像或另一尺寸",
  ),
  size_mismatch: kind(
    "error",
    "annotated size is not that of the picture",
    "标注中的图像尺寸与图片不符",
    "scale the boxes to the picture, or take the picture that was annotated",
    "按图片缩放标注框，或使用标注时的图片",
  ),
  near_duplicate_across_parts: kind(
    "warning",
    "nearly the same image in several parts",
    "近似重复图像出现在多个子集",
    "keep them in one part: they say the model remembers",
    "放入同一子集，否则评估偏高",
  ),
  beyond_image: kind(
    "warning",
    "box reaches beyond the image",
    "框超出图像边界",
    "cut the box at the edge",
    "在图像边缘裁剪",
  ),
  duplicate_box: kind("warning", "box marked twice", "重复的框", "delete one of the two", "删除其中一个"),
  near_duplicate_box: kind(
    "warning",
    "same object likely marked twice",
    "同一目标可能标注了两次",
    "look at both and keep the better one",
    "核对后保留较好的一个",
  ),
  two_classes: kind(
    "warning",
    "one object with two classes",
    "同一目标标注为两个类别",
    "decide for one class",
    "确定一个类别",
  ),
  wrong_ending: kind(
    "warning",
    "name and content of the file differ",
    "文件扩展名与内容不符",
    "give the file the ending of its content",
    "按内容更改扩展名",
  ),
  duplicate_image: kind("warning", "same image twice", "图像完全重复", "keep one of them", "只保留一份"),
  class_never: kind(
    "warning",
    "class never seen",
    "类别从未出现",
    "take it out of the classes, or add examples",
    "从类别中移除或补充样本",
  ),
  class_missing_in_part: kind(
    "warning",
    "class missing in a part",
    "某子集中缺少该类别",
    "divide again, stratified by class: fovea data split --stratify class",
    "按类别分层重新划分：fovea data split --stratify class",
  ),
  class_rare: kind(
    "warning",
    "class hardly seen",
    "类别样本极少",
    "add examples, join it with another, or take it out",
    "补充样本、与其他类别合并或移除",
  ),
  empty_but_twin_labelled: kind(
    "warning",
    "no label, but its near-duplicate has some",
    "无标注，但近似重复图像有标注",
    "look whether the label was forgotten",
    "检查是否漏标",
  ),
  empty_among_labelled: kind(
    "warning",
    "no label, where nearly all others have some",
    "无标注，而同组图像几乎都有标注",
    "look whether the label was forgotten",
    "检查是否漏标",
  ),
  missing_label: kind(
    "warning",
    "model sees a lesion that is not labelled",
    "模型检出但未标注",
    "look whether the label was forgotten",
    "检查是否漏标",
  ),
  other_class: kind("warning", "model sees another class", "模型判为其他类别", "look which class it is", "核对类别"),
  shifted_label: kind(
    "note",
    "model puts the box elsewhere",
    "模型给出的框位置不同",
    "look which of the two fits the lesion",
    "核对哪个框更贴合病灶",
  ),
  unseen_label: kind(
    "note",
    "model sees nothing at the label",
    "标注处模型未检出",
    "look whether there is a lesion: a hard one, or a wrong label",
    "核对是否确有病灶（难例或误标）",
  ),
  constant_image: kind(
    "warning",
    "image is nearly constant",
    "图像几乎无内容",
    "take it out, or export it again with the right window",
    "移除，或用正确的窗宽窗位重新导出",
  ),
  dark_image: kind(
    "warning",
    "image is nearly black",
    "图像几乎全黑",
    "export it again with the right window",
    "用正确的窗宽窗位重新导出",
  ),
  saturated_image: kind(
    "warning",
    "image is saturated",
    "图像过曝",
    "export it again with the right window",
    "用正确的窗宽窗位重新导出",
  ),
  near_duplicate: kind(
    "note",
    "nearly the same image",
    "近似重复图像",
    "keep one, or keep both in one part",
    "保留一份或放入同一子集",
  ),
  low_contrast: kind("note", "low contrast", "对比度低", "look whether the window fits", "检查窗宽窗位是否合适"),
  size_outlier: kind(
    "note",
    "box of unusual size",
    "框大小异常",
    "look whether it fits the lesion",
    "核对是否贴合病灶",
  ),
  aspect_outlier: kind(
    "note",
    "box of unusual shape",
    "框长宽比异常",
    "look whether it fits the lesion",
    "核对是否贴合病灶",
  ),
  tiny_box: kind("note", "box of a few pixels", "极小的框", "delete it if it marks nothing", "若无目标则删除"),
  whole_image_box: kind(
    "note",
    "box covers nearly the whole image",
    "框几乎覆盖整幅图像",
    "look whether a single lesion is meant",
    "核对是否为单个病灶",
  ),
  patient_unknown: kind(
    "note",
    "patients are not known",
    "患者信息未知",
    "give --patients table.csv or --by a regular expression on the file names, so that leakage can be judged",
    "用 --patients table.csv 或 --by 正则表达式给出患者，才能判断泄漏",
  ),
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingKind = keyof typeof FINDING_KINDS;

/** In the order in which they are shown. */
export const KIND_NAMES = Object.keys(FINDING_KINDS) as readonly FindingKind[];

/** A box that the check adds to the picture: what a model saw. */
export interface SeenBox {
  readonly box: Box;
  readonly className: string;
  readonly score: number;
}

/** One thing that was found. */
export interface CheckFinding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** Images it is about, by index, the first one foremost; none where it is about the whole set. */
  readonly images: readonly number[];
  /** Annotations of the first image, by index. */
  readonly annotations: readonly number[];
  readonly message: Worded;
  readonly seen?: readonly SeenBox[];
  /** File it is about where that is no image of the set: an annotation file. */
  readonly file?: string;
}

export interface FindingParts extends Partial<Omit<CheckFinding, "kind" | "message">> {
  readonly image?: number;
}

/** A finding of `kind`, as bad as its kind is unless `severity` says otherwise. */
export function finding(kind: FindingKind, en: string, zh: string, parts: FindingParts = {}): CheckFinding {
  const { image, images = image === undefined ? [] : [image], annotations = [], ...rest } = parts;
  return { kind, severity: FINDING_KINDS[kind].severity, images, annotations, message: { zh, en }, ...rest };
}

/** The gravest first, then by kind, then what a model is surest of, then by image. */
export function inOrder(findings: readonly CheckFinding[]): CheckFinding[] {
  const rank = (one: CheckFinding) => SEVERITIES.indexOf(one.severity) * 1000 + KIND_NAMES.indexOf(one.kind);
  const sure = ({ seen: [first] = [] }: CheckFinding) => first?.score ?? 0;
  return findings.toSorted(
    (a, b) => rank(a) - rank(b) || sure(b) - sure(a) || (a.images[0] ?? -1) - (b.images[0] ?? -1),
  );
}
