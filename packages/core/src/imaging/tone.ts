/**
 * @file Brightness, contrast and gamma: every value changes by itself.
 *
 * Bytes go through a table of 256 entries, rounded once; levels that are not cut yet through the function itself.
 */
import { ArgumentError } from "../errors";
import type { ByteImage, Pixels } from "./image";
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

/**
 * 255 (level / 255)^gamma; below black the same with the sign turned, so that what is darker stays darker. Below 1 dark parts
 * become brighter.
 *
 * @throws {ArgumentError} if `gamma` is not above 0 and below 100
 */
export function gammaMap(gamma: number): ToneMap {
  if (!(gamma > 0 && gamma < 100)) throw new ArgumentError(`gamma is ${gamma}, expected above 0 and below 100`);
  return (level) => (level < 0 ? -255 * (-level / 255) ** gamma : 255 * (level / 255) ** gamma);
}
