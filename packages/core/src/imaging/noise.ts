/**
 * @file Noise of detectors, cameras and ultrasound.
 *
 * A pixel's noise is an entry of a table of 4096 quantiles of the distribution, chosen by 12 bits of an xorshift generator
 * (Marsaglia, Journal of Statistical Software 8 (2003), doi:10.18637/jss.v008.i14) that the caller's generator seeds: an
 * image of 640 px takes 2 ms instead of the 40 that as many exact normals take. A table ends at 3.7 standard deviations.
 */
import { ArgumentError } from "../errors";
import { normalQuantile } from "../math/normal-quantile";
import type { Random } from "../math/random";
import type { ByteImage, Image, Pixels } from "./image";
import { pixelKernel } from "./pixel-kernel/pixel-kernel";
import { valueRange } from "./tone";

/** 12 bits choose an entry. */
const ENTRIES = 4096;

/** Quantiles at the middles of equal shares of probability. */
function quantiles(quantile: (p: number) => number): Float32Array {
  return Float32Array.from({ length: ENTRIES }, (_, i) => quantile((i + 0.5) / ENTRIES));
}

/** Standard normal, scaled so that the table's own variance is 1. */
const NORMAL = (() => {
  const table = quantiles(normalQuantile);
  const variance = table.reduce((sum, z) => sum + z * z, 0) / ENTRIES;
  return table.map((z) => z / Math.sqrt(variance));
})();

/** Rayleigh of mean 1: the amplitude of many echoes that add up by chance. */
const RAYLEIGH = quantiles((p) => Math.sqrt((-4 * Math.log(1 - p)) / Math.PI));

/** Poisson of mean `mean`, by its cumulative sum. */
function poissonTable(mean: number): Float32Array {
  const table = new Float32Array(ENTRIES);
  let count = 0;
  let term = Math.exp(-mean);
  let sum = term;
  for (let i = 0; i < ENTRIES; i++) {
    while (sum < (i + 0.5) / ENTRIES && count < 10 * mean + 50) {
      count++;
      term *= mean / count;
      sum += term;
    }
    table[i] = count;
  }
  return table;
}

/** Integers in [1, 2^32), a new one for each call of the loop that inlines the three shifts. */
const seedOf = (random: Random): number => random.uint32() | 1;

export interface GaussNoise {
  /** Standard deviation in grey levels of 8 bits: of a 16-bit image 257 times as many values. */
  readonly deviation: number;
  /** Own noise for each channel, or the same for all. @default true */
  readonly perChannel?: boolean;
  /** What black and white are. @default the range of the pixel type */
  readonly range?: readonly [black: number, white: number];
}

/** Adds normal noise of mean 0 in place. Bytes and 16-bit values are rounded and clamped. */
export function addGaussNoise<I extends Image>(
  image: I,
  { deviation, perChannel = true, range }: GaussNoise,
  random: Random,
): I {
  if (!(deviation >= 0)) throw new ArgumentError(`addGaussNoise: a deviation of ${deviation}, expected 0 or more`);
  const { data, channels } = image;
  const [low, high] = valueRange(data);
  const [black, white] = range ?? [low, high];
  const scale = data instanceof Uint8Array ? deviation : (deviation * (white - black)) / 255;
  const noise = NORMAL.map((z) => z * scale);
  if (data instanceof Uint8Array && (perChannel || channels === 1)) {
    addToBytes(data, noise, random);
    return image;
  }
  const out = clamping(data);
  let s = seedOf(random);
  const shared = perChannel ? 1 : channels;
  for (let i = 0; i < data.length; i += shared) {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    const added = noise[s >>> 20];
    for (let k = i; k < i + shared; k++) out[k] = keep(data[k] + added, low, high, data);
  }
  return image;
}

/** Adds entries of `noise` to bytes: a whole number and a fraction are rounded as the fraction is. */
function addToBytes(data: Uint8Array, noise: Float32Array, random: Random): void {
  const table = Int16Array.from(noise, (added) => Math.min(Math.max(Math.round(added), -255), 255));
  const kernel = pixelKernel(data.length, table.byteLength + 256);
  const seeds = Uint32Array.from({ length: 4 }, () => seedOf(random));
  kernel.edit(data, (at) => kernel.run.addNoise(at, data.length, kernel.put(table), kernel.put(seeds)));
}

/** Bytes clamp themselves where they are written. */
function clamping(data: Pixels): Pixels | Uint8ClampedArray {
  return data instanceof Uint8Array ? new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) : data;
}

function keep(value: number, low: number, high: number, data: Pixels): number {
  if (data instanceof Uint8Array || data instanceof Float32Array) return value;
  // Math.round takes four times as long.
  return Math.min(Math.max(Math.floor(value + 0.5), low), high);
}

