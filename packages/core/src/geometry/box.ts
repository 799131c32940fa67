/**
 * @file Axis-aligned boxes and their overlap.
 *
 * n boxes are one Float32Array of length 4n, rows of `x1, y1, x2, y2` in pixels. Coordinates are continuous: pixel
 * (0, 0) covers [0, 1) x [0, 1), so a box has width `x2 - x1`, with no `+ 1`.
 *
 * GIoU: Rezatofighi et al., CVPR 2019, arXiv:1902.09630. DIoU and CIoU: Zheng et al., AAAI 2020, arXiv:1911.08287.
 * These three carry the epsilon of the public YOLO tools, 1e-7 on heights, areas and diagonals.
 */

/** n boxes, n x 4, row-major `x1, y1, x2, y2`, pixels. */
export type Boxes = Float32Array;

const EPSILON = 1e-7;

/** Area of box `i`, px². Negative or meaningless if its corners are swapped. */
export function area(boxes: Boxes, i: number): number {
  const p = 4 * i;
  return (boxes[p + 2] - boxes[p]) * (boxes[p + 3] - boxes[p + 1]);
}

/** Area shared by box `i` of `a` and box `j` of `b`, px². */
export function intersection(a: Boxes, i: number, b: Boxes, j: number): number {
  const p = 4 * i;
  const q = 4 * j;
  const width = Math.min(a[p + 2], b[q + 2]) - Math.max(a[p], b[q]);
  const height = Math.min(a[p + 3], b[q + 3]) - Math.max(a[p + 1], b[q + 1]);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

/**
 * Intersection over union of box `i` of `a` and box `j` of `b`, in [0, 1].
 *
 * Two empty boxes have IoU 0, not NaN.
 */
export function iou(a: Boxes, i: number, b: Boxes, j: number): number {
  const shared = intersection(a, i, b, j);
  return shared === 0 ? 0 : shared / (area(a, i) + area(b, j) - shared);
}

/** Overlap with the epsilons of the public tools, and what the three distances below need. */
interface Overlap {
  readonly iou: number;
  readonly union: number;
  /** Sides of the smallest box around both, px. */
  readonly hullWidth: number;
  readonly hullHeight: number;
  /** Squared distance of the centres, px². */
  readonly centreDistance: number;
  /** Angles of the diagonals, radians. */
  readonly angleA: number;
  readonly angleB: number;
}

function overlap(a: Boxes, i: number, b: Boxes, j: number): Overlap {
  const p = 4 * i;
  const q = 4 * j;
  const widthA = a[p + 2] - a[p];
  const heightA = a[p + 3] - a[p + 1] + EPSILON;
  const widthB = b[q + 2] - b[q];
  const heightB = b[q + 3] - b[q + 1] + EPSILON;
  const shared = intersection(a, i, b, j);
  const union = widthA * heightA + widthB * heightB - shared + EPSILON;
  const dx = b[q] + b[q + 2] - a[p] - a[p + 2];
  const dy = b[q + 1] + b[q + 3] - a[p + 1] - a[p + 3];
  return {
    iou: shared / union,
    union,
    hullWidth: Math.max(a[p + 2], b[q + 2]) - Math.min(a[p], b[q]),
    hullHeight: Math.max(a[p + 3], b[q + 3]) - Math.min(a[p + 1], b[q + 1]),
    centreDistance: (dx * dx + dy * dy) / 4,
    angleA: Math.atan(widthA / heightA),
    angleB: Math.atan(widthB / heightB),
  };
}

/** Generalised IoU, in (-1, 1]: IoU less the share of the hull that neither box covers. */
export function giou(a: Boxes, i: number, b: Boxes, j: number): number {
  const { iou, union, hullWidth, hullHeight } = overlap(a, i, b, j);
  const hull = hullWidth * hullHeight + EPSILON;
  return iou - (hull - union) / hull;
}

/** Distance IoU, in (-1, 1]: IoU less the squared distance of the centres in squared diagonals of the hull. */
export function diou(a: Boxes, i: number, b: Boxes, j: number): number {
  const { iou, hullWidth, hullHeight, centreDistance } = overlap(a, i, b, j);
  return iou - centreDistance / (hullWidth ** 2 + hullHeight ** 2 + EPSILON);
}

/** Complete IoU: distance IoU less a penalty for another ratio of width to height. The loss of the YOLO family. */
export function ciou(a: Boxes, i: number, b: Boxes, j: number): number {
  const { iou, hullWidth, hullHeight, centreDistance, angleA, angleB } = overlap(a, i, b, j);
  const v = (4 / Math.PI ** 2) * (angleB - angleA) ** 2;
  const alpha = v / (v - iou + 1 + EPSILON);
  return iou - (centreDistance / (hullWidth ** 2 + hullHeight ** 2 + EPSILON) + v * alpha);
}
