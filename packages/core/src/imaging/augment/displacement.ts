/**
 * @file Elastic displacement: every pixel is read a little beside itself, neighbours alike.
 *
 * Simard et al., "Best practices for convolutional neural networks applied to visual document analysis", ICDAR 2003,
 * doi:10.1109/ICDAR.2003.1227801: uniform noise in [-1, 1], smoothed by a Gaussian of `sigma` pixels, times `alpha` pixels.
 * The noise is drawn on a grid of half a sigma and scaled to the spread that it would have pixel by pixel; between the
 * grid's nodes the field is linear.
 */
import { ArgumentError } from "../../errors";
import type { Random } from "../../math/random";

/** A field of shifts, pixels. Node (i, j) lies at pixel position (i x spacing, j x spacing). */
export interface Displacement {
  readonly spacing: number;
  readonly columns: number;
  readonly rows: number;
  /** rows x columns: output position (x, y) shows what was at (x + dx, y + dy). */
  readonly dx: Float32Array;
  readonly dy: Float32Array;
}

export interface Elasticity {
  /** Strength, pixels. */
  readonly alpha: number;
  /** How far neighbours move together, pixels. */
  readonly sigma: number;
}

/** Standard deviation of a field's slope; where a slope passes -1 the picture folds over itself. */
const MAX_SLOPE = 0.4;

/** No part of the picture is pressed to less than this share of its area. */
const LEAST_AREA = 0.2;

/** The largest `alpha` that leaves most tissue unfolded: slope = alpha / sigma^2 x sqrt(1 / 3) / (2 sqrt(2 pi)). */
export function largestAlpha(sigma: number): number {
  return (MAX_SLOPE * sigma * sigma * 2 * Math.sqrt(2 * Math.PI)) / Math.sqrt(1 / 3);
}

/**
 * A random field for an image of `size` x `size` pixels. One that would fold the image anywhere, or press it hard, is made
 * weaker as a whole until it does not.
 *
 * @throws {ArgumentError} if most fields would fold it
 */
export function randomDisplacement({ alpha, sigma }: Elasticity, size: number, random: Random): Displacement {
  if (!(alpha <= largestAlpha(sigma))) {
    throw new ArgumentError(
      `alpha ${alpha} with sigma ${sigma} folds tissue; at most ${largestAlpha(sigma).toFixed(1)}`,
    );
  }
  const spacing = Math.max(1, Math.floor(sigma / 2));
  const nodes = Math.ceil(size / spacing) + 1;
  const kernel = gaussian(sigma / spacing);
  const margin = (kernel.length - 1) / 2;
  // A node stands for spacing^2 pixels, whose mean has the spread of one divided by spacing.
  const draw = () => smoothNoise(nodes, margin, kernel, alpha / spacing, random);
  const field = { spacing, columns: nodes, rows: nodes, dx: draw(), dy: draw() };
  const share = unfoldedShare(field);
  if (share === 1) return field;
  return { ...field, dx: field.dx.map((shift) => shift * share), dy: field.dy.map((shift) => shift * share) };
}

/** The largest tenth by which a field can be multiplied to keep every corner of its grid unfolded: 1, .9, ... */
function unfoldedShare({ spacing, columns, rows, dx, dy }: Displacement): number {
  let share = 1;
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      for (let corner = 0; corner < 4; corner++) {
        // A cell's edges along x and along y that meet at one of its corners.
        const x = (row + (corner >> 1)) * columns + column;
        const y = row * columns + column + (corner & 1);
        const xx = (dx[x + 1] - dx[x]) / spacing;
        const xy = (dx[y + columns] - dx[y]) / spacing;
        const yx = (dy[x + 1] - dy[x]) / spacing;
        const yy = (dy[y + columns] - dy[y]) / spacing;
        const area = (s: number) => (1 + s * xx) * (1 + s * yy) - s * s * xy * yx;
        while (share > 0.1 && area(share) < LEAST_AREA) share = Math.round(share * 10 - 1) / 10;
      }
    }
  }
  return share;
}

function gaussian(sigma: number): Float64Array {
  const half = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: 2 * half + 1 }, (_, i) => Math.exp((-0.5 * (i - half) ** 2) / sigma ** 2));
  const total = kernel.reduce((sum, value) => sum + value, 0);
  return kernel.map((value) => value / total);
}

/** nodes x nodes values of smoothed noise in [-strength, strength]. */
function smoothNoise(nodes: number, margin: number, kernel: Float64Array, strength: number, random: Random) {
  const wide = nodes + 2 * margin;
  const noise = Float32Array.from({ length: wide * wide }, () => (random.uint32() / 2 ** 31 - 1) * strength);
  const across = new Float32Array(wide * nodes);
  for (let y = 0; y < wide; y++) {
    for (let x = 0; x < nodes; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * noise[y * wide + x + k];
      across[y * nodes + x] = sum;
    }
  }
  const out = new Float32Array(nodes * nodes);
  for (let y = 0; y < nodes; y++) {
    for (let k = 0; k < kernel.length; k++) {
      const weight = kernel[k];
      const from = (y + k) * nodes;
      for (let x = 0; x < nodes; x++) out[y * nodes + x] += weight * across[from + x];
    }
  }
  return out;
}

/** Moves the positions `xs`, `ys` to where they are read, in place. Beyond the field its edge counts. */
export function displace({ spacing, columns, rows, dx, dy }: Displacement, xs: Float64Array, ys: Float64Array): void {
  const scale = 1 / spacing;
  const maxX = columns - 1.000001;
  const maxY = rows - 1.000001;
  for (let i = 0; i < xs.length; i++) {
    const u = Math.min(Math.max(xs[i] * scale, 0), maxX);
    const v = Math.min(Math.max(ys[i] * scale, 0), maxY);
    // A position beyond the horizon is NaN, and stays so.
    const column = u | 0;
    const row = v | 0;
    const a = u - column;
    const b = v - row;
    const p = row * columns + column;
    const q = p + columns;
    xs[i] += (dx[p] * (1 - a) + dx[p + 1] * a) * (1 - b) + (dx[q] * (1 - a) + dx[q + 1] * a) * b;
    ys[i] += (dy[p] * (1 - a) + dy[p + 1] * a) * (1 - b) + (dy[q] * (1 - a) + dy[q + 1] * a) * b;
  }
}

/** Rounds of the search below; each shrinks the error by the field's slope. */
const ROUNDS = 24;

/**
 * Where the points `x, y, x, y ...` of the picture before come to lie after it, in place: the position whose
 * displacement leads back to the point, found by iteration.
 */
export function displacePoints(field: Displacement, points: Float32Array): Float32Array {
  const n = points.length / 2;
  const x = Float64Array.from({ length: n }, (_, i) => points[2 * i]);
  const y = Float64Array.from({ length: n }, (_, i) => points[2 * i + 1]);
  const [u, v] = [x.slice(), y.slice()];
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = [u.slice(), v.slice()];
    displace(field, a, b);
    // Half the step: converges where slopes come near 1 too.
    for (let i = 0; i < n; i++) {
      u[i] += 0.7 * (x[i] - a[i]);
      v[i] += 0.7 * (y[i] - b[i]);
    }
  }
  for (let i = 0; i < n; i++) {
    points[2 * i] = u[i];
    points[2 * i + 1] = v[i];
  }
  return points;
}
