/**
 * @file The cells of a grid that an outline covers, line by line.
 */
import { boundsOf, type Polygon } from "./polygon";

/**
 * Calls `span` for every run of cells whose centre lies in `outline` (even-odd rule), from the top down.
 *
 * @param outline in cells
 * @param span receives a line, its first cell, and the cell after its last
 */
export function outlineSpans(
  outline: Polygon,
  width: number,
  height: number,
  span: (y: number, from: number, to: number) => void,
): void {
  const { y1, y2 } = boundsOf(outline);
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
      if (to > from) span(y, from, to);
    }
  }
}
