/**
 * @file Soft non-maximum suppression: boxes that overlap a better one lose confidence rather than their place.
 *
 * Bodla, Singh, Chellappa, Davis, "Soft-NMS: improving object detection with one line of code", ICCV 2017,
 * arXiv:1704.04503.
 */
import { ArgumentError, ShapeError } from "../errors";
import { type Boxes, iou } from "./box";

export interface SoftNmsOptions {
  /** `gaussian`: times exp(-IoU² / sigma). `linear`: times 1 - IoU where that is above the threshold. @default "gaussian" */
  readonly decay?: "gaussian" | "linear";
  /** Of the linear decay. In [0, 1]. @default 0.5 */
  readonly iouThreshold?: number;
  /** Of the Gaussian decay. @default 0.5 */
  readonly sigma?: number;
  /** Boxes that come to this score or less are dropped. @default 0.001 */
  readonly minScore?: number;
}

/** What stays, best first. */
export interface SoftKept {
  readonly indices: Uint32Array;
  /** Scores after suppression, of the same boxes. */
  readonly scores: Float64Array;
}

/**
 * Boxes of one class that stay, by falling score; of equal ones the first.
 *
 * @param boxes n x 4
 * @param scores n
 * @throws {ShapeError} if the lengths do not fit
 * @throws {ArgumentError} if sigma is not positive
 */
export function softNms(
  boxes: Boxes,
  scores: ArrayLike<number>,
  { decay = "gaussian", iouThreshold = 0.5, sigma = 0.5, minScore = 0.001 }: SoftNmsOptions = {},
): SoftKept {
  const n = scores.length;
  if (boxes.length !== 4 * n) throw new ShapeError(`softNms: ${boxes.length} box coordinates for ${n} scores`);
  if (!(sigma > 0)) throw new ArgumentError(`softNms: sigma is ${sigma}, wanted more than 0`);
  const now = Float64Array.from(scores);
  const open = Uint32Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let q = k + 1; q < n; q++) if (now[open[q]] > now[open[best]]) best = q;
    const i = open[best];
    // Moved up rather than swapped, so that the first of equal ones stays the first.
    open.copyWithin(k + 1, k, best);
    open[k] = i;
    if (now[i] <= minScore) break;
    for (let q = k + 1; q < n; q++) {
      const shared = iou(boxes, i, boxes, open[q]);
      if (shared === 0) continue;
      if (decay === "gaussian") now[open[q]] *= Math.exp(-(shared * shared) / sigma);
      else if (shared > iouThreshold) now[open[q]] *= 1 - shared;
    }
  }
  const kept = open.filter((i) => now[i] > minScore);
  return { indices: kept, scores: Float64Array.from(kept, (i) => now[i]) };
}
