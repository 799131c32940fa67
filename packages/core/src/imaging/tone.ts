/**
 * @file Brightness, contrast and gamma: every value changes by itself.
 *
 * Bytes go through a table of 256 entries, rounded once; 16-bit and float values are computed. The range of 16-bit
 * values is that of their type, of float values 0 ... 1 unless the caller says otherwise.
 */
import { ArgumentError } from "../errors";
import type { ByteImage, Image, Pixels } from "./image";
import { pixelKernel } from "./pixel-kernel/pixel-kernel";

/** A new value for each byte. */
export type ToneTable = Uint8Array;

/** A new grey level for each: 0 is black and 255 white, and it goes on beyond both. */
export type ToneMap = (level: number) => number;

/** Lowest and highest value of a pixel type: what black and white are. */
export function valueRange(data: Pixels): readonly [low: number, high: number] {
  if (data instanceof Uint8Array) return [0, 255];
  if (data instanceof Uint16Array) return [0, 65535];
  if (data instanceof Int16Array) return [-32768, 32767];
  return [0, 1];
}

/** The table of a function from bytes to grey levels, rounded and clamped. */
export function toneTable(map: ToneMap): ToneTable {
  return new Uint8Array(Uint8ClampedArray.from({ length: 256 }, (_, value) => map(value)).buffer);
}

/** `second` after `first`, as one table. */
export function joinTables(first: ToneTable, second: ToneTable): ToneTable {
  return first.map((value) => second[value]);
}

/** Replaces every value by its entry, in place, and returns `image`. */
export function applyTable(image: ByteImage, table: ToneTable): ByteImage {
  const { data } = image;
  const kernel = pixelKernel(data.length, table.length + 64);
  kernel.edit(data, (at) => kernel.run.applyTable(at, data.length, kernel.put(table)));
  return image;
}

export interface BrightnessContrast {
  /** Added, as a share of the range: 0.2 makes white of what is a fifth below it. @default 0 */
  readonly brightness?: number;
  /** Relative change of the distance from black. @default 0 */
  readonly contrast?: number;
}

/** level * (1 + contrast) + brightness * 255. */
export function brightnessContrastMap({ brightness = 0, contrast = 0 }: BrightnessContrast): ToneMap {
  return (level) => level * (1 + contrast) + brightness * 255;
}

/** The same as a table. */
export function brightnessContrastTable(change: BrightnessContrast): ToneTable {
  return toneTable(brightnessContrastMap(change));
}

/**
 * Contrast and brightness of an image of any kind, in place: above black, times 1 + contrast, plus brightness times the
 * range. Bytes and 16-bit values are clamped, floats are not.
 */
export function adjustBrightnessContrast<I extends Image>(image: I, change: BrightnessContrast): I {
  const { data } = image;
  if (data instanceof Uint8Array) {
    applyTable({ ...image, data }, brightnessContrastTable(change));
    return image;
  }
  const { brightness = 0, contrast = 0 } = change;
  const [low, high] = valueRange(data);
  const shift = brightness * (high - low);
  if (data instanceof Float32Array) {
    for (let i = 0; i < data.length; i++) data[i] = low + (data[i] - low) * (1 + contrast) + shift;
    return image;
  }
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.min(Math.max(Math.round(low + (data[i] - low) * (1 + contrast) + shift), low), high);
  }
  return image;
}

/** 255 (level / 255)^gamma; below black the same with the sign turned, so that what is darker stays darker. */
export function gammaMap(gamma: number): ToneMap {
  requireGamma(gamma);
  return (level) => (level < 0 ? -255 * (-level / 255) ** gamma : 255 * (level / 255) ** gamma);
}

/** The same as a table. */
export function gammaTable(gamma: number): ToneTable {
  return toneTable(gammaMap(gamma));
}

/**
 * Raises every value, as a share of the range, to the power `gamma`, in place: below 1 dark parts become brighter.
 *
 * @throws {ArgumentError} if `gamma` is not above 0
 */
export function adjustGamma<I extends Image>(image: I, gamma: number): I {
  requireGamma(gamma);
  const { data } = image;
  if (data instanceof Uint8Array) {
    applyTable({ ...image, data }, gammaTable(gamma));
    return image;
  }
  const [low, high] = valueRange(data);
  const range = high - low;
  const whole = !(data instanceof Float32Array);
  for (let i = 0; i < data.length; i++) {
    const value = low + range * Math.max((data[i] - low) / range, 0) ** gamma;
    data[i] = whole ? Math.round(value) : value;
  }
  return image;
}

function requireGamma(gamma: number): void {
  if (!(gamma > 0 && gamma < 100)) throw new ArgumentError(`gamma is ${gamma}, expected above 0 and below 100`);
}
