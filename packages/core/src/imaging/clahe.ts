/**
 * @file Contrast limited adaptive histogram equalisation, equal to OpenCV's `createCLAHE`.
 *
 * Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV (1994). The image is cut into tiles;
 * each has its own equalising table, from a histogram whose bins are cut at a limit and whose excess is spread; a pixel
 * blends the tables of the four nearest tiles. Where sides are no multiples of the tiles, the image goes on mirrored.
 */
import { ArgumentError } from "../errors";
import { type ByteImage, type Image, image as makeImage } from "./image";
import { mirrored } from "./mirror";

export interface ClaheOptions {
  /** A bin may hold this many times its even share. @default 2 */
  readonly clipLimit?: number;
  /** Columns and rows of tiles. @default [8, 8] */
  readonly tileGridSize?: readonly [columns: number, rows: number];
}

/** Tables of all tiles, row by row, and how the tiles lie. */
interface Tables {
  /** rows x columns x bins. */
  readonly values: Uint8Array | Uint16Array;
  readonly bins: number;
  readonly columns: number;
  readonly rows: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/**
 * `image`, grey and of 8 or 16 bits without sign, equalised in place.
 *
 * @throws {ArgumentError} if the image has colours, or an option is out of range
 */
export function claheGrey<I extends Image<Uint8Array> | Image<Uint16Array>>(image: I, options: ClaheOptions = {}): I {
  if (image.channels !== 1) throw new ArgumentError("claheGrey: an image of 3 channels; equalise its brightness alone");
  interpolate(image, tables(image, options));
  return image;
}

/**
 * An 8-bit image equalised in place: grey as it is, colours by their brightness, Y of ITU-R BT.601 as OpenCV's YCrCb has
 * it; what it gains is added to all three channels, so that hues stay.
 */
export function clahe(image: ByteImage, options: ClaheOptions = {}): ByteImage {
  if (image.channels === 1) return claheGrey(image, options);
  const { data, width, height } = image;
  const luma = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < luma.length; i++, p += 3) luma[i] = lumaOf(data[p], data[p + 1], data[p + 2]);
  const before = luma.slice();
  claheGrey(makeImage(width, height, 1, luma), options);
  const out = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  for (let i = 0, p = 0; i < luma.length; i++, p += 3) {
    const gain = luma[i] - before[i];
    out[p] = data[p] + gain;
    out[p + 1] = data[p + 1] + gain;
    out[p + 2] = data[p + 2] + gain;
  }
  return image;
}

/** Weights of 14 bits. */
function lumaOf(r: number, g: number, b: number): number {
  return (4899 * r + 9617 * g + 1868 * b + 8192) >> 14;
}

function tables(
  { width, height, data }: Image<Uint8Array> | Image<Uint16Array>,
  { clipLimit = 2, tileGridSize: [columns, rows] = [8, 8] }: ClaheOptions,
): Tables {
  if (!(clipLimit > 0)) throw new ArgumentError(`clahe: clip limit ${clipLimit}, expected above 0`);
  for (const count of [columns, rows]) {
    if (!(Number.isInteger(count) && count >= 1 && count <= 256)) {
      throw new ArgumentError(`clahe: a grid of ${columns} x ${rows} tiles, expected whole numbers from 1 to 256`);
    }
  }
  const bins = data instanceof Uint8Array ? 256 : 65536;
  const fits = width % columns === 0 && height % rows === 0;
  // A side that fits is extended by a whole tile's share if the other does not: so is the original.
  const tileWidth = fits ? width / columns : Math.floor(width / columns) + 1;
  const tileHeight = fits ? height / rows : Math.floor(height / rows) + 1;
  const area = tileWidth * tileHeight;
  const limit = Math.max(1, Math.floor((clipLimit * area) / bins));
  const scale = Math.fround((bins - 1) / area);
  const values = bins === 256 ? new Uint8Array(columns * rows * bins) : new Uint16Array(columns * rows * bins);
  const histogram = new Int32Array(bins);
  const xs = Int32Array.from({ length: tileWidth * columns }, (_, x) => mirrored(x, width));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      histogram.fill(0);
      for (let y = row * tileHeight; y < (row + 1) * tileHeight; y++) {
        const line = mirrored(y, height) * width;
        for (let x = column * tileWidth; x < (column + 1) * tileWidth; x++) histogram[data[line + xs[x]]]++;
      }
      clip(histogram, limit);
      const table = values.subarray((row * columns + column) * bins);
      for (let i = 0, sum = 0; i < bins; i++) {
        sum += histogram[i];
        // Sums rise to the tile's area, so that nothing exceeds the range. Halves do not occur but for tiles of powers of two.
        table[i] = roundEven(Math.fround(sum * scale));
      }
    }
  }
  return { values, bins, columns, rows, tileWidth, tileHeight };
}

function roundEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

/** Cuts every bin at `limit` and spreads the excess over all, what is left over evenly in steps. */
function clip(histogram: Int32Array, limit: number): void {
  const bins = histogram.length;
  let excess = 0;
  for (let i = 0; i < bins; i++) {
    if (histogram[i] > limit) {
      excess += histogram[i] - limit;
      histogram[i] = limit;
    }
  }
  const share = Math.floor(excess / bins);
  let rest = excess - share * bins;
  for (let i = 0; i < bins; i++) histogram[i] += share;
  if (rest === 0) return;
  const step = Math.max(1, Math.floor(bins / rest));
  for (let i = 0; i < bins && rest > 0; i += step, rest--) histogram[i]++;
}

/** Bilinear between the tables of the tiles whose centres surround a pixel. */
function interpolate(
  { data, width, height }: Image<Uint8Array> | Image<Uint16Array>,
  { values, bins, columns, rows, tileWidth, tileHeight }: Tables,
): void {
  const left = new Int32Array(width);
  const right = new Int32Array(width);
  const weight = new Float32Array(width);
  const perTile = Math.fround(1 / tileWidth);
  for (let x = 0; x < width; x++) {
    const position = Math.fround(Math.fround(x * perTile) - 0.5);
    const tile = Math.floor(position);
    weight[x] = position - tile;
    left[x] = Math.max(tile, 0) * bins;
    right[x] = Math.min(tile + 1, columns - 1) * bins;
  }
  const out = data instanceof Uint8Array ? new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) : data;
  const whole = !(data instanceof Uint8Array);
  const perTileDown = Math.fround(1 / tileHeight);
  for (let y = 0; y < height; y++) {
    const position = Math.fround(Math.fround(y * perTileDown) - 0.5);
    const tile = Math.floor(position);
    const b = Math.fround(position - tile);
    const rb = Math.fround(1 - b);
    const above = Math.max(tile, 0) * columns * bins;
    const below = Math.min(tile + 1, rows - 1) * columns * bins;
    for (let x = 0, i = y * width; x < width; x++, i++) {
      const value = data[i];
      const l = left[x] + value;
      const r = right[x] + value;
      const a = weight[x];
      const rest = Math.fround(1 - a);
      const top = Math.fround(Math.fround(values[above + l] * rest) + Math.fround(values[above + r] * a));
      const bottom = Math.fround(Math.fround(values[below + l] * rest) + Math.fround(values[below + r] * a));
      const blended = Math.fround(Math.fround(top * rb) + Math.fround(bottom * b));
      out[i] = whole ? roundEven(blended) : blended;
    }
  }
}
