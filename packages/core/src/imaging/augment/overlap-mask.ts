/**
 * @file Outlines filled into one map of instances, coarser than the image: what segmentation trains on.
 */
import { type Polygon, polygonArea } from "../../geometry/polygon";
import { outlineSpans } from "../../geometry/scanline";
import type { PlacedLabel } from "./move-labels";
import { REGION } from "./tile";

/** A map of bytes tells this many instances from the background. */
export const MAX_INSTANCES = 255;

/**
 * `labels` from the largest to the smallest area, ties in their order: the order that `paintOverlapMask` wants. Labels
 * without outline count with their box. Regions in which nothing is judged come first, so that none hides a lesion.
 */
export function byDecreasingArea(labels: readonly PlacedLabel[]): PlacedLabel[] {
  const rank = (label: PlacedLabel) => (label.classId === REGION ? Infinity : polygonArea(outlineOf(label)));
  const areas = new Map(labels.map((label) => [label, rank(label)]));
  return labels.toSorted((a, b) => {
    const [first, second] = [areas.get(a) ?? 0, areas.get(b) ?? 0];
    return first === second ? 0 : second - first;
  });
}

/** Corners of a box, as an outline. */
function outlineOf({ outline, x1, y1, x2, y2 }: PlacedLabel): Polygon {
  return outline ?? Float32Array.of(x1, y1, x2, y1, x2, y2, x1, y2);
}

/**
 * Writes 1 where the first label is, 2 where the second is ..., 0 elsewhere; where labels overlap, the later one shows.
 *
 * A cell belongs to an outline if its centre does (even-odd rule). A lesion between all centres gets the cell in which
 * its box has its middle: training on an empty outline would teach that nothing is there.
 *
 * @param labels in pixels of the training image, at most `MAX_INSTANCES`
 * @param map receives width x height cells
 * @param ratio pixels of the training image per cell
 */
export function paintOverlapMask(
  labels: readonly PlacedLabel[],
  map: Uint8Array,
  width: number,
  height: number,
  ratio: number,
): void {
  map.fill(0);
  for (const [i, label] of labels.entries()) {
    const outline = outlineOf(label).map((value) => value / ratio);
    if (fillOutline(outline, map, width, height, i + 1) > 0) continue;
    const x = Math.min(width - 1, Math.floor((label.x1 + label.x2) / 2 / ratio));
    const y = Math.min(height - 1, Math.floor((label.y1 + label.y2) / 2 / ratio));
    map[y * width + x] = i + 1;
  }
}

/** Sets the cells whose centre lies in `outline`, which is in cells. @returns their count */
function fillOutline(outline: Polygon, map: Uint8Array, width: number, height: number, value: number): number {
  let count = 0;
  outlineSpans(outline, width, height, (y, from, to) => {
    map.fill(value, y * width + from, y * width + to);
    count += to - from;
  });
  return count;
}
