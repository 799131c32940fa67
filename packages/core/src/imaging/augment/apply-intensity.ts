/**
 * @file Intensity transforms by name, with their strength drawn.
 */
import type { Random } from "../../math/random";
import { gaussianBlur, linePoints, medianBlur, motionBlur } from "../blur";
import { clahe } from "../clahe";
import type { ByteImage } from "../image";
import { addGaussNoise, addIsoNoise, addSpeckle } from "../noise";
import { applyTable, brightnessContrastTable, gammaTable, joinTables, type ToneTable } from "../tone";
import type { Interval, SimpleName, SimpleTransform, TRANSFORMS, TransformOf } from "./transform-table";

/** Names of the transforms that change values and leave places. */
export type IntensityName = {
  [N in SimpleName]: (typeof TRANSFORMS)[N]["stage"] extends "intensity" ? N : never;
}[SimpleName];

type IntensityTransform<N extends IntensityName = IntensityName> = { [K in N]: TransformOf<K> }[N];

/** A table of 256 entries, to be joined with its neighbours, or a change of the pixels in place. */
type Drawn = ToneTable | ((image: ByteImage) => void);

/** A new intensity transform does not compile until its line is here. */
const INTENSITIES: { readonly [N in IntensityName]: (transform: IntensityTransform<N>, random: Random) => Drawn } = {
  RandomBrightnessContrast: ({ brightness_limit, contrast_limit }, random) => {
    const contrast = random.uniform(...contrast_limit);
    return brightnessContrastTable({ contrast, brightness: random.uniform(...brightness_limit) });
  },
  RandomGamma: ({ gamma_limit }, random) => gammaTable(random.uniform(...gamma_limit) / 100),
  CLAHE: ({ clip_limit, tile_grid_size }, random) => {
    const clipLimit = random.uniform(...clip_limit);
    return (image) => clahe(image, { clipLimit, tileGridSize: tile_grid_size });
  },
  GaussNoise: ({ var_limit, per_channel }, random) => {
    const deviation = Math.sqrt(random.uniform(...var_limit));
    return (image) => addGaussNoise(image, { deviation, perChannel: per_channel }, random);
  },
  ISONoise: ({ color_shift, intensity }, random) => {
    const noise = { colorShift: random.uniform(...color_shift), intensity: random.uniform(...intensity) };
    return (image) => addIsoNoise(image, noise, random);
  },
  RayleighSpeckle: ({ strength }, random) => {
    const drawn = random.uniform(...strength);
    return (image) => addSpeckle(image, drawn, random);
  },
  MotionBlur: ({ blur_limit }, random) => {
    const half = (oddOf(blur_limit, random) - 1) / 2;
    const angle = random.uniform(0, Math.PI);
    // Through the middle, so that lesions stay where their boxes are.
    const end = [Math.round(half * Math.cos(angle)), Math.round(half * Math.sin(angle))] as const;
    const points = linePoints([-end[0], -end[1]], end);
    return (image) => motionBlur(image, points);
  },
  MedianBlur: ({ blur_limit }, random) => {
    const size = oddOf(blur_limit, random);
    return (image) => medianBlur(image, size);
  },
  GaussianBlur: ({ blur_limit, sigma_limit }, random) => {
    const size = oddOf(blur_limit, random);
    const sigma = random.uniform(...sigma_limit);
    return (image) => gaussianBlur(image, size, sigma);
  },
};

function oddOf([low, high]: Interval, random: Random): number {
  return low + 2 * random.integer(0, (high - low) / 2 + 1);
}

/** The intensity transforms among `chosen`, one after another, in place. Tables that follow one another act as one. */
export function applyIntensity(image: ByteImage, chosen: readonly SimpleTransform[], random: Random): ByteImage {
  let pending: ToneTable | undefined;
  for (const transform of chosen) {
    if (!isIntensity(transform)) continue;
    const drawn = drawIntensity(transform, random);
    if (drawn instanceof Uint8Array) {
      pending = pending ? joinTables(pending, drawn) : drawn;
      continue;
    }
    if (pending) applyTable(image, pending);
    pending = undefined;
    drawn(image);
  }
  return pending ? applyTable(image, pending) : image;
}

function isIntensity(transform: SimpleTransform): transform is IntensityTransform {
  return Object.hasOwn(INTENSITIES, transform.name);
}

function drawIntensity<N extends IntensityName>(transform: IntensityTransform<N>, random: Random): Drawn {
  return INTENSITIES[transform.name](transform, random);
}
