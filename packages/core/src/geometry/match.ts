/**
 * @file Which detection finds which labelled lesion, at several thresholds of overlap.
 *
 * The rule is that of the public YOLO tools, not the greedy one of COCO: every detection points at the lesion of its own
 * class that it overlaps most; of several detections that point at one lesion, the most confident has found it.
 */
import { ShapeError } from "../errors";
import { type Boxes, iou } from "./box";

/** IoU thresholds 0.50, 0.55 ... 0.95 of the mAP50-95. */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) => (50 + 5 * i) / 100);

/** Boxes with their classes: detections, or the labels of an image. */
export interface ClassedBoxes {
  /** n x 4. */
  readonly boxes: Boxes;
  /** n. */
  readonly classIds: Int32Array;
}

/** @throws {ShapeError} if the lengths do not fit */
function checkLengths(name: string, { boxes, classIds }: ClassedBoxes): void {
  if (boxes.length !== 4 * classIds.length) {
    throw new ShapeError(`${name}: ${boxes.length} box coordinates for ${classIds.length} classes`);
  }
}

/**
 * Hits of `detections` among `truth`.
 *
 * @param detections most confident first, in the pixels of `truth`
 * @returns n x T, row-major: 1 where a detection is a hit at a threshold
 * @throws {ShapeError} if boxes and classes differ in number
 */
export function matchDetections(
  detections: ClassedBoxes,
  truth: ClassedBoxes,
  thresholds: readonly number[] = IOU_THRESHOLDS,
): Uint8Array {
  checkLengths("matchDetections: detections", detections);
  checkLengths("matchDetections: truth", truth);
  const n = detections.classIds.length;
  const hits = new Uint8Array(n * thresholds.length);
  const { index, overlap } = bestTruth(detections, truth);
  const found = new Uint8Array(truth.classIds.length);
  for (let t = 0; t < thresholds.length; t++) {
    // Single precision, as the public tools compare: an IoU of one half passes 0.5 there and here.
    const threshold = Math.fround(thresholds[t]);
    found.fill(0);
    for (let i = 0; i < n; i++) {
      if (overlap[i] < threshold || index[i] < 0 || found[index[i]] === 1) continue;
      found[index[i]] = 1;
      hits[i * thresholds.length + t] = 1;
    }
  }
  return hits;
}

/** For each detection the label of its class that it overlaps most, -1 if none; the last of equals. */
export function bestTruth(detections: ClassedBoxes, truth: ClassedBoxes): { index: Int32Array; overlap: Float32Array } {
  const n = detections.classIds.length;
  const index = new Int32Array(n).fill(-1);
  const overlap = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < truth.classIds.length; j++) {
      if (detections.classIds[i] !== truth.classIds[j]) continue;
      const value = Math.fround(iou(detections.boxes, i, truth.boxes, j));
      if (value > 0 && value >= overlap[i]) {
        overlap[i] = value;
        index[i] = j;
      }
    }
  }
  return { index, overlap };
}
