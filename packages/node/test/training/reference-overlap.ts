/**
 * @file Losses of boxes in plain float64 arithmetic, each as its paper writes it; papers: `nn/iou.ts`.
 *
 * Where a paper lets no gradient through a term, the term is taken from `held`, so that central differences of the
 * rest are what a gradient should be.
 */
import type { IouType } from "@fovea/core/nn/iou";

/** x1 y1 x2 y2 */
export type Box = readonly number[];

/** A predicted box and the one that it should be. */
interface Pair {
  readonly predicted: Box;
  readonly goal: Box;
}

const EPSILON = 1e-7;

const across = ([x1, , x2]: Box) => x2 - x1;
const down = ([, y1, , y2]: Box) => y2 - y1 + EPSILON;
const middle = ([x1, y1, x2, y2]: Box) => [(x1 + x2) / 2, (y1 + y2) / 2] as const;

function overlap({ predicted: a, goal: b }: Pair) {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const union = across(a) * down(a) + across(b) * down(b) - width * height + EPSILON;
  const hull = [Math.max(a[2], b[2]) - Math.min(a[0], b[0]), Math.max(a[3], b[3]) - Math.min(a[1], b[1])] as const;
  const [[ax, ay], [bx, by]] = [middle(a), middle(b)];
  return { iou: (width * height) / union, union, hull, dx: bx - ax, dy: by - ay };
}

const diagonal = (pair: Pair) => overlap(pair).hull[0] ** 2 + overlap(pair).hull[1] ** 2 + EPSILON;

function aspect({ predicted: a, goal: b }: Pair): number {
  return (4 / Math.PI ** 2) * (Math.atan(across(b) / down(b)) - Math.atan(across(a) / down(a))) ** 2;
}

function aspectWeight(pair: Pair): number {
  const v = aspect(pair);
  return v / (v - overlap(pair).iou + 1 + EPSILON);
}

function distanceIou(pair: Pair): number {
  const { iou, dx, dy } = overlap(pair);
  return iou - (dx ** 2 + dy ** 2) / diagonal(pair);
}

/** The angle by the arcsine of the paper's figure. */
function siouLoss(pair: Pair): number {
  const { iou, hull, dx, dy } = overlap(pair);
  const sigma = Math.hypot(dx, dy);
  const x = sigma === 0 ? 0 : Math.min(1, Math.abs(dy) / sigma);
  const angle = 1 - 2 * Math.sin(Math.asin(x) - Math.PI / 4) ** 2;
  const gamma = 2 - angle;
  const distance = [dx / hull[0], dy / hull[1]].reduce((sum, rho) => sum + 1 - Math.exp(-gamma * rho ** 2), 0);
  const { predicted: a, goal: b } = pair;
  const unlike = (p: number, q: number) => Math.abs(p - q) / Math.max(p, q);
  const shape = [unlike(across(a), across(b)), unlike(down(a), down(b))].reduce(
    (sum, omega) => sum + (1 - Math.exp(-omega)) ** 4,
    0,
  );
  return 1 - iou + (distance + shape) / 2;
}

function wiouLoss(pair: Pair, held: Pair): number {
  const { iou, dx, dy } = overlap(pair);
  return Math.exp((dx ** 2 + dy ** 2) / diagonal(held)) * (1 - iou);
}

/** v3's focusing coefficient. */
function focusing(held: Pair, mean: number): number {
  const beta = (1 - overlap(held).iou) / mean;
  return beta / (3 * 1.9 ** (beta - 3));
}

export const plainIou = (predicted: Box, goal: Box) => overlap({ predicted, goal }).iou;

/** Complete IoU. */
export function ciou(predicted: Box, goal: Box, held: Box = predicted): number {
  const pair = { predicted, goal };
  return distanceIou(pair) - aspect(pair) * aspectWeight({ predicted: held, goal });
}

export interface BoxLossOptions {
  /** @default "ciou" */
  readonly type?: IouType;
  /** Running mean of 1 - IoU, for v3. @default v1 */
  readonly mean?: number;
  /** The predicted box where no gradient goes. @default the predicted box */
  readonly held?: Box;
}

export function boxLoss(predicted: Box, goal: Box, { type = "ciou", mean, held = predicted }: BoxLossOptions): number {
  const pair = { predicted, goal };
  switch (type) {
    case "ciou":
      return 1 - ciou(predicted, goal, held);
    case "diou":
      return 1 - distanceIou(pair);
    case "giou": {
      const { iou, union, hull } = overlap(pair);
      const area = hull[0] * hull[1] + EPSILON;
      return 1 - (iou - (area - union) / area);
    }
    case "siou":
      return siouLoss(pair);
    case "wiou": {
      const still = { predicted: held, goal };
      return wiouLoss(pair, still) * (mean === undefined ? 1 : focusing(still, mean));
    }
  }
}
