/**
 * @file Intensity transforms by name, with their strength drawn.
 */
import type { Random } from "../../math/random";
import { gaussianBlur, linePoints, medianBlur, motionBlur } from "../blur";
import { clahe } from "../clahe";
import { BLACK, cutLevels, isLevelImage, type LevelImage, mapLevels, type PaintableImage, WHITE } from "../grey-levels";
import type { ByteImage } from "../image";
import { addGaussNoise, addIsoNoise, addSpeckle } from "../noise";
import {
  applyTable,
  brightnessContrastMap,
  gammaMap,
  joinTables,
  type ToneMap,
  type ToneTable,
  toneTable,
} from "../tone";
import type { Interval, SimpleName, SimpleTransform, TRANSFORMS, TransformOf } from "./transform-table";

type NameOf<S extends string> = {
  [N in SimpleName]: (typeof TRANSFORMS)[N]["stage"] extends S ? N : never;
}[SimpleName];

type OnValues<N extends NameOf<"values"> = NameOf<"values">> = { [K in N]: TransformOf<K> }[N];
type OnBytes<N extends NameOf<"bytes"> = NameOf<"bytes">> = { [K in N]: TransformOf<K> }[N];

/** A new level for each level, or a change of the pixels in place, be they bytes or levels that are not cut yet. */
type ValueChange = { readonly tone: ToneMap } | { readonly change: (image: PaintableImage) => void };

type ByteChange = { readonly change: (image: ByteImage) => void };

/** A new transform of values does not compile until its line is here. */
const VALUE_CHANGES: { readonly [N in NameOf<"values">]: (transform: OnValues<N>, random: Random) => ValueChange } = {
  RandomBrightnessContrast: ({ brightness_limit, contrast_limit }, random) => {
    const contrast = random.uniform(...contrast_limit);
    return { tone: brightnessContrastMap({ contrast, brightness: random.uniform(...brightness_limit) }) };
  },
  RandomGamma: ({ gamma_limit }, random) => ({ tone: gammaMap(random.uniform(...gamma_limit) / 100) }),
  GaussNoise: ({ var_limit, per_channel }, random) => {
    const noise = { deviation: Math.sqrt(random.uniform(...var_limit)), perChannel: per_channel };
    return {
      change: (image) =>
        addGaussNoise(image, isLevelImage(image) ? { ...noise, range: [BLACK, WHITE] } : noise, random),
    };
  },
  RayleighSpeckle: ({ strength }, random) => {
    const drawn = random.uniform(...strength);
    return { change: (image) => addSpeckle(image, drawn, random, isLevelImage(image) ? BLACK : 0) };
  },
};

/** A new transform of bytes does not compile until its line is here. */
const BYTE_CHANGES: { readonly [N in NameOf<"bytes">]: (transform: OnBytes<N>, random: Random) => ByteChange } = {
  CLAHE: ({ clip_limit, tile_grid_size }, random) => {
    const clipLimit = random.uniform(...clip_limit);
    return { change: (image) => clahe(image, { clipLimit, tileGridSize: tile_grid_size }) };
  },
  ISONoise: ({ color_shift, intensity }, random) => {
    const noise = { colorShift: random.uniform(...color_shift), intensity: random.uniform(...intensity) };
    return { change: (image) => addIsoNoise(image, noise, random) };
  },
  MotionBlur: ({ blur_limit }, random) => {
    const half = (oddOf(blur_limit, random) - 1) / 2;
    const angle = random.uniform(0, Math.PI);
    // Through the middle, so that lesions stay where their boxes are.
    const end = [Math.round(half * Math.cos(angle)), Math.round(half * Math.sin(angle))] as const;
    const points = linePoints([-end[0], -end[1]], end);
    return { change: (image) => motionBlur(image, points) };
  },
  MedianBlur: ({ blur_limit }, random) => {
    const size = oddOf(blur_limit, random);
    return { change: (image) => medianBlur(image, size) };
  },
  GaussianBlur: ({ blur_limit, sigma_limit }, random) => {
    const size = oddOf(blur_limit, random);
    const sigma = random.uniform(...sigma_limit);
    return { change: (image) => gaussianBlur(image, size, sigma) };
  },
};

function oddOf([low, high]: Interval, random: Random): number {
  return low + 2 * random.integer(0, (high - low) / 2 + 1);
}

/** The intensity transforms among `chosen`, one after another, in place. Tables that follow one another act as one. */
export function applyIntensity(image: ByteImage, chosen: readonly SimpleTransform[], random: Random): ByteImage {
  let pending: ToneTable | undefined;
  for (const transform of chosen) {
    if (!actsOnValues(transform) && !actsOnBytes(transform)) continue;
    const drawn = actsOnValues(transform) ? drawOnValues(transform, random) : drawOnBytes(transform, random);
    if ("tone" in drawn) {
      const table = toneTable(drawn.tone);
      pending = pending ? joinTables(pending, table) : table;
      continue;
    }
    if (pending) applyTable(image, pending);
    pending = undefined;
    drawn.change(image);
  }
  return pending ? applyTable(image, pending) : image;
}

/**
 * The same for levels that are not cut yet. They are cut before the first transform that acts on bytes, or at the end: until
 * then what lies beyond black and white can come into sight.
 *
 * @param gain factor of the levels, before all transforms
 * @param out room for the bytes
 */
export function applyIntensityToLevels(
  levels: LevelImage,
  gain: number,
  chosen: readonly SimpleTransform[],
  random: Random,
  out: Uint8Array,
): ByteImage {
  let pending: ToneMap | undefined = gain === 1 ? undefined : (level) => level * gain;
  const firstOnBytes = chosen.findIndex(actsOnBytes);
  const end = firstOnBytes < 0 ? chosen.length : firstOnBytes;
  for (const transform of chosen.slice(0, end)) {
    if (!actsOnValues(transform)) continue;
    const drawn = drawOnValues(transform, random);
    if ("tone" in drawn) {
      pending = pending ? joined(pending, drawn.tone) : drawn.tone;
      continue;
    }
    if (pending) mapLevels(levels, pending);
    pending = undefined;
    drawn.change(levels);
  }
  return applyIntensity(cutLevels(levels, pending, out), chosen.slice(end), random);
}

function joined(first: ToneMap, second: ToneMap): ToneMap {
  return (level) => second(first(level));
}

function actsOnValues(transform: SimpleTransform): transform is OnValues {
  return Object.hasOwn(VALUE_CHANGES, transform.name);
}

function actsOnBytes(transform: SimpleTransform): transform is OnBytes {
  return Object.hasOwn(BYTE_CHANGES, transform.name);
}

function drawOnValues<N extends NameOf<"values">>(transform: OnValues<N>, random: Random): ValueChange {
  return VALUE_CHANGES[transform.name](transform, random);
}

function drawOnBytes<N extends NameOf<"bytes">>(transform: OnBytes<N>, random: Random): ByteChange {
  return BYTE_CHANGES[transform.name](transform, random);
}