/**
 * Multiplies every pixel, all channels alike, by 1 + strength (r - 1), with r of a Rayleigh distribution of mean 1, in
 * place: the grain of ultrasound.
 *
 * The factor has mean 1 and standard deviation 0.5227 strength; strength 1 is speckle that nothing has smoothed.
 * Wagner et al., "Statistics of speckle in ultrasound B-scans", IEEE Trans. Sonics Ultrason. 30 (1983),
 * doi:10.1109/T-SU.1983.31404.
 *
 * @param black what is no signal at all, and stays as it is
 */
export function addSpeckle<I extends Image>(image: I, strength: number, random: Random, black = 0): I {
  if (!(strength >= 0 && strength <= 1)) throw new ArgumentError(`addSpeckle: strength ${strength}, expected 0 to 1`);
  const { data, channels } = image;
  const [low, high] = valueRange(data);
  const factors = RAYLEIGH.map((r) => 1 + strength * (r - 1));
  const out = clamping(data);
  let s = seedOf(random);
  for (let i = 0; i < data.length; i += channels) {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    const factor = factors[s >>> 20];
    for (let k = i; k < i + channels; k++) out[k] = keep(black + (data[k] - black) * factor, low, high, data);
  }
  return image;
}

export interface IsoNoise {
  /** Standard deviation of the hue's shift, as a share of the circle. */
  readonly colorShift: number;
  /** Strength of the noise in brightness, relative to the image's own spread of it. */
  readonly intensity: number;
}

/**
 * The noise of a camera at high sensitivity, in place: hues shift normally, lightness gains Poisson noise whose mean is
 * 255 x intensity x the standard deviation of the image's lightness, less where it is bright. Grey changes in lightness.
 *
 * As albumentations' `ISONoise`: HLS of the RGB values, new lightness l + noise / 255 (1 - l).
 */
export function addIsoNoise(image: ByteImage, { colorShift, intensity }: IsoNoise, random: Random): ByteImage {
  if (!(colorShift >= 0 && intensity >= 0)) {
    throw new ArgumentError(`addIsoNoise: colour shift ${colorShift}, intensity ${intensity}, expected 0 or more`);
  }
  const { data, channels } = image;
  const poisson = poissonTable(Math.min(255 * intensity * lightnessDeviation(image), 255));
  const hues = NORMAL.map((z) => z * colorShift * 6);
  const out = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  let s = seedOf(random);
  for (let i = 0; i < data.length; i += channels) {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    const added = poisson[s >>> 20] / 255;
    if (channels === 1) {
      const value = data[i];
      out[i] = value + added * (255 - value);
    } else {
      shiftPixel(out, i, hues[(s >>> 8) & (ENTRIES - 1)], added);
    }
  }
  return image;
}

/** Standard deviation of (max + min) / 2, as a share of the range. */
function lightnessDeviation({ data, channels }: ByteImage): number {
  const n = data.length / channels;
  const twice = (i: number) => {
    const [a, b, c] = channels === 1 ? [data[i], data[i], data[i]] : [data[i], data[i + 1], data[i + 2]];
    return Math.max(a, b, c) + Math.min(a, b, c);
  };
  // About the first pixel's, so that an even image has none at all.
  const first = twice(0);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < data.length; i += channels) {
    const difference = twice(i) - first;
    sum += difference;
    squares += difference * difference;
  }
  return n === 0 ? 0 : Math.sqrt(Math.max(squares / n - (sum / n) ** 2, 0)) / 510;
}

/** Turns the hue of the pixel at `i` by `turn` sixths of the circle and moves its lightness by `added` towards white. */
function shiftPixel(data: Uint8ClampedArray, i: number, turn: number, added: number): void {
  const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
  const top = Math.max(r, g, b);
  const bottom = Math.min(r, g, b);
  const lightness = (top + bottom) / 510;
  const spread = (top - bottom) / 255;
  const room = 1 - Math.abs(2 * lightness - 1);
  const saturation = room > 0 ? spread / room : 0;
  const raised = Math.min(lightness + added * (1 - lightness), 1);
  const chroma = saturation * (1 - Math.abs(2 * raised - 1));
  const span = top - bottom;
  const sixth = span === 0 ? 0 : top === r ? (g - b) / span : top === g ? 2 + (b - r) / span : 4 + (r - g) / span;
  const hue = (((sixth + turn) % 6) + 6) % 6;
  // Foley and van Dam: each channel is a trapezium of the hue.
  const base = raised - chroma / 2;
  data[i] = 255 * (base + chroma * Math.min(Math.max(Math.abs(hue - 3) - 1, 0), 1));
  data[i + 1] = 255 * (base + chroma * Math.min(Math.max(2 - Math.abs(hue - 2), 0), 1));
  data[i + 2] = 255 * (base + chroma * Math.min(Math.max(2 - Math.abs(hue - 4), 0), 1));
}
