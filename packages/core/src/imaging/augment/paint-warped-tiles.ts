/**
 * @file Paints tiles into a training image through a transform that is not affine, each source pixel position worked out
 * and read once.
 *
 * As `paintTile` in all else: bilinear with weights of 8 bits, edges go on, pixels outside of all tiles are left alone.
 */
import { type Affine, invert } from "../../geometry/affine";
import type { PaintableImage } from "../grey-levels";
import type { Tile } from "./tile";
import { unwarpLine, type WarpStep } from "./warp";

/** As in `paintTile`, pixels. */
const OVERLAP = 1e-6;

/** Source positions are integers of 1/65536 px. */
const ONE = 65536;

/**
 * Paints what `tiles` show, later ones over earlier ones.
 *
 * @param steps from the canvas to `target`
 * @param target three channels, or one if all tiles have one; of the tiles' pixel type
 */
export function paintWarpedTiles(tiles: readonly Tile[], steps: readonly WarpStep[], target: PaintableImage): void {
  const { width, height } = target;
  const xs = new Float64Array(width);
  const ys = new Float64Array(width);
  const imageFromCanvas = tiles.map((tile) => invert(tile.canvasFromImage));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) xs[x] = x + 0.5;
    ys.fill(y + 0.5);
    unwarpLine(steps, xs, ys);
    for (const [k, tile] of tiles.entries()) paintLine(tile, imageFromCanvas[k], xs, ys, target, y * width);
  }
}

function paintLine(
  { image: { data: source, width, height, channels: sourceChannels }, region }: Tile,
  [a, b, c, d, e, f]: Affine,
  xs: Float64Array,
  ys: Float64Array,
  { data, channels }: PaintableImage,
  start: number,
): void {
  const [left, right] = [region.x1 - OVERLAP, region.x2 + OVERLAP];
  const [top, bottom] = [region.y1 - OVERLAP, region.y2 + OVERLAP];
  const stride = sourceChannels * width;
  const maxX = (width - 1) * ONE - 1;
  const maxY = (height - 1) * ONE - 1;
  for (let k = 0, i = channels * start; k < xs.length; k++, i += channels) {
    const x = xs[k];
    const y = ys[k];
    if (!(x >= left && x <= right && y >= top && y <= bottom)) continue;
    const u = Math.min(Math.max(Math.round((a * x + b * y + c - 0.5) * ONE), 0), maxX);
    const v = Math.min(Math.max(Math.round((d * x + e * y + f - 0.5) * ONE), 0), maxY);
    const fx = (u >> 8) & 255;
    const fy = (v >> 8) & 255;
    const w11 = fx * fy;
    const w10 = (fx << 8) - w11;
    const w01 = (fy << 8) - w11;
    const w00 = ONE - (fx << 8) - w01;
    const p = (v >> 16) * stride + sourceChannels * (u >> 16);
    const q = p + stride;
    if (sourceChannels === 1) {
      // The sum of 16-bit values fills 32 bits without sign.
      const grey = (source[p] * w00 + source[p + 1] * w10 + source[q] * w01 + source[q + 1] * w11 + 32768) >>> 16;
      data[i] = grey;
      if (channels === 3) data[i + 1] = data[i + 2] = grey;
      continue;
    }
    data[i] = (source[p] * w00 + source[p + 3] * w10 + source[q] * w01 + source[q + 3] * w11 + 32768) >> 16;
    data[i + 1] = (source[p + 1] * w00 + source[p + 4] * w10 + source[q + 1] * w01 + source[q + 4] * w11 + 32768) >> 16;
    data[i + 2] = (source[p + 2] * w00 + source[p + 5] * w10 + source[q + 2] * w01 + source[q + 5] * w11 + 32768) >> 16;
  }
}
