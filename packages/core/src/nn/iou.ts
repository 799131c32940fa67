/**
 * @file Overlap of boxes inside a graph, and what is learned from it. GIoU, DIoU and CIoU on plain arrays:
 * `geometry/box.ts`.
 *
 * Boxes are n pairs of (n, 4) rows x1 y1 x2 y2; every function gives (1, n). The coordinates are taken apart first: on
 * columns of (n, 1) ONNX Runtime computes every value by itself. One unit of length for both, strides or pixels.
 *
 * GIoU: Rezatofighi et al., 2019, arXiv:1902.09630. DIoU and CIoU: Zheng et al., "Distance-IoU loss", 2020,
 * arXiv:1911.08287. SIoU: Gevorgyan, 2022, arXiv:2205.12740. WIoU: Tong et al., "Wise-IoU", 2023, arXiv:2301.10051.
 */
import type { Tensor } from "../graph/op";
import { abs, add, atan, clip, detach, div, exp, max, min, mul, split, square, sub, transpose } from "../graph/tensor";

const EPSILON = 1e-7;

/** Measures of overlap that boxes can be trained by, as users write them (in any case). */
export const IOU_TYPES = ["ciou", "giou", "diou", "siou", "wiou"] as const;
export type IouType = (typeof IOU_TYPES)[number];

/** What the measures are made of; heights, areas and squared diagonals carry the epsilon of the public tools. */
interface Pair {
  /** Widths and heights. */
  readonly sizes: { readonly aw: Tensor; readonly ah: Tensor; readonly bw: Tensor; readonly bh: Tensor };
  readonly iou: Tensor;
  readonly union: Tensor;
  /** Sides of the smallest box around both. */
  readonly hull: { readonly width: Tensor; readonly height: Tensor };
  /** Twice the distance of the centres along each axis. */
  readonly shift: { readonly x: Tensor; readonly y: Tensor };
}

function pair(a: Tensor, b: Tensor): Pair {
  const [ax1, ay1, ax2, ay2] = coordinates(a);
  const [bx1, by1, bx2, by2] = coordinates(b);
  const [aw, ah] = [sub(ax2, ax1), add(sub(ay2, ay1), EPSILON)];
  const [bw, bh] = [sub(bx2, bx1), add(sub(by2, by1), EPSILON)];
  const shared = mul(
    clip(sub(min(ax2, bx2), max(ax1, bx1)), { min: 0 }),
    clip(sub(min(ay2, by2), max(ay1, by1)), { min: 0 }),
  );
  const union = add(sub(add(mul(aw, ah), mul(bw, bh)), shared), EPSILON);
  return {
    sizes: { aw, ah, bw, bh },
    iou: div(shared, union),
    union,
    hull: { width: sub(max(ax2, bx2), min(ax1, bx1)), height: sub(max(ay2, by2), min(ay1, by1)) },
    shift: { x: sub(add(bx1, bx2), add(ax1, ax2)), y: sub(add(by1, by2), add(ay1, ay2)) },
  };
}

/** (n, 4) as four of (1, n). */
function coordinates(boxes: Tensor): Tensor[] {
  return split(transpose(boxes, [1, 0]), 4, { axis: 0 });
}

/** Squared diagonal of the hull. */
const diagonal = ({ hull }: Pair) => add(add(square(hull.width), square(hull.height)), EPSILON);

/** Squared distance of the centres. */
const apart = ({ shift }: Pair) => mul(add(square(shift.x), square(shift.y)), 0.25);

/** Complete IoU. The weight of the aspect term carries no gradient. */
export function ciou(a: Tensor, b: Tensor): Tensor {
  const boxes = pair(a, b);
  const { iou, sizes } = boxes;
  const distance = div(apart(boxes), diagonal(boxes));
  const aspect = mul(square(sub(atan(div(sizes.bw, sizes.bh)), atan(div(sizes.aw, sizes.ah)))), 4 / Math.PI ** 2);
  const weight = detach(div(aspect, add(sub(aspect, iou), 1 + EPSILON)));
  return sub(iou, add(distance, mul(aspect, weight)));
}

