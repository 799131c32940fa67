/**
 * @file From candidates to detections: the best of those that overlap.
 */
import type { Boxes } from "../geometry/box";
import { nms, orderByScore } from "../geometry/nms";

export interface SuppressOptions {
  /** A box overlapping a better one by more than this IoU is dropped. @default 0.7 */
  readonly iou?: number;
  /** Detections kept at most. @default 300 */
  readonly maxDetections?: number;
  /** Boxes of different classes drop one another too. @default false */
  readonly agnostic?: boolean;
  /** The best so many enter the suppression. @default 30000 */
  readonly maxCandidates?: number;
}

/** Detections of one image, best first. */
export interface Detections {
  /** n x 4, x1 y1 x2 y2, pixels of the network's input. */
  readonly boxes: Boxes;
  readonly scores: Float32Array;
  readonly classIds: Int32Array;
  /** Anchor that each came from. */
  readonly anchorIndex: Int32Array;
}

/** Anchors and classes whose score is high enough, n each; their boxes are not known yet. */
export type Candidates = Omit<Detections, "boxes">;

/** Room for n candidates. */
export function roomFor(n: number): Candidates {
  return { scores: new Float32Array(n), classIds: new Int32Array(n), anchorIndex: new Int32Array(n) };
}

/**
 * The detections among `candidates`. Equal scores keep the order of candidates.
 *
 * @param boxesOf boxes of anchors, n x 4; asked for once, for the candidates that enter
 */
export function suppress(
  candidates: Candidates,
  boxesOf: (anchorIndex: Int32Array) => Boxes,
  { iou = 0.7, maxDetections = 300, agnostic = false, maxCandidates = 30000 }: SuppressOptions = {},
): Detections {
  const entering =
    candidates.scores.length > maxCandidates
      ? pick(candidates, orderByScore(candidates.scores).subarray(0, maxCandidates))
      : candidates;
  const boxes = boxesOf(entering.anchorIndex);
  const kept = nms(boxes, entering.scores, {
    iouThreshold: iou,
    maxDetections,
    classIds: agnostic ? undefined : entering.classIds,
  });
  const keptBoxes = new Float32Array(4 * kept.length);
  for (let i = 0; i < kept.length; i++) keptBoxes.set(boxes.subarray(4 * kept[i], 4 * kept[i] + 4), 4 * i);
  return { boxes: keptBoxes, ...pick(entering, kept) };
}

function pick({ scores, classIds, anchorIndex }: Candidates, indices: Uint32Array): Candidates {
  const picked = roomFor(indices.length);
  for (let i = 0; i < indices.length; i++) {
    picked.scores[i] = scores[indices[i]];
    picked.classIds[i] = classIds[indices[i]];
    picked.anchorIndex[i] = anchorIndex[indices[i]];
  }
  return picked;
}
