/**
 * @file Accumulates the images of a validation and sums them up: mAP50, mAP50-95, precision and recall.
 *
 * Numbers are those of the public YOLO tools: see `geometry/match.ts` for what a hit is and `average-precision.ts` for
 * the rest. Means are over the classes that have labels.
 */
import { ShapeError } from "../errors";
import { type ClassedBoxes, IOU_THRESHOLDS, matchDetections } from "../geometry/match";
import { orderByScore } from "../geometry/nms";
import { type AveragePrecision, apPerClass } from "./average-precision";
import { ConfusionMatrix } from "./confusion-matrix";

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
}

export interface DetectionSummary {
  readonly map50: number;
  readonly map5095: number;
  /** At the confidence where the mean F1 of all classes is best. */
  readonly precision: number;
  readonly recall: number;
  /** Classes that have labels, by rising id. */
  readonly perClass: readonly ClassSummary[];
  readonly images: number;
  readonly labels: number;
}

/** A copy of `detections` by falling score; equal scores keep their order. */
export function byFallingScore({ boxes, scores, classIds }: ScoredBoxes): ScoredBoxes {
  const order = orderByScore(scores);
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
  readonly #hits: Uint8Array[] = [];
  readonly #scores: Float32Array[] = [];
  readonly #classIds: Int32Array[] = [];
  readonly #truth: Int32Array[] = [];

  /** @param names of the classes, by id */
  constructor(names: readonly string[]) {
    this.names = names;
    this.confusion = new ConfusionMatrix(names.length);
  }

  /**
   * Takes in one image.
   *
   * @param detections everything above a very low confidence (the public tools take 0.001), or the curves end early
   * @param truth labelled lesions, in the same pixels; none for a healthy image
   * @throws {ShapeError} if boxes, scores and classes differ in number
   */
  add(detections: ScoredBoxes, truth: ClassedBoxes): void {
    if (detections.scores.length !== detections.classIds.length) {
      throw new ShapeError(
        `DetectionMetrics.add: ${detections.scores.length} scores for ${detections.classIds.length} classes`,
      );
    }
    const sorted = byFallingScore(detections);
    this.#hits.push(matchDetections(sorted, truth));
    this.confusion.add(sorted, truth);
    this.#scores.push(sorted.scores);
    this.#classIds.push(sorted.classIds);
    this.#truth.push(truth.classIds.slice());
  }

  /** Average precision and curves of each class, over all images so far. */
  averagePrecision(): AveragePrecision {
    return apPerClass({
      tp: concatenate(this.#hits, (n) => new Uint8Array(n)),
      conf: concatenate(this.#scores, (n) => new Float32Array(n)),
      predClass: concatenate(this.#classIds, (n) => new Int32Array(n)),
      targetClass: concatenate(this.#truth, (n) => new Int32Array(n)),
      thresholds: IOU_THRESHOLDS.length,
    });
  }

  /** The numbers, over all images so far. All means are 0 where no image has a label. */
  summary(): DetectionSummary {
    const perClass = this.averagePrecision().classes.map(({ classId, labels, precision, recall, ap }) => ({
      classId,
      name: this.names[classId] ?? String(classId),
      ap50: ap[0],
      ap: ap.reduce((sum, value) => sum + value, 0) / ap.length,
      precision,
      recall,
      labels,
    }));
    const mean = (value: (one: ClassSummary) => number) =>
      perClass.length === 0 ? 0 : perClass.reduce((sum, one) => sum + value(one), 0) / perClass.length;
    return {
      map50: mean((one) => one.ap50),
      map5095: mean((one) => one.ap),
      precision: mean((one) => one.precision),
      recall: mean((one) => one.recall),
      perClass,
      images: this.#truth.length,
      labels: perClass.reduce((sum, one) => sum + one.labels, 0),
    };
  }
}

function concatenate<A extends Uint8Array | Int32Array | Float32Array>(
  parts: readonly A[],
  make: (length: number) => A,
): A {
  const whole = make(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
