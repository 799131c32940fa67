/**
 * @file The augmentation arguments that are numbers: names, defaults and ranges as users of the YOLO tools know them.
 */
import { ArgumentError } from "../../errors";

export interface AugmentationNumbers {
  /** Largest shift of the hue, fraction of the circle. */
  readonly hsv_h: number;
  /** Largest relative change of the saturation. */
  readonly hsv_s: number;
  /** Largest relative change of the brightness. */
  readonly hsv_v: number;
  /** Largest turn to either side, degrees. */
  readonly degrees: number;
  /** Largest shift, fraction of the image. */
  readonly translate: number;
  /** Scale is drawn from 1 - scale to 1 + scale. */
  readonly scale: number;
  /** Largest lean, degrees. */
  readonly shear: number;
  /** Largest tilt: change of the scale per pixel of the canvas. */
  readonly perspective: number;
  /** Probability of a flip upside down. */
  readonly flipud: number;
  /** Probability of a flip left to right. */
  readonly fliplr: number;
  /** Probability that an image is put together from four. */
  readonly mosaic: number;
  /** Probability that an image is blended with another one. */
  readonly mixup: number;
  /** Probability that a piece of another image is put over one. */
  readonly cutmix: number;
  /** Probability that lesions of another image are pasted where there is room. */
  readonly copy_paste: number;
  /** Probability that a rectangle is hidden. */
  readonly erasing: number;
}

export type AugmentationNumber = keyof AugmentationNumbers;

/** Default and range of each. A scale of 1 could shrink an image to nothing. */
const TABLE: { readonly [K in AugmentationNumber]: readonly [value: number, low: number, high: number] } = {
  hsv_h: [0.015, 0, 1],
  hsv_s: [0.7, 0, 1],
  hsv_v: [0.4, 0, 1],
  degrees: [0, 0, 180],
  translate: [0.1, 0, 1],
  scale: [0.5, 0, 0.99],
  shear: [0, 0, 60],
  perspective: [0, 0, 0.001],
  flipud: [0, 0, 1],
  fliplr: [0.5, 0, 1],
  mosaic: [1, 0, 1],
  mixup: [0, 0, 1],
  cutmix: [0, 0, 1],
  copy_paste: [0, 0, 1],
  erasing: [0, 0, 1],
};

export const AUGMENTATION_NUMBERS = Object.keys(TABLE) as readonly AugmentationNumber[];

/**
 * What is given, else `preset`'s value, else the default; `undefined` counts as not given.
 *
 * @throws {ArgumentError} if a value is out of range, naming it
 */
export function augmentationNumbers(
  given: Partial<AugmentationNumbers>,
  preset: Partial<AugmentationNumbers> = {},
): AugmentationNumbers {
  const values = {} as Record<AugmentationNumber, number>;
  for (const key of AUGMENTATION_NUMBERS) {
    const [fallback, low, high] = TABLE[key];
    const value = given[key] ?? preset[key] ?? fallback;
    if (!(value >= low && value <= high)) {
      throw new ArgumentError(`${key} is ${value}, expected ${low} to ${high}`);
    }
    values[key] = value;
  }
  return values;
}
