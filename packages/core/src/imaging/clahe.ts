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
import { type PixelKernel, pixelKernel } from "./pixel-kernel/pixel-kernel";

export interface ClaheOptions {
  /** A bin may hold this many times its even share. @default 2 */
  readonly clipLimit?: number;
  /** Columns and rows of tiles. @default [8, 8] */
  readonly tileGridSize?: readonly [columns: number, rows: number];
}

const GRID = [8, 8] as const;

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
  const { data, width, height, channels } = image;
  if (channels !== 1) throw new ArgumentError("claheGrey: an image of 3 channels; equalise its brightness alone");
  if (data instanceof Uint16Array) {
    interpolate({ ...image, data }, tables(image, options));
    return image;
  }
  const kernel = pixelKernel(data.length, roomFor(width, options));
  kernel.edit(data, (at) => equalise(kernel, at, width, height, options));
  return image;
}

/**
 * An 8-bit image equalised in place: grey as it is, colours by their brightness, Y of ITU-R BT.601 as OpenCV's YCrCb has
 * it; what it gains is added to all three channels, so that hues stay.
 */
export function clahe(image: ByteImage, options: ClaheOptions = {}): ByteImage {
  if (image.channels === 1) return claheGrey(image, options);
  const { data, width, height } = image;
  const pixels = width * height;
  const kernel = pixelKernel(data.length, 2 * pixels + 256 + roomFor(width, options));
  kernel.edit(data, (at) => {
    const [before, after] = [kernel.room(pixels + 64), kernel.room(pixels + 64)];
    kernel.run.luma(at, pixels, before);
    kernel.view(after, pixels).set(kernel.view(before, pixels));
    equalise(kernel, after, width, height, options);
    kernel.run.addGain(at, pixels, before, after);
  });
  return image;
}

const roomFor = (width: number, { tileGridSize: [columns] = GRID }: ClaheOptions) =>
  8 * (width + 4) + 1024 * (columns + 1) + 2048 + 320;

/** Equalises the grey bytes at a place of the kernel's memory. */
function equalise(kernel: PixelKernel, at: number, width: number, height: number, options: ClaheOptions): void {
  const counts = kernel.room(2048);
  const countTile: TileCounter = (start, tileWidth, tileHeight) => {
    kernel.view(counts, 2048).fill(0);
    kernel.run.count(at + start, width, tileWidth, tileHeight, counts);
    const { buffer, byteOffset } = kernel.view(counts, 1024);
    return new Int32Array(buffer, byteOffset, 256);
  };
  const made = tables(makeImage(width, height, 1, kernel.view(at, width * height)), options, countTile);
  const { columns, rows, tileWidth, tileHeight } = made;
  // One cell more than tiles each way: between the centres of two tiles, and beyond those at the edges.
  const words = new Uint32Array(256 * (columns + 1));
  const wordsAt = kernel.room(words.byteLength);
  const across = positions(width, tileWidth);
  const padded = 4 * Math.ceil(width / 4);
  const cells = kernel.put(
    Uint32Array.from({ length: padded }, (_, x) => wordsAt + 1024 * ((across.tiles[x] ?? -1) + 1)),
  );
  const weights = kernel.put(Float32Array.from({ length: padded }, (_, x) => across.weights[x] ?? 0));
  const down = positions(height, tileHeight);
  let shown = Number.NaN;
  for (let y = 0; y < height; y++) {
    const tile = down.tiles[y];
    if (tile !== shown) {
      fillCells(made, Math.max(tile, 0), Math.min(tile + 1, rows - 1), words);
      kernel.view(wordsAt, words.byteLength).set(new Uint8Array(words.buffer));
      shown = tile;
    }
    kernel.run.blendTables(at + y * width, width, cells, weights, down.weights[y]);
  }
}

/** The four tables of each cell between two rows of tiles, byte by byte: upper left, upper right, lower left, lower right. */
function fillCells({ values, columns }: Tables, upper: number, lower: number, words: Uint32Array): void {
  for (let cell = 0; cell <= columns; cell++) {
    const [left, right] = [Math.max(cell - 1, 0), Math.min(cell, columns - 1)];
    const [ul, ur] = [256 * (upper * columns + left), 256 * (upper * columns + right)];
    const [ll, lr] = [256 * (lower * columns + left), 256 * (lower * columns + right)];
    for (let v = 0; v < 256; v++) {
      words[256 * cell + v] = values[ul + v] | (values[ur + v] << 8) | (values[ll + v] << 16) | (values[lr + v] << 24);
    }
  }
}

/** For each pixel of a line the last tile whose centre it has passed, -1 for none, and how far it is to the next one's. */
function positions(length: number, tileLength: number) {
  const tiles = new Int32Array(length);
  const weights = new Float32Array(length);
  const perTile = Math.fround(1 / tileLength);
  for (let x = 0; x < length; x++) {
    const position = Math.fround(Math.fround(x * perTile) - 0.5);
    tiles[x] = Math.floor(position);
    weights[x] = position - tiles[x];
  }
  return { tiles, weights };
}

/** Counts the values of a tile that lies within the image. @param start number of its first pixel */
type TileCounter = (start: number, width: number, height: number) => Int32Array;

function tables(
  { width, height, data }: Image<Uint8Array> | Image<Uint16Array>,
  { clipLimit = 2, tileGridSize: [columns, rows] = GRID }: ClaheOptions,
  countTile?: TileCounter,
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
      const [left, top] = [column * tileWidth, row * tileHeight];
      if (countTile && left + tileWidth <= width && top + tileHeight <= height) {
        histogram.set(countTile(top * width + left, tileWidth, tileHeight));
      } else {
        histogram.fill(0);
        for (let y = top; y < top + tileHeight; y++) {
          const line = mirrored(y, height) * width;
          for (let x = left; x < left + tileWidth; x++) histogram[data[line + xs[x]]]++;
        }
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
  { data, width, height }: Image<Uint16Array>,
  { values, bins, columns, rows, ...tile }: Tables,
): void {
  const across = positions(width, tile.tileWidth);
  const down = positions(height, tile.tileHeight);
  for (let y = 0; y < height; y++) {
    const above = Math.max(down.tiles[y], 0) * columns * bins;
    const below = Math.min(down.tiles[y] + 1, rows - 1) * columns * bins;
    const b = down.weights[y];
    const rb = Math.fround(1 - b);
    for (let x = 0, i = y * width; x < width; x++, i++) {
      const left = Math.max(across.tiles[x], 0) * bins + data[i];
      const right = Math.min(across.tiles[x] + 1, columns - 1) * bins + data[i];
      const a = across.weights[x];
      const rest = Math.fround(1 - a);
      const top = Math.fround(Math.fround(values[above + left] * rest) + Math.fround(values[above + right] * a));
      const bottom = Math.fround(Math.fround(values[below + left] * rest) + Math.fround(values[below + right] * a));
      data[i] = roundEven(Math.fround(Math.fround(top * rb) + Math.fround(bottom * b)));
    }
  }
}
