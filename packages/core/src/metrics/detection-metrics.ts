/**
 * @file Accumulates the images of a validation and sums them up: mAP50, mAP50-95, precision and recall, and sensitivity
 * by false positives per image.
 *
 * The first four are those of the public YOLO tools: see `geometry/match.ts` for what a hit is and `average-precision.ts`
 * for the rest; means are over the classes that have labels. Sensitivities are of `froc.ts`, their hits of
 * `lesion-hits.ts`.
 */
import { ShapeError } from "../errors";
import type { Boxes } from "../geometry/box";
import type { ClassedBoxes } from "../geometry/match";
import { orderByScore } from "../geometry/nms";
import { type AveragePrecision, apPerClass } from "./average-precision";
import { ConfusionMatrix } from "./confusion-matrix";
import { DetectionRecord, type LesionGroup } from "./detection-record";
import { type FrocCurve, froc, sensitivityAt } from "./froc";
import type { FrocScans } from "./froc-intervals";
import { judgedDetections } from "./ignored-regions";
import { checkHitOptions, type HitOptions } from "./lesion-hits";
import { LESION_SIZES, type LesionSize } from "./lesion-size";

/** Detections of one image, in any order, pixels of the source image. */
export interface ScoredBoxes extends ClassedBoxes {
  /** n, in [0, 1]. */
  readonly scores: Float32Array;
}

export interface ClassSummary {
  readonly classId: number;
  readonly name: string;
  readonly ap50: number;
  /** Mean over the thresholds 0.50 ... 0.95. */
  readonly ap: number;
  readonly precision: number;
  readonly recall: number;
  /** Labelled lesions. */
  readonly labels: number;
  /** Images that show one. */
  readonly images: number;
  /** Share of the lesions that are found at one false positive of this class per image. */
  readonly sensitivity1: number;
}

export interface SizeSummary {
  readonly size: LesionSize;
  /** Labelled lesions. */
  readonly labels: number;
  /** Images that show one. */
  readonly images: number;
  /** Mean over the classes that have lesions of this size; absent without any. */
  readonly ap50?: number;
  /** Share of the lesions that are found at one false positive of whatever class and size per image; absent without any. */
  readonly sensitivity1?: number;
}

export interface DetectionSummary {
  readonly map50: number;
  readonly map5095: number;
  /** At the confidence where the mean F1 of all classes is best. */
  readonly precision: number;
  readonly recall: number;
  /** Classes that have labels, by rising id. */
  readonly perClass: readonly ClassSummary[];
  /** From small to large. */
  readonly sizes: readonly SizeSummary[];
  /** Of all classes together: false positives of all per image, a hit being one on a lesion of its class; absent without labels. */
  readonly froc?: FrocCurve;
  /** Share of all lesions that are found at one false positive per image; absent without labels. */
  readonly sensitivity1?: number;
  readonly images: number;
  readonly labels: number;
}

/** A copy of `detections` by falling score; equal scores keep their order. */
export function byFallingScore(detections: ScoredBoxes): ScoredBoxes {
  return pickDetections(detections, orderByScore(detections.scores));
}

/** Copies of some of the detections, in the order of `order`. */
export function pickDetections({ boxes, scores, classIds }: ScoredBoxes, order: ArrayLike<number>): ScoredBoxes {
  const sorted = new Float32Array(4 * order.length);
  for (let i = 0; i < order.length; i++) sorted.set(boxes.subarray(4 * order[i], 4 * order[i] + 4), 4 * i);
  return {
    boxes: sorted,
    scores: Float32Array.from(order, (i) => scores[i]),
    classIds: Int32Array.from(order, (i) => classIds[i]),
  };
}

/** Detections against labels, image by image. */
export class DetectionMetrics {
  /** Of the classes, by id. */
  readonly names: readonly string[];
  /** At confidence 0.25 and IoU 0.45. */
  readonly confusion: ConfusionMatrix;
  /** What counts as a hit in FROC. */
  readonly hitOptions: HitOptions;
  readonly #record = new DetectionRecord();
  /** Of all images so far, once it was asked for. */
  #summary: DetectionSummary | undefined;

  /**
   * @param names of the classes, by id
   * @throws {ArgumentError} if an option lies outside
   */
  constructor(names: readonly string[], hitOptions: HitOptions = {}) {
    checkHitOptions(hitOptions);
    this.names = names;
    this.hitOptions = hitOptions;
    this.confusion = new ConfusionMatrix(names.length);
  }

  /**
   * Takes in one image.
   *
   * @param detections everything above a very low confidence (the public tools take 0.001), or the curves end early
   * @param truth labelled lesions, in the same pixels; none for a healthy image
   * @param regions n x 4, in which nothing is judged; see `ignored-regions.ts`
   * @throws {ShapeError} if boxes, scores and classes differ in number
   */
  add(detections: ScoredBoxes, truth: ClassedBoxes, regions: Boxes = new Float32Array()): void {
    if (detections.scores.length !== detections.classIds.length) {
      throw new ShapeError(
        `DetectionMetrics.add: ${detections.scores.length} scores for ${detections.classIds.length} classes`,
      );
    }
    const all = byFallingScore(detections);
    const sorted =
      regions.length > 0 ? pickDetections(all, judgedDetections(all, truth, regions, this.hitOptions)) : all;
    this.#summary = undefined;
    this.#record.add(sorted, truth, this.hitOptions);
    this.confusion.add(sorted, truth);
  }

  /** Average precision and curves of each class, over all images so far. */
  averagePrecision(): AveragePrecision {
    return apPerClass(this.#record.precisionInput());
  }

  /** What FROC curves of all lesions, or of some, are made of, over all images so far. */
  frocScans(group: LesionGroup = {}): FrocScans {
    return this.#record.froc(group);
  }

  /** The numbers, over all images so far. All means are 0 where no image has a label. */
  summary(): DetectionSummary {
    this.#summary ??= this.#summarise();
    return this.#summary;
  }

  #summarise(): DetectionSummary {
    const perClass = this.averagePrecision().classes.map(
      ({ classId, labels, precision, recall, ap }): ClassSummary => ({
        classId,
        name: this.names[classId] ?? String(classId),
        ap50: ap[0],
        ap: mean(ap),
        precision,
        recall,
        labels,
        images: this.#record.count({ classId }).images,
        sensitivity1: sensitivityAt(froc(this.frocScans({ classId })), 1),
      }),
    );
    const labels = perClass.reduce((sum, one) => sum + one.labels, 0);
    const curve = labels > 0 ? froc(this.frocScans()) : undefined;
    return {
      map50: mean(perClass.map(({ ap50 }) => ap50)),
      map5095: mean(perClass.map(({ ap }) => ap)),
      precision: mean(perClass.map(({ precision }) => precision)),
      recall: mean(perClass.map(({ recall }) => recall)),
      perClass,
      sizes: LESION_SIZES.map((size, index) => this.#sizeSummary(size, index)),
      ...(curve && { froc: curve, sensitivity1: sensitivityAt(curve, 1) }),
      images: this.#record.images,
      labels,
    };
  }

  #sizeSummary(size: LesionSize, index: number): SizeSummary {
    const counts = this.#record.count({ size: index });
    if (counts.labels === 0) return { size, ...counts };
    const { classes } = apPerClass(this.#record.precisionInputOfSize(index));
    const ap50 = mean(classes.map(({ ap }) => ap[0]));
    return { size, ...counts, ap50, sensitivity1: sensitivityAt(froc(this.frocScans({ size: index })), 1) };
  }
}

/** 0 of nothing. */
function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return values.length === 0 ? 0 : sum / values.length;
}
