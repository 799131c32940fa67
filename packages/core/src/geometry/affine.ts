/**
 * @file Affine transforms of the plane.
 *
 * A transform is the upper two rows of its 3 x 3 matrix: x' = a x + b y + c, y' = d x + e y + f. Coordinates are
 * continuous, x to the right and y down; a transform named `aFromB` takes points of frame B to frame A.
 */
import { ArgumentError } from "../errors";
import type { Boxes } from "./box";

/** `[a, b, c, d, e, f]`. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const IDENTITY: Affine = [1, 0, 0, 0, 1, 0];

/** Moves by (x, y). */
export function translation(x: number, y: number): Affine {
  return [1, 0, x, 0, 1, y];
}

/** Scales about the origin. */
export function scaling(x: number, y: number = x): Affine {
  return [x, 0, 0, 0, y, 0];
}

/** Turns about the origin: by 90 degrees, right becomes up, as `getRotationMatrix2D` of OpenCV has it. */
export function rotation(degrees: number): Affine {
  const radians = (degrees * Math.PI) / 180;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  return [cos, sin, 0, -sin, cos, 0];
}

/** Leans the axes: x' = x + y tan(x angle), y' = y + x tan(y angle). */
export function shear(xDegrees: number, yDegrees: number): Affine {
  return [1, Math.tan((xDegrees * Math.PI) / 180), 0, Math.tan((yDegrees * Math.PI) / 180), 1, 0];
}

/** One transform that does all of `transforms`, the last of them first, as a product of matrices reads. */
export function compose(...transforms: readonly Affine[]): Affine {
  return transforms.reduce(
    ([a, b, c, d, e, f], [k, l, m, n, o, p]) => [
      a * k + b * n,
      a * l + b * o,
      a * m + b * p + c,
      d * k + e * n,
      d * l + e * o,
      d * m + e * p + f,
    ],
    IDENTITY,
  );
}

/**
 * The transform that undoes `transform`.
 *
 * @throws {ArgumentError} if it cannot be undone, because it flattens the plane
 */
export function invert(transform: Affine): Affine {
  const [a, b, c, d, e, f] = transform;
  const determinant = a * e - b * d;
  if (!(Math.abs(determinant) > 1e-12)) {
    throw new ArgumentError(`invert: [${transform.join(", ")}] has the determinant ${determinant}, expected not 0`);
  }
  const k = 1 / determinant;
  return [e * k, -b * k, (b * f - c * e) * k, -d * k, a * k, (c * d - a * f) * k];
}

/** Transforms the points `x, y, x, y ...` in place. @returns `points` */
export function transformPoints<P extends Float32Array | Float64Array | number[]>(transform: Affine, points: P): P {
  const [a, b, c, d, e, f] = transform;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i];
    const y = points[i + 1];
    points[i] = a * x + b * y + c;
    points[i + 1] = d * x + e * y + f;
  }
  return points;
}

/** The smallest upright boxes around the transformed corners, in place. @returns `boxes` */
export function transformBoxes([a, b, c, d, e, f]: Affine, boxes: Boxes): Boxes {
  for (let i = 0; i < boxes.length; i += 4) {
    // The extremes of a sum are the sums of the extremes: four corners need no loop.
    const ax1 = a * boxes[i];
    const by1 = b * boxes[i + 1];
    const ax2 = a * boxes[i + 2];
    const by2 = b * boxes[i + 3];
    const dx1 = d * boxes[i];
    const ey1 = e * boxes[i + 1];
    const dx2 = d * boxes[i + 2];
    const ey2 = e * boxes[i + 3];
    boxes[i] = Math.min(ax1, ax2) + Math.min(by1, by2) + c;
    boxes[i + 1] = Math.min(dx1, dx2) + Math.min(ey1, ey2) + f;
    boxes[i + 2] = Math.max(ax1, ax2) + Math.max(by1, by2) + c;
    boxes[i + 3] = Math.max(dx1, dx2) + Math.max(ey1, ey2) + f;
  }
  return boxes;
}
