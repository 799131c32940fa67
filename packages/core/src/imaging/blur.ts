/**
 * @file Blurs of 8-bit images, equal to OpenCV's `GaussianBlur`, `medianBlur` and `filter2D` with a line for a kernel.
 *
 * Gaussian: weights of 8 bits whose rounding errors are passed on and whose sum is 256, products kept whole, one rounding
 * at the end. Outside the image its pixels are mirrored (Gaussian, motion) or its outermost ones go on (median).
 */
import { ArgumentError } from "../errors";
import type { ByteImage } from "./image";
import { pixelKernel } from "./pixel-kernel/pixel-kernel";

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
  const padded = (width + size) * channels + 64;
  const lines = size * (2 * width * channels + 72) + 8;
  const kernel = pixelKernel(data.length, weights.byteLength + padded + lines + 512);
  kernel.edit(data, (at) => {
    const copy = kernel.copy(at, data.length);
    const places = [kernel.put(weights), size, kernel.room(padded), kernel.room(lines)];
    kernel.run.gaussian(at, copy, width, height, channels, ...places);
  });
  return image;
}

/** `size` x `size` median of each channel, in place. @param size odd */
export function medianBlur(image: ByteImage, size: number): ByteImage {
  requireOdd("medianBlur", size);
  if (size === 1) return image;
  if (size === 3) median3(image);
  else {
    const source = image.data.slice();
    for (let c = 0; c < image.channels; c++) medianByHistogram(source, image, size, c);
  }
  return image;
}

/** Nine values by the exchange network of Paeth (Graphics Gems, 1990), a column of three sorted once. */
function median3({ data, width, height, channels }: ByteImage): void {
  const lines = 3 * (width * channels + 2 * channels + 128);
  const kernel = pixelKernel(data.length, lines + 128);
  kernel.edit(data, (at) => {
    kernel.run.median3(at, kernel.copy(at, data.length), width, height, channels, kernel.room(lines));
  });
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

/** Every pixel becomes the mean of those at `points` from it, up to 257, in place: a camera or a patient that moved. */
export function motionBlur(image: ByteImage, points: KernelPoints): ByteImage {
  if (points.length === 0 || points.length > 257) {
    throw new ArgumentError(`motionBlur: a kernel of ${points.length} points, expected 1 to 257`);
  }
  const { data, width, height, channels } = image;
  const reach = points.reduce((most, [x]) => Math.max(most, Math.abs(x)), 0);
  const table = Int32Array.from(points.toSorted(([, a], [, b]) => a - b).flat());
  const padded = (width + 2 * reach) * channels + 64;
  const sums = 2 * width * channels + 64;
  const kernel = pixelKernel(data.length, table.byteLength + padded + sums + 512);
  kernel.edit(data, (at) => {
    const copy = kernel.copy(at, data.length);
    const places = [kernel.put(table), points.length, reach, kernel.room(padded), kernel.room(sums)];
    kernel.run.meanOf(at, copy, width, height, channels, ...places);
  });
  return image;
}

function requireOdd(name: string, size: number): void {
  if (!(Number.isInteger(size) && size % 2 === 1 && size >= 1 && size <= 255)) {
    throw new ArgumentError(`${name}: a kernel of ${size} pixels, expected an odd number from 1 to 255`);
  }
}
