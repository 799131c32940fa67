/**
 * @file Affine warp of 8-bit images.
 *
 * Bilinear, a constant grey outside the source; a pixel that reaches beyond the edge blends with that grey, as with
 * OpenCV's `BORDER_CONSTANT`. Coordinates are continuous, pixel (0, 0) covers [0, 1) x [0, 1): boxes and pixels move
 * by one and the same matrix. (OpenCV counts from pixel centres: its matrix is this one between shifts by half a pixel.)
 */
import { ArgumentError, ShapeError } from "../errors";
import { type Affine, invert } from "../geometry/affine";
import { type ByteImage, image as makeImage } from "./image";

export interface WarpOptions {
  /** Grey level outside the source, 0 ... 255. @default 114 */
  readonly fill?: number;
  /** Receives the pixels: height x width x channels bytes. Made if left out. */
  readonly out?: Uint8Array;
}

/** Weights are fractions of 2048: two of them and a byte fill 30 bits. */
const WEIGHT_BITS = 11;
const ONE = 1 << WEIGHT_BITS;

/**
 * `image` under the transform `targetFromSource`, seen through a window of `width` x `height` pixels.
 *
 * @throws {ArgumentError} if a size is not an integer above 0, or the transform cannot be undone
 * @throws {ShapeError} if `out` has another length
 */
export function warpAffine(
  image: ByteImage,
  targetFromSource: Affine,
  width: number,
  height: number,
  { fill = 114, out }: WarpOptions = {},
): ByteImage {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new ArgumentError(`warpAffine: ${width} x ${height}, both must be integers above 0`);
  }
  const { channels } = image;
  const size = width * height * channels;
  const data = out ?? new Uint8Array(size);
  if (data.length !== size) throw new ShapeError(`warpAffine: room for ${data.length} values, expected ${size}`);
  const [a, b, c, d, e, f] = invert(targetFromSource);
  const source = { data: image.data, width: image.width, height: image.height, fill };
  const warpLine = channels === 3 ? warpColourLine : warpGreyLine;
  for (let y = 0; y < height; y++) {
    // Source position, from pixel centres, of the first pixel of this line.
    const x0 = a * 0.5 + b * (y + 0.5) + c - 0.5;
    const y0 = d * 0.5 + e * (y + 0.5) + f - 0.5;
    const [partStart, partEnd] = span(x0, a, y0, d, width, -1, image.width, image.height);
    const [wholeStart, wholeEnd] = span(x0, a, y0, d, width, 0, image.width - 1, image.height - 1);
    const start = y * width * channels;
    data.fill(fill, start, start + partStart * channels);
    data.fill(fill, start + partEnd * channels, start + width * channels);
    const line: Line = { data, start, x0, y0, dx: a, dy: d };
    const first = Math.max(wholeStart, partStart);
    const last = Math.max(first, Math.min(wholeEnd, partEnd));
    warpEdge(source, line, channels, partStart, first);
    warpLine(source, line, first, last);
    warpEdge(source, line, channels, last, partEnd);
  }
  return makeImage(width, height, channels, data);
}

interface Source {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly fill: number;
}

/** A target line and the path that it takes through the source. */
interface Line {
  readonly data: Uint8Array;
  /** Index of its first value. */
  readonly start: number;
  readonly x0: number;
  readonly y0: number;
  /** Source steps per target pixel. */
  readonly dx: number;
  readonly dy: number;
}

/**
 * Range [start, end) of the target pixels of a line whose source position lies in [low, highX) x [low, highY).
 *
 * Rounding may put the true border one pixel off, so both ends are moved until they hold.
 */
