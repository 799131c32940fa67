/**
 * @file Overlap of boxes inside a graph. The same formula on plain arrays: `geometry/box.ts`.
 */
import type { Tensor } from "../graph/op";
import { add, atan, clip, detach, div, max, min, mul, split, square, sub, transpose } from "../graph/tensor";

const EPSILON = 1e-7;

/**
 * Complete IoU of n pairs of boxes, (n, 4) rows x1 y1 x2 y2, as (1, n).
 *
 * The coordinates are taken apart first: on columns of (n, 1) ONNX Runtime computes every value by itself.
 *
 * Zheng et al., "Distance-IoU loss", 2020, arXiv:1911.08287. The weight of the aspect term carries no gradient.
 */
export function ciou(a: Tensor, b: Tensor): Tensor {
  const [ax1, ay1, ax2, ay2] = coordinates(a);
  const [bx1, by1, bx2, by2] = coordinates(b);
  const [aw, ah] = [sub(ax2, ax1), add(sub(ay2, ay1), EPSILON)];
  const [bw, bh] = [sub(bx2, bx1), add(sub(by2, by1), EPSILON)];
  const shared = mul(
    clip(sub(min(ax2, bx2), max(ax1, bx1)), { min: 0 }),
    clip(sub(min(ay2, by2), max(ay1, by1)), { min: 0 }),
  );
  const iou = div(shared, add(sub(add(mul(aw, ah), mul(bw, bh)), shared), EPSILON));

  const enclosing = add(
    add(square(sub(max(ax2, bx2), min(ax1, bx1))), square(sub(max(ay2, by2), min(ay1, by1)))),
    EPSILON,
  );
  const apart = mul(add(square(sub(add(bx1, bx2), add(ax1, ax2))), square(sub(add(by1, by2), add(ay1, ay2)))), 0.25);
  const aspect = mul(square(sub(atan(div(bw, bh)), atan(div(aw, ah)))), 4 / Math.PI ** 2);
  const weight = detach(div(aspect, add(sub(aspect, iou), 1 + EPSILON)));
  return sub(iou, add(div(apart, enclosing), mul(aspect, weight)));
}

/** (n, 4) as four of (1, n). */
function coordinates(boxes: Tensor): Tensor[] {
  return split(transpose(boxes, [1, 0]), 4, { axis: 0 });
}
