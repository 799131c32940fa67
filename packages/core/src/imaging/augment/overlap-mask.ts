/**
 * @file Outlines filled into one map of instances, coarser than the image: what segmentation trains on.
 */
import { type Bounds, boundsOf, type Polygon, polygonArea } from "../../geometry/polygon";
import type { PlacedLabel } from "./move-labels";

/** A map of bytes tells this many instances from the background. */
export const MAX_INSTANCES = 255;

/**
 * `labels` from the largest to the smallest area, ties in their order: the order that `paintOverlapMask` wants. Labels
 * without outline count with their box.
 */
export function byDecreasingArea(labels: readonly PlacedLabel[]): PlacedLabel[] {
  const areas = new Map(labels.map((label) => [label, polygonArea(outlineOf(label))]));
  return labels.toSorted((a, b) => (areas.get(b) ?? 0) - (areas.get(a) ?? 0));
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
  const { y1, y2 }: Bounds = boundsOf(outline);
  let count = 0;
  const crossings: number[] = [];
  for (let y = Math.max(0, Math.floor(y1)); y < Math.min(height, Math.ceil(y2)); y++) {
    crossings.length = 0;
    const level = y + 0.5;
    for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
      const above = outline[i + 1] <= level;
      if (above === outline[j + 1] <= level) continue;
      const t = (level - outline[i + 1]) / (outline[j + 1] - outline[i + 1]);
      crossings.push(outline[i] + t * (outline[j] - outline[i]));
    }
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil(crossings[k] - 0.5));
      const to = Math.min(width, Math.ceil(crossings[k + 1] - 0.5));
      if (to > from) {
        map.fill(value, y * width + from, y * width + to);
        count += to - from;
      }
    }
  }
  return count;
}
