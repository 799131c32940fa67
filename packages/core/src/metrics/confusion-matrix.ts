/**
 * @file Confusion matrix of a detector: which class is taken for which, what is missed, what is made up.
 *
 * A box finds a label by overlap alone, whatever its class. Each takes part in one pair at most, the pairs of greatest
 * overlap first. There is no cell for healthy tissue left alone, hence no specificity.
 */
import { iou } from "../geometry/box";
import type { ClassedBoxes } from "../geometry/match";
import type { ScoredBoxes } from "./detection-metrics";

export interface ConfusionOptions {
  /** Detections at or below this confidence are left out. @default 0.25 */
  readonly conf?: number;
  /** Pairs must overlap by more than this IoU. @default 0.45 */
  readonly iouThreshold?: number;
}

/** Detections against labels, image by image. */
export class ConfusionMatrix {
  /** Number of classes, K. */
  readonly nc: number;
  /**
   * (K + 1) x (K + 1), row-major: row = what was reported, column = what was there; the last row holds missed lesions,
   * the last column findings where nothing was.
   */
  readonly counts: Float64Array;
  readonly #conf: number;
  readonly #iouThreshold: number;

  constructor(nc: number, { conf = 0.25, iouThreshold = 0.45 }: ConfusionOptions = {}) {
    this.nc = nc;
    this.counts = new Float64Array((nc + 1) ** 2);
    this.#conf = conf;
    this.#iouThreshold = iouThreshold;
  }

  /** Takes in one image: boxes of both in the same pixels. */
  add(detections: ScoredBoxes, truth: ClassedBoxes): void {
    const pairs = this.#pairs(detections, truth);
    const pairedTruth = new Map(pairs.map(({ detection, label }) => [label, detection]));
    const pairedDetections = new Set(pairs.map(({ detection }) => detection));
    truth.classIds.forEach((column, j) => {
      const i = pairedTruth.get(j);
      this.#count(i === undefined ? this.nc : detections.classIds[i], column);
    });
    detections.classIds.forEach((row, i) => {
      if (detections.scores[i] > this.#conf && !pairedDetections.has(i)) this.#count(row, this.nc);
    });
  }

  #count(row: number, column: number): void {
    this.counts[row * (this.nc + 1) + column]++;
  }

  /** Pairs by falling overlap: first every detection keeps its best label, then every label its best detection. */
  #pairs(detections: ScoredBoxes, truth: ClassedBoxes) {
    const pairs: { detection: number; label: number; overlap: number }[] = [];
    for (let i = 0; i < detections.scores.length; i++) {
      if (!(detections.scores[i] > this.#conf)) continue;
      for (let j = 0; j < truth.classIds.length; j++) {
        const overlap = iou(detections.boxes, i, truth.boxes, j);
        if (overlap > this.#iouThreshold) pairs.push({ detection: i, label: j, overlap });
      }
    }
    pairs.sort((a, b) => b.overlap - a.overlap);
    const best = firstOfEach(pairs, ({ detection }) => detection);
    return firstOfEach(best, ({ label }) => label);
  }
}

function firstOfEach<T>(items: readonly T[], key: (item: T) => number): T[] {
  const seen = new Set<number>();
  return items.filter((item) => {
    if (seen.has(key(item))) return false;
    seen.add(key(item));
    return true;
  });
}
