/**
 * @file Bilinear resizing.
 *
 * Pixel centres map to pixel centres: source x = (x + 0.5) * (source width / width) - 0.5, clamped at the edges, no
 * anti-aliasing. 8-bit images take the arithmetic of OpenCV's `INTER_LINEAR` (weights of 11 bits per axis, the
 * horizontal sums cut to 16 bits, one rounding at the end), so that a network sees the same grey levels as in the
 * public tools, to the last bit. 16-bit images are computed in floating point and rounded once.
 */
import { ArgumentError, ShapeError } from "../errors";
import { type ByteImage, type Image, image as makeImage } from "./image";

/** Where each output position reads: left or upper source index, and the two weights. */
interface Taps {
  /** May be -1 or the last index: the caller clamps `index` and `index + 1`. */
  readonly index: Int32Array;
  /** Weight of `index + 1`, in [0, 1). */
  readonly fraction: Float32Array;
}

function taps(sourceSize: number, size: number): Taps {
  const scale = sourceSize / size;
  const index = new Int32Array(size);
  const fraction = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    index[i] = Math.floor(position);
    fraction[i] = position - index[i];
  }
  return { index, fraction };
}

/** `x` rounded to the nearest integer, halves to even, as OpenCV and Python do. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  // Adding zero turns -0 into 0.
  return (rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded) + 0;
}

/** 11-bit weights of the two taps. */
function fixedWeights(fraction: Float32Array): [Int16Array, Int16Array] {
  const w0 = new Int16Array(fraction.length);
  const w1 = new Int16Array(fraction.length);
  for (let i = 0; i < fraction.length; i++) {
    w0[i] = roundHalfEven(Math.fround(1 - fraction[i]) * 2048);
    w1[i] = roundHalfEven(fraction[i] * 2048);
  }
  return [w0, w1];
}

function checkSize(image: Image, width: number, height: number): void {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new ArgumentError(`resize: ${width} x ${height}, both must be integers above 0`);
  }
  if (image.width === 0 || image.height === 0) {
    throw new ArgumentError(`resize: a source of ${image.width} x ${image.height} pixels has nothing to resize`);
  }
}

/** Writes row `y` of the resized image, interleaved, to `out` from `offset` on. */
export type RowSource = (y: number, out: Uint8Array, offset: number) => void;

/**
 * `image` resized to `width` x `height`, row by row, for a caller that puts each row elsewhere than into an image.
 *
 * Rows are cheapest when asked for in rising order: each source row is then filtered once. An image that has the
 * wanted size already is passed through.
 *
 * @throws {ArgumentError} if a side is not an integer above 0, or the image is empty
 */
export function bilinearRows(image: ByteImage, width: number, height: number): RowSource {
  checkSize(image, width, height);
  const { data, channels } = image;
  const lineLength = width * channels;
  if (image.width === width && image.height === height) {
    return (y, out, offset) => out.set(data.subarray(y * lineLength, (y + 1) * lineLength), offset);
  }
  const filterLine = horizontalFilter(image, width);
  const vertical = taps(image.height, height);
  const [v0, v1] = fixedWeights(vertical.fraction);
  let upper = new Uint16Array(lineLength);
  let lower = new Uint16Array(lineLength);
  let upperRow = -1;
  let lowerRow = -1;
  const last = image.height - 1;

  return (y, out, offset) => {
    const row0 = Math.min(Math.max(vertical.index[y], 0), last);
    const row1 = Math.min(Math.max(vertical.index[y] + 1, 0), last);
    if (upperRow !== row0) {
      if (lowerRow === row0) {
        [upper, lower] = [lower, upper];
        lowerRow = upperRow;
      } else {
        filterLine(row0, upper);
      }
      upperRow = row0;
    }
    if (lowerRow !== row1) {
      filterLine(row1, lower);
      lowerRow = row1;
    }
    blendLines(upper, lower, v0[y], v1[y], out, offset);
  };
}

/** Vertical pass: two filtered lines to one line of bytes. */
function blendLines(a: Uint16Array, b: Uint16Array, w0: number, w1: number, out: Uint8Array, offset: number): void {
  for (let i = 0; i < a.length; i++) out[offset + i] = (((w0 * a[i]) >> 16) + ((w1 * b[i]) >> 16) + 2) >> 2;
}

