/**
 * @file One anchor for every ground truth that nobody else may take, so that none is left without.
 *
 * The nearest to the box's centre on the level that boxes of its size are learned on: the finest whose 8 strides reach
 * from the centre to every side, as FCOS shares boxes out (Tian et al., 2019, arXiv:1904.01355). That is the finest
 * level of all for whatever is small.
 */

/** One level of an image's anchors, cell centres row by row. */
export interface AnchorLevel {
  /** Number of its first anchor. */
  readonly start: number;
  readonly columns: number;
  readonly rows: number;
  /** Pixels. */
  readonly stride: number;
}

const REACH = 8;

/**
 * The anchor to keep for a box; it joins `taken`.
 *
 * If the nearest is taken the next nearest is, and another level's where a level is full.
 *
 * @param box x1 y1 x2 y2, pixels; may lie outside of the image
 * @param levels finest first
 * @param taken anchors that are kept for others
 * @returns -1 where no anchor is left: more ground truths than anchors
 */
export function keepAnchor(box: Float32Array, levels: readonly AnchorLevel[], taken: Set<number>): number {
  const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  const half = Math.max(box[2] - box[0], box[3] - box[1]) / 2;
  const own = levels.find(({ stride }) => REACH * stride >= half) ?? levels[levels.length - 1];
  for (const level of [own, ...levels.filter((other) => other !== own)]) {
    const anchor = nearestFree(x / level.stride, y / level.stride, level, taken);
    if (anchor < 0) continue;
    taken.add(anchor);
    return anchor;
  }
  return -1;
}

/** @param x position in strides */
function nearestFree(x: number, y: number, { start, columns, rows }: AnchorLevel, taken: ReadonlySet<number>): number {
  // On an edge between two cells the first, as the search below has it.
  const inside = (at: number, count: number) => Math.min(Math.max(Math.ceil(at) - 1, 0), count - 1);
  const nearest = start + inside(y, rows) * columns + inside(x, columns);
  if (!taken.has(nearest)) return nearest;
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const distance = (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2;
      const anchor = start + row * columns + column;
      if (distance < least && !taken.has(anchor)) [best, least] = [anchor, distance];
    }
  }
  return best;
}
