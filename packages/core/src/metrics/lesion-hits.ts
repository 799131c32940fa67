/**
 * @file Which lesion a detection hits, for FROC.
 *
 * Other than for average precision (`geometry/match.ts`) a second hit on a lesion is no mistake: a reader who marks a
 * nodule twice has not invented one.
 */
import { ArgumentError } from "../errors";
import { iou } from "../geometry/box";
import type { ClassedBoxes } from "../geometry/match";
import { NO_LESION } from "./froc";

export interface HitOptions {
  /**
   * When a detection hits a lesion of its own class. `iou`: the boxes overlap by at least `hitIou`. `centre`: the
   * detection's centre lies in the lesion's box, however much of it is covered. `distance`: the centres are at most
   * `hitMm` apart, in images whose spacing is known. @default "iou"
   */
  readonly hit?: "iou" | "centre" | "distance";
  /**
   * In (0, 1]. One half agrees with mAP50; studies of small lesions often take 0.1 to 0.3, where a box that is off by a
   * few pixels still shows the reader the place. @default 0.5
   */
  readonly hitIou?: number;
  /** Millimetres, more than 0. @default 5 */
  readonly hitMm?: number;
}

/** Millimetres per pixel. */
export interface PixelSpacing {
  readonly x: number;
  readonly y: number;
}

/** @throws {ArgumentError} if the IoU or the distance lies outside */
export function checkHitOptions({ hitIou = 0.5, hitMm = 5 }: HitOptions): void {
  if (!(hitIou > 0 && hitIou <= 1)) throw new ArgumentError(`hitIou is ${hitIou}, wanted more than 0 and at most 1`);
  if (!(hitMm > 0)) throw new ArgumentError(`hitMm is ${hitMm}, wanted more than 0`);
}

/**
 * The lesion that each detection hits.
 *
 * Greedy: the most confident first, each takes of the lesions that it reaches and that nobody took the one that it
 * overlaps most; by `distance` the one that it is nearest to. If all that it reaches are taken it is one more hit on the
 * best of them.
 *
 * @param detections most confident first, in the pixels of `truth`
 * @param spacing of the image, for `distance`
 * @returns n, indices into `truth`, `NO_LESION` for those that reach none
 * @throws {ArgumentError} if distances are asked for in an image of unknown spacing
 */
export function lesionHits(
  detections: ClassedBoxes,
  truth: ClassedBoxes,
  { hit = "iou", hitIou = 0.5, hitMm = 5 }: HitOptions = {},
  spacing?: PixelSpacing,
): Int32Array {
  const n = detections.classIds.length;
  if (hit === "distance" && spacing === undefined) {
    throw new ArgumentError("hit distance: the image's spacing in millimetres is not known; choose iou or centre");
  }
  const hits = new Int32Array(n).fill(NO_LESION);
  const taken = new Uint8Array(truth.classIds.length);
  // Single precision, as average precision compares: an IoU of one half passes 0.5 there and here.
  const threshold = hit === "distance" ? -hitMm : Math.fround(hitIou);
  for (let i = 0; i < n; i++) {
    let free = NO_LESION;
    let any = NO_LESION;
    let [freeOverlap, anyOverlap] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let j = 0; j < truth.classIds.length; j++) {
      if (detections.classIds[i] !== truth.classIds[j]) continue;
      // What is compared: overlaps, or distances below 0.
      const overlap =
        spacing && hit === "distance"
          ? -centreDistance(truth, j, detections, i, spacing)
          : Math.fround(iou(detections.boxes, i, truth.boxes, j));
      if (!(hit === "centre" ? holdsCentre(truth, j, detections, i) : overlap >= threshold)) continue;
      if (overlap > anyOverlap) [any, anyOverlap] = [j, overlap];
      if (taken[j] === 0 && overlap > freeOverlap) [free, freeOverlap] = [j, overlap];
    }
    hits[i] = free === NO_LESION ? any : free;
    if (free !== NO_LESION) taken[free] = 1;
  }
  return hits;
}

/** Whether the centre of box `i` of `inner` lies in box `j` of `outer`, its right and lower edge left out. */
function holdsCentre({ boxes: a }: ClassedBoxes, j: number, { boxes: b }: ClassedBoxes, i: number): boolean {
  const x = (b[4 * i] + b[4 * i + 2]) / 2;
  const y = (b[4 * i + 1] + b[4 * i + 3]) / 2;
  return a[4 * j] <= x && x < a[4 * j + 2] && a[4 * j + 1] <= y && y < a[4 * j + 3];
}

/** Millimetres between the centres of box `j` of `a` and box `i` of `b`. */
function centreDistance(
  { boxes: a }: ClassedBoxes,
  j: number,
  { boxes: b }: ClassedBoxes,
  i: number,
  spacing: PixelSpacing,
) {
  const dx = (b[4 * i] + b[4 * i + 2] - a[4 * j] - a[4 * j + 2]) / 2;
  const dy = (b[4 * i + 1] + b[4 * i + 3] - a[4 * j + 1] - a[4 * j + 3]) / 2;
  return Math.hypot(dx * spacing.x, dy * spacing.y);
}
