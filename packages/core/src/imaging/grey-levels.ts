/**
 * @file Grey levels that are not cut yet: what a display window shows, and what lies beyond its black and its white.
 *
 * One channel of 16 bits, in steps of 1/85 of an 8-bit grey level; level 0, black, is 21 845. The display range is the middle
 * third of the type, and as much again is kept on either side.
 *
 * 85 is 4 x 21 + 1, so that a level rounded to steps and then to 8 bits (halves to even both times) is the level rounded
 * to 8 bits: half-way from k to k + 1 lie 85 k + 42.5 steps, which go to 85 k + 42 for an even k and to 85 k + 43 for an odd one.
 */
import { type ByteImage, type Image, image as makeImage } from "./image";
import { roundHalfEven } from "./resample";
import type { ToneMap } from "./tone";

/** Grey, in steps; black and white are `BLACK` and `WHITE`. */
export type LevelImage = Image<Uint16Array>;

/** Bytes, or grey levels that are not cut yet. */
export type PaintablePixels = Uint8Array | Uint16Array;
export type PaintableImage = Image<PaintablePixels>;

/** Steps of an 8-bit grey level. */
const STEPS = 85;

/** The steps of level 0. */
export const BLACK = 21845;

/** The steps of level 255. */
export const WHITE = BLACK + 255 * STEPS;

const VALUES = 65536;

export function isLevelImage(image: Image): image is LevelImage {
  return image.data instanceof Uint16Array;
}

/** Steps of a grey level, those of the nearest end where it is beyond what is kept. */
export function stepsOf(level: number): number {
  return Math.min(Math.max(BLACK + roundHalfEven(STEPS * level), 0), VALUES - 1);
}

const levelOf = (steps: number): number => (steps - BLACK) / STEPS;

/** Every level of `image` changed by `map`, in place. */
export function mapLevels({ data }: LevelImage, map: ToneMap): void {
  const table = Uint16Array.from({ length: VALUES }, (_, steps) => stepsOf(map(levelOf(steps))));
  for (let i = 0; i < data.length; i++) data[i] = table[data[i]];
}

/**
 * `image` cut to black and white, rounded to bytes.
 *
 * @param map changes the levels before they are cut
 * @param out room for the bytes; made if left out
 */
export function cutLevels(
  { data, width, height }: LevelImage,
  map?: ToneMap,
  out: Uint8Array = new Uint8Array(data.length),
): ByteImage {
  const table = new Uint8ClampedArray(VALUES);
  for (let steps = 0; steps < VALUES; steps++) table[steps] = map ? map(levelOf(steps)) : levelOf(steps);
  for (let i = 0; i < data.length; i++) out[i] = table[data[i]];
  return makeImage(width, height, 1, out);
}
