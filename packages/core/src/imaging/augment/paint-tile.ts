/**
 * @file Paints one tile of a canvas into a training image, straight from its source pixels.
 *
 * Bilinear; at the edge of a source image its outermost pixels go on, and pixels outside the tile are left alone.
 * (Blending edges into grey, as a warp of whole images does, would draw lines where tiles meet.)
 */
import { type Affine, compose, invert, transformBoxes } from "../../geometry/affine";
import type { PaintableImage } from "../grey-levels";
import type { ByteImage } from "../image";
import { isByteImage } from "../intensity";
import { pixelKernel } from "../pixel-kernel/pixel-kernel";
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
  const lines = (paintLine: (line: Line) => void) => {
    const end = Math.min(target.height, Math.ceil(lastLine));
    for (let y = Math.max(0, Math.floor(firstLine)); y < end; y++) {
      // Source position of the centre of the line's first pixel.
      const x0 = a * 0.5 + b * (y + 0.5) + c;
      const y0 = d * 0.5 + e * (y + 0.5) + f;
      const from = Math.max(0, enter(x0, a, x1, x2), enter(y0, d, y1, y2));
      const to = Math.min(target.width, leave(x0, a, x1, x2), leave(y0, d, y1, y2));
      if (from >= to) continue;
      paintLine({
        u: Math.round((x0 - 0.5 + from * a) * ONE),
        v: Math.round((y0 - 0.5 + from * d) * ONE),
        start: y * target.width + from,
        count: to - from,
      });
    }
  };
  const steps = { x: Math.round(a * ONE), y: Math.round(d * ONE) };
  if (isByteImage(image) && isByteImage(target)) paintBytes(image, steps, target, lines);
  else lines((line) => paintLevels(image, steps, target, line));
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

/** A run of output pixels. */
interface Line {
  /** Source position of the first one, from the centre of the source's first pixel. */
  readonly u: number;
  readonly v: number;
  /** Number of the first one. */
  readonly start: number;
  readonly count: number;
}

interface Steps {
  readonly x: number;
  readonly y: number;
}

/**
 * Positions are held to the source's pixel centres but for 1/65536 px, so that the right and lower neighbour exist.
 */
const limit = (length: number) => (length - 1) * ONE - 1;

function paintBytes(
  { data, width, height, channels: sourceChannels }: ByteImage,
  { x, y }: Steps,
  { data: out, channels }: ByteImage,
  lines: (paintLine: (line: Line) => void) => void,
): void {
  const kernel = pixelKernel(Math.max(data.length, out.length));
  const bounds = [sourceChannels * width, limit(width), limit(height)];
  kernel.edit(out, (at) => {
    const source = kernel.copy(data, data.length);
    lines(({ u, v, start, count }) => {
      const places = [...bounds, u, v, x, y, at + channels * start, count];
      if (sourceChannels === 3) kernel.run.sampleColour(source, ...places);
      else kernel.run.sampleGrey(source, ...places, channels);
    });
  });
}

/** Values of 16 bits and one channel. Their sum fills 32 bits without sign. */
function paintLevels(
  { data: source, width, height }: PaintableImage,
  steps: Steps,
  { data }: PaintableImage,
  { u, v, start, count }: Line,
): void {
  const [maxX, maxY] = [limit(width), limit(height)];
  for (let k = 0, i = start; k < count; k++, i++) {
    const x = Math.min(Math.max(u + k * steps.x, 0), maxX);
    const y = Math.min(Math.max(v + k * steps.y, 0), maxY);
    const fx = (x >> 8) & 255;
    const fy = (y >> 8) & 255;
    const w11 = fx * fy;
    const w10 = (fx << 8) - w11;
    const w01 = (fy << 8) - w11;
    const w00 = ONE - (fx << 8) - w01;
    const p = (y >> 16) * width + (x >> 16);
    const q = p + width;
    data[i] = (source[p] * w00 + source[p + 1] * w10 + source[q] * w01 + source[q + 1] * w11 + 32768) >>> 16;
  }
}
