/**
 * @file Blurs of 8-bit images, equal to OpenCV's `GaussianBlur`, `medianBlur` and `filter2D` with a line for a kernel.
 *
 * Gaussian: weights of 8 bits whose rounding errors are passed on and whose sum is 256, products kept whole, one rounding
 * at the end. Outside the image its pixels are mirrored (Gaussian, motion) or its outermost ones go on (median).
 */
import { ArgumentError } from "../errors";
import type { ByteImage } from "./image";
import { mirrored } from "./mirror";

/** Weights of the small kernels, 256 in all, as they are where no sigma is given. */
const SMALL: Readonly<Record<number, readonly number[]>> = {
  1: [256],
  3: [64, 128, 64],
  5: [16, 64, 96, 64, 16],
  7: [8, 28, 56, 72, 56, 28, 8],
  9: [4, 13, 30, 51, 60, 51, 30, 13, 4],
};

/** `size` weights whose sum is 256. @param sigma pixels; 0 chooses by the size */
export function gaussianWeights(size: number, sigma = 0): Int32Array {
  requireOdd("gaussianBlur", size);
  if (sigma <= 0 && size in SMALL) return Int32Array.from(SMALL[size]);
  const used = sigma > 0 ? sigma : 0.15 * size + 0.35;
  const half = (size - 1) / 2;
  const exact = Array.from({ length: size }, (_, i) => Math.exp((-0.5 * (i - half) ** 2) / used ** 2));
  const total = exact.reduce((sum, value) => sum + value, 0);
  const weights = new Int32Array(size);
  let sum = 0;
  let error = 0;
  for (let i = 0; i < half; i++) {
    const wanted = (exact[i] / total) * 256 + error;
    weights[i] = weights[size - 1 - i] = Math.round(wanted);
    error = wanted - weights[i];
    sum += 2 * weights[i];
  }
  weights[half] = 256 - sum;
  return weights;
}

/**
 * `image` smoothed, in place.
 *
 * @param size of the kernel, pixels, odd
 * @param sigma pixels; 0 chooses by the size, 0.15 size + 0.35
 */
export function gaussianBlur(image: ByteImage, size: number, sigma = 0): ByteImage {
  const weights = gaussianWeights(size, sigma);
  if (size === 1) return image;
  const { data, width, height, channels } = image;
  const half = (size - 1) / 2;
  const length = width * channels;
  const padded = new Uint8Array((width + 2 * half) * channels);
  const lines = Array.from({ length: size }, () => new Uint16Array(length));
  // A copy, because the lines below are read after this one is written.
  const source = data.slice();
  const filter = (y: number, out: Uint16Array) => {
    padLine(source, mirrored(y, height) * length, width, channels, half, padded);
    spread(padded, weights, channels, out);
  };
  for (let k = 0; k < size - 1; k++) filter(k - half, lines[k]);
  for (let y = 0; y < height; y++) {
    filter(y + half, lines[(y + size - 1) % size]);
    blend(lines, y, weights, data.subarray(y * length, (y + 1) * length));
  }
  return image;
}

/** One line with `half` mirrored pixels on either side. */
function padLine(
  data: Uint8Array,
  start: number,
  width: number,
  channels: number,
  half: number,
  padded: Uint8Array,
): void {
  padded.set(data.subarray(start, start + width * channels), half * channels);
  for (let k = 1; k <= half; k++) {
    const left = start + mirrored(-k, width) * channels;
    const right = start + mirrored(width - 1 + k, width) * channels;
    for (let c = 0; c < channels; c++) {
      padded[(half - k) * channels + c] = data[left + c];
      padded[(half + width - 1 + k) * channels + c] = data[right + c];
    }
  }
}

/** Horizontal sums: 8 bits of whole, 8 of fraction. The kernel is symmetric. */
function spread(padded: Uint8Array, weights: Int32Array, channels: number, out: Uint16Array): void {
  const half = (weights.length - 1) / 2;
  const centre = half * channels;
  if (half === 1) {
    const [a, b] = weights;
    for (let i = 0; i < out.length; i++) out[i] = a * (padded[i] + padded[i + 2 * channels]) + b * padded[i + channels];
    return;
  }
  for (let i = 0; i < out.length; i++) {
    let sum = weights[half] * padded[i + centre];
    for (let k = 1; k <= half; k++) {
      sum += weights[half - k] * (padded[i + centre - k * channels] + padded[i + centre + k * channels]);
    }
    out[i] = sum;
  }
}

/** Vertical sums of the lines y, y + 1 ... of the ring, rounded to bytes. */
function blend(lines: readonly Uint16Array[], y: number, weights: Int32Array, out: Uint8Array): void {
  const size = lines.length;
  const half = (size - 1) / 2;
  const sums = new Uint32Array(out.length);
  const middle = lines[(y + half) % size];
  for (let i = 0; i < out.length; i++) sums[i] = 32768 + weights[half] * middle[i];
  for (let k = 1; k <= half; k++) {
    const above = lines[(y + half - k) % size];
    const below = lines[(y + half + k) % size];
    const weight = weights[half - k];
    for (let i = 0; i < out.length; i++) sums[i] += weight * (above[i] + below[i]);
  }
  for (let i = 0; i < out.length; i++) out[i] = sums[i] >>> 16;
}

/** `size` x `size` median of each channel, in place. @param size odd */
export function medianBlur(image: ByteImage, size: number): ByteImage {
  requireOdd("medianBlur", size);
  if (size === 1) return image;
  const source = image.data.slice();
  if (size === 3) median3(source, image);
  else for (let c = 0; c < image.channels; c++) medianByHistogram(source, image, size, c);
  return image;
}

