/**
 * @file The bytes of a frame as values that the renderer takes: at most 16 bits, with what makes modality values of them.
 *
 * The renderer is given stored values, not modality values: windows are brought to stored values instead, which costs nothing
 * and loses nothing, while rescaled values would need floats, which its CPU path cannot show.
 */
import type { FrameValues, InstanceImage } from "@fovea/core/contract/image";
import { RequestError } from "../api/request-error";

export type DisplayPixels = Uint8Array | Int8Array | Uint16Array | Int16Array;

export interface DisplayValues {
  /** rows x columns, or rows x columns x 3 for colour. */
  readonly pixels: DisplayPixels;
  readonly channels: 1 | 3;
  /** Smallest and largest of `pixels`. */
  readonly min: number;
  readonly max: number;
  /** Modality value = slope x pixel + intercept. */
  readonly slope: number;
  readonly intercept: number;
}

/** Rescale and windows of a frame counted from 0. */
export function frameValues(image: InstanceImage, frame: number): FrameValues {
  return image.frame_values?.[frame] ?? image.values;
}

/** @throws {RequestError} `broken` if there are not as many bytes as the image has pixels */
export function displayValues(bytes: ArrayBuffer, image: InstanceImage, frame: number): DisplayValues {
  const channels = image.photometric_interpretation === "RGB" ? 3 : 1;
  const expected = image.rows * image.columns * channels * (image.bits_allocated / 8);
  if (bytes.byteLength !== expected) {
    throw new RequestError("broken", `${bytes.byteLength} bytes of pixels, expected ${expected}`);
  }
  if (channels === 3) return { pixels: new Uint8Array(bytes), channels, min: 0, max: 255, slope: 1, intercept: 0 };
  const { rescale_slope: slope, rescale_intercept: intercept } = frameValues(image, frame);
  const stored = storedPixels(bytes, image);
  if (stored instanceof Int32Array || stored instanceof Uint32Array) return narrowed(stored, slope, intercept);
  return { pixels: stored, channels, ...extent(stored), slope, intercept };
}

/** Words as they lie: browsers run on machines that put the low byte first. */
function storedPixels(bytes: ArrayBuffer, { bits_allocated: bits, signed }: InstanceImage) {
  if (bits === 8) return signed ? new Int8Array(bytes) : new Uint8Array(bytes);
  if (bits === 16) return signed ? new Int16Array(bytes) : new Uint16Array(bytes);
  return signed ? new Int32Array(bytes) : new Uint32Array(bytes);
}

/** 32 bits spread over 16, from the smallest value to the largest: finer than any screen shows. */
function narrowed(stored: Int32Array | Uint32Array, slope: number, intercept: number): DisplayValues {
  const { min, max } = extent(stored);
  const step = Math.max(1, (max - min) / 65535);
  const pixels = new Uint16Array(stored.length);
  for (let i = 0; i < stored.length; i++) pixels[i] = Math.round((stored[i] - min) / step);
  return { pixels, channels: 1, ...extent(pixels), slope: slope * step, intercept: intercept + slope * min };
}

function extent(values: DisplayPixels | Int32Array | Uint32Array): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < min) min = values[i];
    if (values[i] > max) max = values[i];
  }
  return { min, max };
}