function span(
  x0: number,
  dx: number,
  y0: number,
  dy: number,
  width: number,
  low: number,
  highX: number,
  highY: number,
): [number, number] {
  let start = 0;
  let end = width;
  for (const [p, step, high] of [
    [x0, dx, highX],
    [y0, dy, highY],
  ]) {
    if (step === 0) {
      if (p < low || p >= high) return [0, 0];
      continue;
    }
    const enter = ((step > 0 ? low : high) - p) / step;
    const leave = ((step > 0 ? high : low) - p) / step;
    start = Math.max(start, Math.floor(enter));
    end = Math.min(end, Math.ceil(leave) + 1);
  }
  const inside = (i: number) => {
    const x = x0 + i * dx;
    const y = y0 + i * dy;
    return x >= low && x < highX && y >= low && y < highY;
  };
  while (start < end && !inside(start)) start++;
  while (start < end && !inside(end - 1)) end--;
  return start < end ? [start, end] : [0, 0];
}

/** Target pixels [from, to) whose four neighbours all lie in the source: three channels. */
function warpColourLine({ data: source, width }: Source, line: Line, from: number, to: number): void {
  const { data, x0, y0, dx, dy } = line;
  const stride = 3 * width;
  for (let i = from, p = line.start + 3 * from; i < to; i++, p += 3) {
    const x = x0 + i * dx;
    const y = y0 + i * dy;
    const column = x | 0;
    const row = y | 0;
    const fx = ((x - column) * ONE) | 0;
    const fy = ((y - row) * ONE) | 0;
    const q = row * stride + 3 * column;
    const r = q + stride;
    const w11 = (fx * fy) >> WEIGHT_BITS;
    const w10 = fx - w11;
    const w01 = fy - w11;
    const w00 = ONE - fx - w01;
    data[p] = (source[q] * w00 + source[q + 3] * w10 + source[r] * w01 + source[r + 3] * w11 + ONE / 2) >> WEIGHT_BITS;
    data[p + 1] =
      (source[q + 1] * w00 + source[q + 4] * w10 + source[r + 1] * w01 + source[r + 4] * w11 + ONE / 2) >> WEIGHT_BITS;
    data[p + 2] =
      (source[q + 2] * w00 + source[q + 5] * w10 + source[r + 2] * w01 + source[r + 5] * w11 + ONE / 2) >> WEIGHT_BITS;
  }
}

/** As `warpColourLine`, one channel. */
function warpGreyLine({ data: source, width }: Source, line: Line, from: number, to: number): void {
  const { data, start, x0, y0, dx, dy } = line;
  for (let i = from; i < to; i++) {
    const x = x0 + i * dx;
    const y = y0 + i * dy;
    const column = x | 0;
    const row = y | 0;
    const fx = ((x - column) * ONE) | 0;
    const fy = ((y - row) * ONE) | 0;
    const q = row * width + column;
    const w11 = (fx * fy) >> WEIGHT_BITS;
    const w10 = fx - w11;
    const w01 = fy - w11;
    const w00 = ONE - fx - w01;
    data[start + i] =
      (source[q] * w00 + source[q + 1] * w10 + source[q + width] * w01 + source[q + width + 1] * w11 + ONE / 2) >>
      WEIGHT_BITS;
  }
}

/** Target pixels [from, to) of which some neighbours lie outside. */
function warpEdge(source: Source, line: Line, channels: number, from: number, to: number): void {
  const { width, height, fill, data: pixels } = source;
  for (let i = from; i < to; i++) {
    const x = line.x0 + i * line.dx;
    const y = line.y0 + i * line.dy;
    const column = Math.floor(x);
    const row = Math.floor(y);
    const fx = x - column;
    const fy = y - row;
    const left = column >= 0 && column < width;
    const right = column + 1 >= 0 && column + 1 < width;
    const above = row >= 0 && row < height;
    const below = row + 1 >= 0 && row + 1 < height;
    const q = (row * width + column) * channels;
    const r = q + width * channels;
    for (let c = 0; c < channels; c++) {
      const v00 = above && left ? pixels[q + c] : fill;
      const v10 = above && right ? pixels[q + channels + c] : fill;
      const v01 = below && left ? pixels[r + c] : fill;
      const v11 = below && right ? pixels[r + channels + c] : fill;
      const value = (v00 * (1 - fx) + v10 * fx) * (1 - fy) + (v01 * (1 - fx) + v11 * fx) * fy;
      line.data[line.start + i * channels + c] = Math.floor(value + 0.5);
    }
  }
}
