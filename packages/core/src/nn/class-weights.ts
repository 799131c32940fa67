/**
 * @file Weights of classes by how rare they are.
 */
import { ArgumentError } from "../errors";

/**
 * Weight of each class: its frequency to the power -`power`, scaled so that the boxes' mean weight is 1.
 *
 * Over the boxes, not over the classes: the positive terms of the class loss then weigh together what they did before,
 * and none of the rare class's gain is taken from the balance of lesion and background. With power 1 these are the
 * "balanced" weights of scikit-learn, boxes / (classes * count), classes that occur. A class that does not occur has no
 * term to weigh: 1.
 *
 * @param counts boxes of each class
 * @param power from 0, all alike, to 1
 * @throws {ArgumentError} if the power is out of range or a count is negative
 */
export function classWeights(counts: readonly number[], power: number): number[] {
  if (!(power >= 0 && power <= 1)) throw new ArgumentError(`cls_pw: got ${power}, wanted a number from 0 to 1`);
  const bad = counts.find((count) => !(count >= 0 && Number.isFinite(count)));
  if (bad !== undefined) throw new ArgumentError(`classWeights: got ${bad} boxes of a class, wanted a number from 0`);
  const boxes = counts.reduce((a, b) => a + b, 0);
  const raw = counts.map((count) => (count > 0 ? (boxes / count) ** power : 1));
  const mean = counts.reduce((sum, count, i) => sum + count * raw[i], 0) / boxes;
  return raw.map((weight, i) => (counts[i] > 0 ? weight / mean : 1));
}