/** Horizontal pass of one source row: sums of 19 bits, cut to the 15 that the vertical pass reads. */
function horizontalFilter(
  { data, width: sourceWidth, channels }: ByteImage,
  width: number,
): (row: number, line: Uint16Array) => void {
  const { index, fraction } = taps(sourceWidth, width);
  const [, weight] = fixedWeights(fraction);
  const left = new Int32Array(width);
  for (let x = 0; x < width; x++) {
    // Outside the centres of the first and last pixel the nearest one counts alone.
    if (index[x] < 0) weight[x] = 0;
    else if (index[x] > sourceWidth - 2) weight[x] = 2048;
    left[x] = channels * Math.max(Math.min(index[x], sourceWidth - 2), 0);
  }
  const stride = sourceWidth * channels;
  // The two weights add up to 2048: one multiplication does for both. A source of one column has no right neighbour.
  const step = sourceWidth > 1 ? channels : 0;
  if (channels === 1) {
    return (row, line) => {
      const start = row * stride;
      for (let x = 0; x < width; x++) {
        const p = start + left[x];
        line[x] = ((data[p] << 11) + (data[p + step] - data[p]) * weight[x]) >> 4;
      }
    };
  }
  return (row, line) => {
    const start = row * stride;
    for (let x = 0, i = 0; x < width; x++, i += 3) {
      const p = start + left[x];
      const q = p + step;
      const w = weight[x];
      line[i] = ((data[p] << 11) + (data[q] - data[p]) * w) >> 4;
      line[i + 1] = ((data[p + 1] << 11) + (data[q + 1] - data[p + 1]) * w) >> 4;
      line[i + 2] = ((data[p + 2] << 11) + (data[q + 2] - data[p + 2]) * w) >> 4;
    }
  };
}

/**
 * 8-bit `image` resized to `width` x `height`, equal to OpenCV's `INTER_LINEAR`.
 *
 * @param out room for height x width x channels bytes; made if left out
 * @throws {ArgumentError} if a side is not an integer above 0, or the image is empty
 * @throws {ShapeError} if `out` has another length
 */
export function resizeBilinear(image: ByteImage, width: number, height: number, out?: Uint8Array): ByteImage {
  const row = bilinearRows(image, width, height);
  const lineLength = width * image.channels;
  const data = out ?? new Uint8Array(lineLength * height);
  if (data.length !== lineLength * height) {
    throw new ShapeError(`resizeBilinear: room for ${data.length} values, expected ${lineLength * height}`);
  }
  for (let y = 0; y < height; y++) row(y, data, y * lineLength);
  return makeImage(width, height, image.channels, data);
}

/**
 * 16-bit grey `image` resized to `width` x `height`; the image itself if it has that size.
 *
 * @throws {ArgumentError} if a side is not an integer above 0, or the image is empty
 */
export function resizeBilinear16(image: Image<Uint16Array>, width: number, height: number): Image<Uint16Array> {
  checkSize(image, width, height);
  if (image.width === width && image.height === height) return image;
  const { data } = image;
  const across = taps(image.width, width);
  const down = taps(image.height, height);
  const out = new Uint16Array(width * height);
  const clamped = (index: number, size: number) => Math.min(Math.max(index, 0), size - 1);
  const left = across.index.map((index) => clamped(index, image.width));
  const right = across.index.map((index) => clamped(index + 1, image.width));
  for (let y = 0, i = 0; y < height; y++) {
    const upper = clamped(down.index[y], image.height) * image.width;
    const lower = clamped(down.index[y] + 1, image.height) * image.width;
    const v = down.fraction[y];
    for (let x = 0; x < width; x++, i++) {
      const u = across.fraction[x];
      const top = data[upper + left[x]] * (1 - u) + data[upper + right[x]] * u;
      const bottom = data[lower + left[x]] * (1 - u) + data[lower + right[x]] * u;
      out[i] = top * (1 - v) + bottom * v + 0.5;
    }
  }
  return makeImage(width, height, 1, out);
}
