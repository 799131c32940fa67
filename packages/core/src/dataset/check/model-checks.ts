/**
 * @file What a trained model sees and the labels do not say, and the other way round.
 *
 * The model's word is a hint to look, no truth. A finding counts against the labels only from a confidence of its own on;
 * a label counts as unseen only if nothing at all, down to the lowest confidence handed in, lies on it.
 */
import type { Finding } from "../../finding";
import { type Boxes, iou } from "../../geometry/box";
import { type AnnotationSet, isIgnored } from "../annotation-set";
import { type CheckFinding, finding } from "./finding-kinds";
import { CHECK_LIMITS, type CheckLimits } from "./limits";
import { boxText, hasArea, packed } from "./packed-boxes";

export interface ModelAnswers {
  /** Findings by image, the lowest confidences included; `undefined` of images that were not looked at. */
  readonly findings: readonly (readonly Finding[] | undefined)[];
  /** Class of the set by class of the model; `undefined` where it has none of that name. */
  readonly classOf: (modelClass: number) => number | undefined;
  /** Model and set have one class, or the model takes all for one: classes are not compared. */
  readonly oneClass: boolean;
}

/** IoU from which a finding and a label are surely of one lesion. */
const SAME_IOU = 0.5;

export function modelFindings(
  { categories, images }: AnnotationSet,
  { findings, classOf, oneClass }: ModelAnswers,
  limits: CheckLimits = CHECK_LIMITS,
): CheckFinding[] {
  return images.flatMap(({ annotations }, i) => {
    const seen = findings[i];
    if (seen === undefined) return [];
    const nameOf = (index: number) => categories[annotations[index].classId]?.name ?? "?";
    const sure = seen.filter(({ confidence }) => confidence >= limits.modelConfidence);
    const marks = packed(annotations);
    const taken = fitted(marks, sure);
    return [
      ...sure.flatMap((one) => judge(one, i, { annotations, marks, nameOf, classOf, oneClass, taken, limits })),
      ...unseen(annotations, packed(seen), marks, limits).map((index) => {
        const what = `${nameOf(index)} ${boxText(annotations[index].box)}`;
        return finding("unseen_label", `${what}: the model sees nothing there`, `${what}：模型在此未检出`, {
          image: i,
          annotations: [index],
        });
      }),
    ];
  });
}

interface Marked {
  readonly annotations: AnnotationSet["images"][number]["annotations"];
  readonly marks: Boxes;
  readonly nameOf: (index: number) => string;
  readonly classOf: ModelAnswers["classOf"];
  readonly oneClass: boolean;
  /** Labels that a finding fits. */
  readonly taken: ReadonlySet<number>;
  readonly limits: CheckLimits;
}

/** What a confident finding says against the labels: at most one thing. */
function judge(one: Finding, image: number, marked: Marked): CheckFinding[] {
  const { annotations, marks, nameOf, classOf, oneClass, taken, limits } = marked;
  const box = packed([one]);
  const overlaps = annotations.map((_, k) => iou(box, 0, marks, k));
  const classId = oneClass ? undefined : classOf(one.classId);
  const own = annotations.map((mark) => classId === undefined || mark.classId === classId);
  const seen = [{ box: one.box, className: one.className, score: one.confidence }];
  const named = `${one.className} ${one.confidence.toFixed(2)}`;
  const [what, zhWhat] = [`${named} at ${boxText(one.box)}`, `${named}（${boxText(one.box)}）`];
  if (annotations.some((mark, k) => isIgnored(mark) && (overlaps[k] >= limits.apartIou || centreIn(one, mark))))
    return [];
  const best = largest(overlaps, own);
  if (best !== undefined && overlaps[best] >= limits.shiftedIou) return [];
  const other = largest(
    overlaps,
    own.map((is) => !is),
  );
  if (other !== undefined && overlaps[other] >= SAME_IOU) {
    const parts = { image, annotations: [other], seen };
    return [finding("other_class", `${what}; labelled ${nameOf(other)}`, `${zhWhat}；标注为 ${nameOf(other)}`, parts)];
  }
  // A label that another finding fits is the neighbour's.
  if (best !== undefined && overlaps[best] >= limits.apartIou && !taken.has(best)) {
    const share = `IoU ${overlaps[best].toFixed(2)}`;
    const parts = { image, annotations: [best], seen };
    return [finding("shifted_label", `${what}; ${share} with the label`, `${zhWhat}；与标注 ${share}`, parts)];
  }
  const where = annotations.length === 0 ? "the image has no label" : "no label there";
  const zhWhere = annotations.length === 0 ? "此图无标注" : "此处无标注";
  return [finding("missing_label", `${what}; ${where}`, `${zhWhat}；${zhWhere}`, { image, seen })];
}

/** Index of the largest value among those that are `kept`. */
function largest(values: readonly number[], kept: readonly boolean[]): number | undefined {
  let best: number | undefined;
  values.forEach((value, k) => {
    if (kept[k] && (best === undefined || value > values[best])) best = k;
  });
  return best;
}

/** Labels that a finding fits. */
function fitted(marks: Boxes, sure: readonly Finding[]): ReadonlySet<number> {
  const seen = packed(sure);
  const fits = new Set<number>();
  for (let k = 0; k < marks.length / 4; k++) {
    if (sure.some((_, s) => iou(seen, s, marks, k) >= SAME_IOU)) fits.add(k);
  }
  return fits;
}

/** Judged labels on which nothing lies. */
function unseen(annotations: Marked["annotations"], seen: Boxes, marks: Boxes, { apartIou }: CheckLimits): number[] {
  return annotations.flatMap((mark, k) => {
    if (isIgnored(mark) || !hasArea(mark.box)) return [];
    for (let s = 0; s < seen.length / 4; s++) if (iou(seen, s, marks, k) >= apartIou) return [];
    return [k];
  });
}

function centreIn({ box }: Pick<Finding, "box">, { box: region }: Marked["annotations"][number]): boolean {
  const [x, y] = [(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2];
  return x >= region.x1 && x <= region.x2 && y >= region.y1 && y <= region.y2;
}
