/**
 * @file How strongly training images are varied; names and defaults are those that users of the YOLO tools know.
 */
import { ArgumentError } from "../../errors";

export interface AugmentationOptions {
  /** Largest shift of the hue, fraction of the circle. @default 0.015 */
  readonly hsv_h?: number;
  /** Largest relative change of the saturation. @default 0.7 */
  readonly hsv_s?: number;
  /** Largest relative change of the brightness. @default 0.4 */
  readonly hsv_v?: number;
  /** Largest turn to either side, degrees. @default 0 */
  readonly degrees?: number;
  /** Largest shift, fraction of the image. @default 0.1 */
  readonly translate?: number;
  /** Scale is drawn from 1 - scale to 1 + scale. @default 0.5 */
  readonly scale?: number;
  /** Largest lean, degrees. @default 0 */
  readonly shear?: number;
  /** Must be 0: not supported yet. @default 0 */
  readonly perspective?: number;
  /** Probability of a flip upside down. @default 0 */
  readonly flipud?: number;
  /** Probability of a flip left to right. @default 0.5 */
  readonly fliplr?: number;
  /** Probability that an image is put together from four. @default 1 */
  readonly mosaic?: number;
}

/** Every value present and in range. */
export type Augmentation = Readonly<Required<AugmentationOptions>>;

/** Range of each value. A scale of 1 could shrink an image to nothing. */
const LIMITS: { readonly [K in keyof Augmentation]: readonly [low: number, high: number] } = {
  hsv_h: [0, 1],
  hsv_s: [0, 1],
  hsv_v: [0, 1],
  degrees: [0, 180],
  translate: [0, 1],
  scale: [0, 0.99],
  shear: [0, 80],
  perspective: [0, 0],
  flipud: [0, 1],
  fliplr: [0, 1],
  mosaic: [0, 1],
};

/**
 * `options` with defaults for what is not given.
 *
 * @throws {ArgumentError} if a value is out of range, naming it
 */
export function augmentation({
  hsv_h = 0.015,
  hsv_s = 0.7,
  hsv_v = 0.4,
  degrees = 0,
  translate = 0.1,
  scale = 0.5,
  shear = 0,
  perspective = 0,
  flipud = 0,
  fliplr = 0.5,
  mosaic = 1,
}: AugmentationOptions = {}): Augmentation {
  if (perspective !== 0) {
    throw new ArgumentError(`perspective is ${perspective}: not supported yet; set it to 0 and use shear and scale`);
  }
  const values = {
    hsv_h,
    hsv_s,
    hsv_v,
    degrees,
    translate,
    scale,
    shear,
    perspective,
    flipud,
    fliplr,
    mosaic,
  } satisfies Augmentation;
  for (const key of Object.keys(LIMITS) as (keyof Augmentation)[]) {
    const [low, high] = LIMITS[key];
    if (!(values[key] >= low && values[key] <= high)) {
      throw new ArgumentError(`${key} is ${values[key]}, expected ${low} to ${high}`);
    }
  }
  return values;
}
