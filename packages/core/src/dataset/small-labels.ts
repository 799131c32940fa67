/**
 * @file Labels that are too small to be learnt from images of a given size.
 */
import { MIN_SIDE } from "../imaging/augment/move-labels";
import type { Dataset } from "./sample";

/**
 * Number of labels whose shorter side is no longer than `MIN_SIDE` pixels once their image's longer side is `imgsz`:
 * training drops them, unless an augmentation happens to enlarge them. Images of unknown size are taken to be square.
 */
export function countSmallLabels({ samples }: Pick<Dataset, "samples">, imgsz: number): number {
  let count = 0;
  for (const { width = 1, height = 1, labels } of samples) {
    const scale = imgsz / Math.max(width, height);
    for (const { w, h } of labels) if (Math.min(w * width, h * height) * scale <= MIN_SIDE) count++;
  }
  return count;
}
