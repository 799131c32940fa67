/**
 * @file Grey levels: from what was measured to what is shown.
 */
import { ArgumentError } from "../errors";
import { type ByteImage, type Image, image as makeImage } from "./image";

/** Whether `image` holds bytes already. */
export function isByteImage(image: Image): image is ByteImage {
  return image.data instanceof Uint8Array;
}

/**
 * `image` in 8 bits, as a network reads it.
 *
 * 16-bit files lose their low byte, value >> 8, as when OpenCV reads them: black stays black and two images stay
 * comparable, but a file that uses only 12 of its 16 bits comes out dark (`stretchToBytes` does not). Signed and float
 * values have no full range to keep, so the range they span is mapped to 0 ... 255; NaN is 0. Bytes are passed through.
 */
export function toByteImage(image: Image): ByteImage {
  if (isByteImage(image)) return image;
  const { data, width, height, channels } = image;
  if (!(data instanceof Uint16Array)) return mapToBytes(image, ...extent(data));
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) bytes[i] = data[i] >> 8;
  return makeImage(width, height, channels, bytes);
}

export interface StretchOptions {
  /** Share of the values that turns black, in [0, 1]. @default 0.005 */
  readonly low?: number;
  /** Share of the values below those that turn white, in [0, 1], above `low`. @default 0.995 */
  readonly high?: number;
}

/**
 * `image` in 8 bits for the eye: linear between two quantiles of its values, all channels alike. An image of one value
 * comes out black. Values that are not finite are left out of the quantiles, and NaN is shown black.
 *
 * @throws {ArgumentError} if `low` and `high` are no rising shares
 */
export function stretchToBytes(image: Image, { low = 0.005, high = 0.995 }: StretchOptions = {}): ByteImage {
  if (!(low >= 0 && low < high && high <= 1)) {
    throw new ArgumentError(`stretchToBytes: low ${low} and high ${high}, expected 0 <= low < high <= 1`);
  }
  return mapToBytes(image, ...quantiles(image.data, low, high));
}

/** Values sampled at most for the quantiles: an error below a tenth of a percent is not seen. */
const MAX_SAMPLES = 1 << 18;

function quantiles(data: Image["data"], low: number, high: number): [number, number] {
  const step = Math.max(1, Math.floor(data.length / MAX_SAMPLES));
  const samples = new Float32Array(Math.ceil(data.length / step));
  let n = 0;
  for (let i = 0; i < data.length; i += step) if (Number.isFinite(data[i])) samples[n++] = data[i];
  if (n === 0) return [0, 0];
  const sorted = samples.subarray(0, n).sort();
  return [sorted[Math.floor(low * (n - 1))], sorted[Math.ceil(high * (n - 1))]];
}

/** Least and greatest finite value, 0 and 0 if there is none. */
function extent(data: Image["data"]): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return least <= greatest ? [least, greatest] : [0, 0];
}

/** `black` and below to 0, `white` and above to 255, linear between; NaN to 0. */
export function mapToBytes({ data, width, height, channels }: Image, black: number, white: number): ByteImage {
  // Clamps, rounds, and turns NaN into 0.
  const bytes = new Uint8ClampedArray(data.length);
  const scale = white > black ? 255 / (white - black) : 0;
  // With scale 0 an infinite value would turn NaN, which is black like the rest.
  for (let i = 0; i < data.length; i++) bytes[i] = (data[i] - black) * scale;
  return makeImage(width, height, channels, new Uint8Array(bytes.buffer));
}
