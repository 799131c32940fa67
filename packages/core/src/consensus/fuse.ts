/**
 * @file One box, one class and one measure of spread from what several readers marked.
 */
import type { Box } from "../finding";
import { boxArea, sharedArea } from "./sightings";

export interface FusedBox {
  /** Mean of the corners by weight. */
  readonly box: Box;
  /** Standard deviation of a corner's coordinate, pixels: root of the weighted mean over the four; 0 for one box. */
  readonly spreadPx: number;
  /** Mean IoU of the boxes with the fused one, by weight; 1 for one box. */
  readonly meanIou: number;
}

/** @param weights above 0, one for each box */
export function fuseBoxes(boxes: readonly Box[], weights: readonly number[]): FusedBox {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (value: (box: Box) => number) => boxes.reduce((sum, box, i) => sum + weights[i] * value(box), 0) / total;
  const box = { x1: mean((b) => b.x1), y1: mean((b) => b.y1), x2: mean((b) => b.x2), y2: mean((b) => b.y2) };
  const square = (b: Box) =>
    ((b.x1 - box.x1) ** 2 + (b.y1 - box.y1) ** 2 + (b.x2 - box.x2) ** 2 + (b.y2 - box.y2) ** 2) / 4;
  return { box, spreadPx: Math.sqrt(mean(square)), meanIou: mean((b) => boxIou(b, box)) };
}

/** Two boxes without area that are the same have IoU 1 here: nobody disagrees. */
function boxIou(a: Box, b: Box): number {
  const shared = sharedArea(a, b);
  if (shared > 0) return shared / (boxArea(a) + boxArea(b) - shared);
  return a.x1 === b.x1 && a.y1 === b.y1 && a.x2 === b.x2 && a.y2 === b.y2 ? 1 : 0;
}

export interface ClassVote {
  readonly classId: number;
  /** Share of the weight that voted for it, in (0, 1]. */
  readonly share: number;
}

/**
 * Class with the greatest weight. Of equal ones that of the heaviest single vote, then the first of the categories.
 *
 * @param weights above 0, one for each vote
 */
export function voteClass(classIds: readonly number[], weights: readonly number[]): ClassVote {
  const votes = new Map<number, { weight: number; heaviest: number }>();
  classIds.forEach((classId, i) => {
    const { weight, heaviest } = votes.get(classId) ?? { weight: 0, heaviest: 0 };
    votes.set(classId, { weight: weight + weights[i], heaviest: Math.max(heaviest, weights[i]) });
  });
  // Sums of equal weights in another order differ in the last digits.
  const tie = (a: number, b: number) => (Math.abs(a - b) < 1e-9 ? 0 : a - b);
  const [[classId, { weight }]] = [...votes].sort(
    ([a, p], [b, q]) => tie(q.weight, p.weight) || tie(q.heaviest, p.heaviest) || a - b,
  );
  return { classId, share: weight / weights.reduce((sum, one) => sum + one, 0) };
}
