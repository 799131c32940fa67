/**
 * @file Paints one tile of a canvas into a training image, straight from its source pixels.
 *
 * Bilinear; at the edge of a source image its outermost pixels go on, and pixels outside the tile are left alone.
 * (Blending edges into grey, as a warp of whole images does, would draw lines where tiles meet.)
 */
import { type Affine, compose, invert, transformBoxes } from "../../geometry/affine";
import type { PaintableImage, PaintablePixels } from "../grey-levels";
import type { Tile } from "./tile";

/** Tiles meet within a rounding error; none of their pixels may stay grey. Pixels. */
const OVERLAP = 1e-6;

/** Source positions are integers of 1/65536 px in the loop; weights keep 8 of these bits. */
const ONE = 65536;

/**
 * Paints what `tile` shows of its region into `target`.
 *
 * @param target three channels, or one if the tile has one; of the tile's pixel type
 */
export function paintTile(
  { image, canvasFromImage, region }: Tile,
  outputFromCanvas: Affine,
  target: PaintableImage,
): void {
  const corners = [region.x1, region.y1, region.x2, region.y2];
  const [, firstLine, , lastLine] = transformBoxes(outputFromCanvas, Float32Array.from(corners));
  const [x1, y1, x2, y2] = transformBoxes(invert(canvasFromImage), Float32Array.from(corners));
  const [a, b, c, d, e, f] = invert(compose(outputFromCanvas, canvasFromImage));
  const source: Source = { data: image.data, width: image.width, height: image.height, dx: a, dy: d };
  const paintLine = image.channels === 3 ? paintColourLine : paintGreyLine;
  const end = Math.min(target.height, Math.ceil(lastLine));
  for (let y = Math.max(0, Math.floor(firstLine)); y < end; y++) {
    // Source position of the centre of the line's first pixel.
    const x0 = a * 0.5 + b * (y + 0.5) + c;
    const y0 = d * 0.5 + e * (y + 0.5) + f;
    const from = Math.max(0, enter(x0, a, x1, x2), enter(y0, d, y1, y2));
    const to = Math.min(target.width, leave(x0, a, x1, x2), leave(y0, d, y1, y2));
    if (from < to) paintLine(source, x0 - 0.5, y0 - 0.5, target, y * target.width, from, to);
  }
}

/** First step at which a position that starts at `p` and moves by `step` is within [low, high]; infinite if never. */
function enter(p: number, step: number, low: number, high: number): number {
  if (step === 0) return p >= low - OVERLAP && p <= high + OVERLAP ? 0 : Number.POSITIVE_INFINITY;
  return Math.ceil((step > 0 ? low - OVERLAP - p : high + OVERLAP - p) / step);
}

/** The step after the last one within [low, high]. */
function leave(p: number, step: number, low: number, high: number): number {
  if (step === 0) return Number.POSITIVE_INFINITY;
  return Math.floor((step > 0 ? high + OVERLAP - p : low - OVERLAP - p) / step) + 1;
}

interface Source {
  readonly data: PaintablePixels;
  readonly width: number;
  readonly height: number;
  /** Steps through the source per output pixel. */
  readonly dx: number;
  readonly dy: number;
}

/**
 * Output pixels [from, to) of the line that begins at pixel `start`, three channels to three.
 *
 * Positions are held to the source's pixel centres but for 1/65536 px, so that the right and lower neighbour exist.
 */
function paintColourLine(
  { data: source, width, height, dx, dy }: Source,
  x0: number,
  y0: number,
  { data }: PaintableImage,
  start: number,
  from: number,
  to: number,
): void {
  const stride = 3 * width;
  const maxX = (width - 1) * ONE - 1;
  const maxY = (height - 1) * ONE - 1;
  const stepX = Math.round(dx * ONE);
  const stepY = Math.round(dy * ONE);
  let u = Math.round((x0 + from * dx) * ONE);
  let v = Math.round((y0 + from * dy) * ONE);
  const end = 3 * (start + to);
  for (let i = 3 * (start + from); i < end; i += 3, u += stepX, v += stepY) {
    const x = Math.min(Math.max(u, 0), maxX);
    const y = Math.min(Math.max(v, 0), maxY);
    const fx = (x >> 8) & 255;
    const fy = (y >> 8) & 255;
    const w11 = fx * fy;
    const w10 = (fx << 8) - w11;
    const w01 = (fy << 8) - w11;
    const w00 = ONE - (fx << 8) - w01;
    const p = (y >> 16) * stride + 3 * (x >> 16);
    const q = p + stride;
    data[i] = (source[p] * w00 + source[p + 3] * w10 + source[q] * w01 + source[q + 3] * w11 + 32768) >> 16;
    data[i + 1] = (source[p + 1] * w00 + source[p + 4] * w10 + source[q + 1] * w01 + source[q + 4] * w11 + 32768) >> 16;
    data[i + 2] = (source[p + 2] * w00 + source[p + 5] * w10 + source[q + 2] * w01 + source[q + 5] * w11 + 32768) >> 16;
  }
}

/** The same from one channel, to one or, all alike, to three. The sum of 16-bit values fills 32 bits without sign. */
function paintGreyLine(
  { data: source, width, height, dx, dy }: Source,
  x0: number,
  y0: number,
  { data, channels }: PaintableImage,
  start: number,
  from: number,
  to: number,
): void {
  const maxX = (width - 1) * ONE - 1;
  const maxY = (height - 1) * ONE - 1;
  const stepX = Math.round(dx * ONE);
  const stepY = Math.round(dy * ONE);
  let u = Math.round((x0 + from * dx) * ONE);
  let v = Math.round((y0 + from * dy) * ONE);
  const end = channels * (start + to);
  for (let i = channels * (start + from); i < end; i += channels, u += stepX, v += stepY) {
    const x = Math.min(Math.max(u, 0), maxX);
    const y = Math.min(Math.max(v, 0), maxY);
    const fx = (x >> 8) & 255;
    const fy = (y >> 8) & 255;
    const w11 = fx * fy;
    const w10 = (fx << 8) - w11;
    const w01 = (fy << 8) - w11;
    const w00 = ONE - (fx << 8) - w01;
    const p = (y >> 16) * width + (x >> 16);
    const q = p + width;
    const grey = (source[p] * w00 + source[p + 1] * w10 + source[q] * w01 + source[q + 1] * w11 + 32768) >>> 16;
    data[i] = grey;
    if (channels === 3) data[i + 1] = data[i + 2] = grey;
  }
}
