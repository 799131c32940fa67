/**
 * @file Projective transforms of the plane: what a camera that is tilted does to a picture.
 *
 * A transform is its 3 x 3 matrix in rows: x' = (a x + b y + c) / w, y' = (d x + e y + f) / w, w = g x + h y + i. Points with
 * w <= 0 lie beyond the horizon and have no image.
 */
import { ArgumentError } from "../errors";
import type { Affine } from "./affine";
import type { Polygon } from "./polygon";

/** `[a, b, c, d, e, f, g, h, i]`. */
export type Projective = readonly [number, number, number, number, number, number, number, number, number];

/** The same transform as a matrix of three rows. */
export function projective([a, b, c, d, e, f]: Affine): Projective {
  return [a, b, c, d, e, f, 0, 0, 1];
}

/** One transform that does `first`, then `second`. */
export function composeProjective(second: Projective, first: Projective): Projective {
  const at = (row: number, column: number) =>
    second[3 * row] * first[column] + second[3 * row + 1] * first[3 + column] + second[3 * row + 2] * first[6 + column];
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

/**
 * The transform that undoes `transform`, by the adjugate matrix.
 *
 * @throws {ArgumentError} if it cannot be undone, because it flattens the plane
 */
export function invertProjective([a, b, c, d, e, f, g, h, i]: Projective): Projective {
  const [A, B, C] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * A + b * B + c * C;
  if (!(Math.abs(determinant) > 1e-12)) {
    throw new ArgumentError(`invertProjective: a determinant of ${determinant}, expected not 0`);
  }
  const adjugate: Projective = [
    ...([A, c * h - b * i, b * f - c * e] as const),
    ...([B, a * i - c * g, c * d - a * f] as const),
    ...([C, b * g - a * h, a * e - b * d] as const),
  ];
  return adjugate.map((value) => value / determinant) as readonly number[] as Projective;
}

/** Four corners x, y, x, y ...: upper left, upper right, lower right, lower left. */
export type Corners = readonly [number, number, number, number, number, number, number, number];

/**
 * The transform that takes the square [0, size] x [0, size] to four corners.
 *
 * Heckbert, "Fundamentals of texture mapping and image warping", 1989, section 2.2.3.
 */
export function squareToCorners(size: number, [x0, y0, x1, y1, x2, y2, x3, y3]: Corners): Projective {
  const [dx1, dx2, sx] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3];
  const [dy1, dy2, sy] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3];
  const determinant = dx1 * dy2 - dx2 * dy1;
  if (!(Math.abs(determinant) > 1e-12)) throw new ArgumentError("squareToCorners: three corners lie on one line");
  const g = (sx * dy2 - dx2 * sy) / determinant;
  const h = (dx1 * sy - sx * dy1) / determinant;
  const [a, b] = [x1 - x0 + g * x1, x3 - x0 + h * x3];
  const [d, e] = [y1 - y0 + g * y1, y3 - y0 + h * y3];
  return [a / size, b / size, x0, d / size, e / size, y0, g / size, h / size, 1];
}

/** Nearer to the horizon a point is as good as beyond it. */
const NEAREST = 0.01;

/** An outline's image; what lies beyond the horizon is cut off first. */
export function projectOutline(transform: Projective, outline: ArrayLike<number>): Polygon {
  const [a, b, c, d, e, f, g, h, i] = transform;
  const depth = (k: number) => g * outline[k] + h * outline[k + 1] + i - NEAREST;
  const out: number[] = [];
  const push = (x: number, y: number) => {
    const w = g * x + h * y + i;
    out.push((a * x + b * y + c) / w, (d * x + e * y + f) / w);
  };
  const n = outline.length;
  for (let k = 0, j = n - 2; k < n; j = k, k += 2) {
    const here = depth(k);
    const before = depth(j);
    if (here >= 0 !== before >= 0) {
      const t = before / (before - here);
      push(outline[j] + t * (outline[k] - outline[j]), outline[j + 1] + t * (outline[k + 1] - outline[j + 1]));
    }
    if (here >= 0) push(outline[k], outline[k + 1]);
  }
  return Float32Array.from(out.length < 6 ? [] : out);
}
