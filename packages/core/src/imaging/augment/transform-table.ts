/**
 * @file The transforms a training image can go through, with their parameters, defaults and ranges, in one table.
 *
 * Names and parameters are those of albumentations where it has the transform; defaults are the ones used on medical
 * images, which are milder for geometry.
 */

/** Two numbers between which a value is drawn. */
export type Interval = readonly [low: number, high: number];

interface IntervalParameter {
  readonly kind: "interval";
  readonly default: Interval;
  readonly min: number;
  readonly max: number;
  /** What one number x stands for: from -x to x, from that number to x, or x itself. */
  readonly single: "symmetric" | "same" | { readonly from: number };
  /** Whole and odd values only. */
  readonly step?: "whole" | "odd";
}

interface NumberParameter {
  readonly kind: "number";
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

interface FlagParameter {
  readonly kind: "flag";
  readonly default: boolean;
}

export type Parameter = IntervalParameter | NumberParameter | FlagParameter;

/**
 * What a transform acts on: the sampling grid; the window through which what was read is shown; each value by itself, not yet
 * cut to that window where the sources have more than 8 bits; bytes, from which on all that follow it act on bytes.
 */
export type Stage = "geometry" | "window" | "values" | "bytes";

interface TransformRow {
  readonly stage: Stage;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly meaning: string;
}

const interval = (
  value: Interval,
  min: number,
  max: number,
  single: IntervalParameter["single"],
  step?: IntervalParameter["step"],
): IntervalParameter => ({ kind: "interval", default: value, min, max, single, step });
const number = (value: number, min: number, max: number): NumberParameter => ({
  kind: "number",
  default: value,
  min,
  max,
});
const flag = (value: boolean): FlagParameter => ({ kind: "flag", default: value });

/** Every transform but OneOf, which holds others. */
export const TRANSFORMS = {
  window_jitter: {
    stage: "window",
    meaning: "moves centre and width of the display window, as shares of the width, before values are cut to it",
    parameters: {
      center_limit: interval([-0.1, 0.1], -0.9, 0.9, "symmetric"),
      width_limit: interval([-0.2, 0.2], -0.9, 4, "symmetric"),
    },
  },
  HorizontalFlip: { stage: "geometry", meaning: "exchanges left and right", parameters: {} },
  VerticalFlip: { stage: "geometry", meaning: "turns upside down", parameters: {} },
  Rotate: {
    stage: "geometry",
    meaning: "turns about the middle, degrees",
    parameters: { limit: interval([-15, 15], -180, 180, "symmetric") },
  },
  ShiftScaleRotate: {
    stage: "geometry",
    meaning: "shifts (share of the image), scales (relative), turns (degrees)",
    parameters: {
      shift_limit: interval([-0.0625, 0.0625], -1, 1, "symmetric"),
      scale_limit: interval([-0.1, 0.1], -0.9, 4, "symmetric"),
      rotate_limit: interval([-15, 15], -180, 180, "symmetric"),
    },
  },
  Perspective: {
    stage: "geometry",
    meaning: "tilts: each corner comes from a place further inside, by a normal share of the side",
    parameters: { scale: interval([0.05, 0.1], 0, 0.3, { from: 0 }) },
  },
  ElasticTransform: {
    stage: "geometry",
    meaning: "bends soft tissue: smooth shifts of strength alpha that agree over sigma pixels",
    parameters: { alpha: number(120, 0, 10_000), sigma: number(12, 1, 500) },
  },
  RandomBrightnessContrast: {
    stage: "values",
    meaning: "brightness by a share of the range, contrast relative",
    parameters: {
      brightness_limit: interval([-0.2, 0.2], -1, 1, "symmetric"),
      contrast_limit: interval([-0.2, 0.2], -1, 4, "symmetric"),
    },
  },
  RandomGamma: {
    stage: "values",
    meaning: "gamma in hundredths",
    parameters: { gamma_limit: interval([80, 120], 1, 1000, "same") },
  },
  CLAHE: {
    stage: "bytes",
    meaning: "evens the histogram locally",
    parameters: {
      clip_limit: interval([1, 2], 0.01, 100, { from: 1 }),
      tile_grid_size: interval([8, 8], 1, 64, "same", "whole"),
    },
  },
  GaussNoise: {
    stage: "values",
    meaning: "normal noise, variance in squared grey levels",
    parameters: { var_limit: interval([10, 50], 0, 10_000, { from: 0 }), per_channel: flag(true) },
  },
  ISONoise: {
    stage: "bytes",
    meaning: "noise of a camera: hue, and Poisson noise of the lightness",
    parameters: {
      color_shift: interval([0.01, 0.05], 0, 1, "same"),
      intensity: interval([0.1, 0.5], 0, 2, "same"),
    },
  },
  RayleighSpeckle: {
    stage: "values",
    meaning: "multiplicative grain of ultrasound; 1 is speckle that nothing smoothed",
    parameters: { strength: interval([0.1, 0.4], 0, 1, { from: 0 }) },
  },
  MotionBlur: {
    stage: "bytes",
    meaning: "mean along a line of so many pixels, in any direction",
    parameters: { blur_limit: interval([3, 7], 3, 31, { from: 3 }, "odd") },
  },
  MedianBlur: {
    stage: "bytes",
    meaning: "median of a square of so many pixels",
    parameters: { blur_limit: interval([3, 7], 3, 31, { from: 3 }, "odd") },
  },
  GaussianBlur: {
    stage: "bytes",
    meaning: "Gaussian of a kernel of so many pixels; sigma 0 goes by the kernel",
    parameters: {
      blur_limit: interval([3, 7], 3, 31, { from: 3 }, "odd"),
      sigma_limit: interval([0, 0], 0, 20, { from: 0 }),
    },
  },
} as const satisfies Readonly<Record<string, TransformRow>>;

export type SimpleName = keyof typeof TRANSFORMS;

type ValueOf<P> = P extends IntervalParameter ? Interval : P extends FlagParameter ? boolean : number;
type Values<N extends SimpleName> = {
  readonly [K in keyof (typeof TRANSFORMS)[N]["parameters"]]: ValueOf<(typeof TRANSFORMS)[N]["parameters"][K]>;
};

/** A transform by name, every parameter present. */
export type TransformOf<N extends SimpleName> = { readonly name: N; readonly p: number } & Values<N>;

export type SimpleTransform = { [N in SimpleName]: TransformOf<N> }[SimpleName];

/** One of several intensity transforms, chosen in proportion to their `p`. */
export interface OneOf {
  readonly name: "OneOf";
  readonly p: number;
  readonly transforms: readonly SimpleTransform[];
}

/** An entry of the list of transforms; `p` is the probability that it acts on an image. */
export type Transform = SimpleTransform | OneOf;

export const isSimpleName = (name: string): name is SimpleName => Object.hasOwn(TRANSFORMS, name);

/** What users of albumentations may write, and where it stands here. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  Resize: "every image is fitted to imgsz with its proportions kept; leave the entry out",
  LongestMaxSize: "every image is fitted to imgsz by its longer side; leave the entry out and set imgsz",
  PadIfNeeded: "every image is padded to imgsz x imgsz; leave the entry out",
  Normalize:
    "training and prediction alike feed value / 255, and the network absorbs a constant mean and deviation; for those of each image set normalize=zscore",
  ToTensorV2: "batches are made by themselves; leave the entry out",
  Mosaic: "it is an augmentation argument; set mosaic",
  MixUp: "it is an augmentation argument; set mixup",
  CutMix: "it is an augmentation argument; set cutmix",
  CopyPaste: "it is an augmentation argument; set copy_paste",
  CoarseDropout: "it is an augmentation argument; set erasing",
  Affine: "use ShiftScaleRotate, or the arguments degrees, translate, scale and shear",
  HueSaturationValue: "it is a matter of augmentation arguments; set hsv_h, hsv_s and hsv_v",
  MultiplicativeNoise: "use RayleighSpeckle",
};