/** Nine values by the exchange network of Paeth (Graphics Gems, 1990), a column of three sorted once. */
function median3(source: Uint8Array, { data, width, height, channels }: ByteImage): void {
  const length = width * channels;
  const low = new Uint8Array(length + 2 * channels);
  const middle = new Uint8Array(length + 2 * channels);
  const high = new Uint8Array(length + 2 * channels);
  for (let y = 0; y < height; y++) {
    const above = Math.max(y - 1, 0) * length;
    const here = y * length;
    const below = Math.min(y + 1, height - 1) * length;
    for (let i = 0, p = channels; i < length; i++, p++) {
      const a = source[above + i];
      const b = source[here + i];
      const c = source[below + i];
      const least = a < b ? a : b;
      const more = a < b ? b : a;
      low[p] = least < c ? least : c;
      high[p] = more > c ? more : c;
      middle[p] = c < least ? least : c > more ? more : c;
    }
    for (const line of [low, middle, high]) {
      line.copyWithin(0, channels, 2 * channels);
      line.copyWithin(length + channels, length, length + channels);
    }
    const step = 2 * channels;
    for (let i = 0; i < length; i++) {
      const j = i + channels;
      const k = i + step;
      // The median is the median of: greatest low, median middle, least high.
      const l = low[i] > low[j] ? low[i] : low[j];
      const a = l > low[k] ? l : low[k];
      const h = high[i] < high[j] ? high[i] : high[j];
      const c = h < high[k] ? h : high[k];
      const b = median(middle[i], middle[j], middle[k]);
      data[here + i] = median(a, b, c);
    }
  }
}

function median(a: number, b: number, c: number): number {
  const least = a < b ? a : b;
  const more = a < b ? b : a;
  return c < least ? least : c > more ? more : c;
}

/** Huang, Yang and Tang, IEEE TASSP 27 (1979): a histogram that slides along the line, and the median that follows it. */
function medianByHistogram(
  source: Uint8Array,
  { data, width, height, channels }: ByteImage,
  size: number,
  channel: number,
): void {
  const half = (size - 1) / 2;
  const rank = (size * size - 1) / 2;
  const histogram = new Int32Array(256);
  const at = (x: number) => Math.min(Math.max(x, 0), width - 1) * channels + channel;
  const rows = new Int32Array(size);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < size; k++) rows[k] = Math.min(Math.max(y + k - half, 0), height - 1) * width * channels;
    histogram.fill(0);
    for (let x = -half; x <= half; x++) for (const row of rows) histogram[source[row + at(x)]]++;
    let level = 0;
    let below = 0;
    for (let x = 0; x < width; x++) {
      if (x > 0) {
        const out = at(x - half - 1);
        const entering = at(x + half);
        for (let k = 0; k < size; k++) {
          const gone = source[rows[k] + out];
          const come = source[rows[k] + entering];
          histogram[gone]--;
          histogram[come]++;
          if (gone < level) below--;
          if (come < level) below++;
        }
      }
      while (below > rank) below -= histogram[--level];
      while (below + histogram[level] <= rank) below += histogram[level++];
      data[(y * width + x) * channels + channel] = level;
    }
  }
}

/** Points of a kernel, x and y from its middle. */
export type KernelPoints = readonly (readonly [x: number, y: number])[];

/**
 * Pixels of a line between two points, ends included, from left to right, as OpenCV's `line` draws it (Bresenham, IBM
 * Systems Journal 4, 1965): halfway between two pixels, the one nearer to the start.
 */
export function linePoints(a: readonly [number, number], b: readonly [number, number]): [number, number][] {
  const [from, to] = a[0] <= b[0] ? [a, b] : [b, a];
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const steps = Math.max(Math.abs(dx), Math.abs(dy));
  const moved = (distance: number, i: number) =>
    Math.sign(distance) * Math.ceil((Math.abs(distance) * i) / steps - 0.5);
  if (steps === 0) return [[from[0], from[1]]];
  return Array.from({ length: steps + 1 }, (_, i) => [from[0] + moved(dx, i), from[1] + moved(dy, i)]);
}

/** Every pixel becomes the mean of those at `points` from it, in place: a camera or a patient that moved. */
export function motionBlur(image: ByteImage, points: KernelPoints): ByteImage {
  if (points.length === 0) throw new ArgumentError("motionBlur: a kernel of no points");
  const { data, width, height, channels } = image;
  const source = data.slice();
  const length = width * channels;
  const reach = points.reduce((most, [x]) => Math.max(most, Math.abs(x)), 0);
  const padded = new Uint8Array((width + 2 * reach) * channels);
  const sums = new Uint32Array(length);
  const rising = points.toSorted(([, a], [, b]) => a - b);
  const out = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    let line = Number.NaN;
    for (const [dx, dy] of rising) {
      if (dy !== line) padLine(source, mirrored(y + dy, height) * length, width, channels, reach, padded);
      line = dy;
      const shift = (reach + dx) * channels;
      for (let i = 0; i < length; i++) sums[i] += padded[i + shift];
    }
    for (let i = 0, p = y * length; i < length; i++, p++) out[p] = sums[i] / points.length;
  }
  return image;
}

function requireOdd(name: string, size: number): void {
  if (!(Number.isInteger(size) && size % 2 === 1 && size >= 1 && size <= 255)) {
    throw new ArgumentError(`${name}: a kernel of ${size} pixels, expected an odd number from 1 to 255`);
  }
}