/** Distance IoU. */
export function diou(a: Tensor, b: Tensor): Tensor {
  const boxes = pair(a, b);
  return sub(boxes.iou, div(apart(boxes), diagonal(boxes)));
}

/** Generalised IoU: IoU less the share of the hull that neither box covers. */
export function giou(a: Tensor, b: Tensor): Tensor {
  const { iou, union, hull } = pair(a, b);
  const area = add(mul(hull.width, hull.height), EPSILON);
  return sub(iou, div(sub(area, union), area));
}

/**
 * SIoU: IoU less half the sum of distance and shape costs, so that its loss, 1 - IoU + (distance + shape) / 2, is one
 * less it like the others'.
 *
 * The paper's angle cost 1 - 2 sin²(arcsin x - pi / 4) is sin(2 arcsin x), and with x the sine of the angle between the
 * line of the centres and an axis that is 2 |dx dy| / (dx² + dy²), whichever axis is the nearer. The shape cost has the
 * exponent 4.
 */
export function siou(a: Tensor, b: Tensor): Tensor {
  const { iou, sizes, hull, shift } = pair(a, b);
  const squares = add(add(square(shift.x), square(shift.y)), EPSILON);
  const angle = div(mul(abs(mul(shift.x, shift.y)), 2), squares);
  const nearness = (along: Tensor, side: Tensor) => {
    const ratio = square(div(mul(along, 0.5), add(side, EPSILON)));
    return exp(mul(sub(angle, 2), ratio));
  };
  const distance = sub(2, add(nearness(shift.x, hull.width), nearness(shift.y, hull.height)));
  const unlikeness = (p: Tensor, q: Tensor) => {
    const ratio = div(abs(sub(p, q)), add(max(p, q), EPSILON));
    return square(square(sub(1, exp(mul(ratio, -1)))));
  };
  const shape = add(unlikeness(sizes.aw, sizes.bw), unlikeness(sizes.ah, sizes.bh));
  return sub(iou, mul(add(distance, shape), 0.5));
}

/**
 * Share of a new batch in the running mean of 1 - IoU, which starts at 1. Of the start 5 % are left after 300 batches:
 * shorter than the paper's runs on COCO need, because runs on medical data sets are a few thousand batches long.
 */
export const WIOU_MOMENTUM = 0.01;

/** A WIoU loss and the plain one beneath it. */
export interface WiseLoss {
  readonly loss: Tensor;
  /** 1 - IoU. */
  readonly iouLoss: Tensor;
}

/**
 * WIoU v1: 1 - IoU times the exponential of the centres' squared distance over the hull's squared diagonal, which
 * carries no gradient so that boxes are not drawn apart. With a running mean, v3: see `focusing`.
 *
 * @param mean mean of 1 - IoU lately, one value; none for v1
 */
export function wiou(a: Tensor, b: Tensor, mean?: Tensor): WiseLoss {
  const boxes = pair(a, b);
  const iouLoss = sub(1, boxes.iou);
  const first = mul(exp(div(apart(boxes), detach(diagonal(boxes)))), iouLoss);
  return { loss: mean ? mul(focusing(iouLoss, mean), first) : first, iouLoss };
}

/** alpha and delta of the paper's best v3. */
const [BASE, TURN] = [1.9, 3];

/**
 * Non-monotonic focusing r = beta / (delta alpha^(beta - delta)) without a gradient: beta, how far a box is out, is its
 * loss over the mean. Neither boxes that fit already nor hopeless ones take the lead.
 */
function focusing(iouLoss: Tensor, mean: Tensor): Tensor {
  const beta = div(detach(iouLoss), mean);
  return div(beta, mul(exp(mul(sub(beta, TURN), Math.log(BASE))), TURN));
}

/** Losses that are one less a measure. */
const MEASURES = { ciou, giou, diou, siou } as const satisfies Partial<
  Readonly<Record<IouType, (a: Tensor, b: Tensor) => Tensor>>
>;

/** Loss of a measure that needs nothing but the boxes. */
export function iouLoss(type: IouType, a: Tensor, b: Tensor): Tensor {
  return type === "wiou" ? wiou(a, b).loss : sub(1, MEASURES[type](a, b));
}
