/**
 * @file How training images of each modality may vary, and what they must not go through.
 */
import type { AugmentationNumbers } from "./augmentation-numbers";

export const PRESET_NAMES = ["ct", "xray", "ultrasound", "mri", "pathology", "endoscopy"] as const;

export type PresetName = (typeof PRESET_NAMES)[number];

/** What a modality forbids; each rule says why. */
export interface AnatomyRules {
  /** Left and right carry meaning: no mirror image unless the labels say what to swap. */
  readonly laterality?: string;
  /** Never upside down. */
  readonly upright?: string;
  /** Never bent. */
  readonly rigid?: string;
  /** Largest turn to either side, degrees, and why. */
  readonly turn?: readonly [degrees: number, why: string];
}

export interface Preset {
  /** Why the values are what they are, in a sentence. */
  readonly why: string;
  readonly arguments: AugmentationNumbers;
  /** As `parseTransforms` reads it. */
  readonly transforms: readonly unknown[];
  readonly rules: AnatomyRules;
}

const GREY = { hsv_h: 0, hsv_s: 0, hsv_v: 0 };
const ALONE = { mixup: 0, cutmix: 0, copy_paste: 0, perspective: 0, erasing: 0, shear: 0 };

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  ct: {
    why: "Grey levels are Hounsfield units, so that the window moves instead of the brightness; patients lie still and on a known side, so that turns are small and left stays left.",
    arguments: { ...GREY, ...ALONE, degrees: 10, translate: 0.1, scale: 0.2, flipud: 0, fliplr: 0, mosaic: 0.5 },
    transforms: [
      { name: "window_jitter", p: 0.7, center_limit: 0.1, width_limit: 0.2 },
      { name: "GaussNoise", p: 0.3, var_limit: [10, 50] },
      { name: "GaussianBlur", p: 0.1, blur_limit: 3 },
    ],
    rules: { laterality: "the liver lies on one side of the body, and a report names sides" },
  },
  xray: {
    why: "Exposure and processing differ between devices, so that window, gamma and local contrast vary; the projection is upright, bones do not bend, and the heart is on the left.",
    arguments: { ...GREY, ...ALONE, degrees: 10, translate: 0.1, scale: 0.2, flipud: 0, fliplr: 0, mosaic: 0.5 },
    transforms: [
      { name: "window_jitter", p: 0.5, center_limit: 0.1, width_limit: 0.2 },
      { name: "RandomGamma", p: 0.3, gamma_limit: [80, 120] },
      { name: "CLAHE", p: 0.3, clip_limit: 2, tile_grid_size: [8, 8] },
      { name: "GaussNoise", p: 0.2, var_limit: [10, 50] },
    ],
    rules: {
      laterality: "the heart is on the left, and a report names sides",
      upright: "no radiograph is read upside down: fluid levels and the diaphragm would be where they never are",
      rigid: "bones do not bend: a bent one looks broken",
      turn: [45, "no radiograph is read lying on its side"],
    },
  },
  ultrasound: {
    why: "Speckle and gain differ with every probe and hand, and a probe may be held either way round; depth goes down, where shadows fall, so that nothing is turned upside down.",
    arguments: {
      ...GREY,
      ...ALONE,
      hsv_v: 0.2,
      degrees: 10,
      translate: 0.1,
      scale: 0.2,
      flipud: 0,
      fliplr: 0.5,
      mosaic: 0.5,
    },
    transforms: [
      { name: "ElasticTransform", p: 0.2, alpha: 120, sigma: 12 },
      { name: "RandomBrightnessContrast", p: 0.3, brightness_limit: 0.1, contrast_limit: 0.2 },
      { name: "RayleighSpeckle", p: 0.5, strength: [0.1, 0.4] },
      { name: "GaussianBlur", p: 0.1, blur_limit: [3, 5] },
    ],
    rules: {
      upright: "depth goes down and shadows fall away from the probe",
      turn: [45, "depth goes down and shadows fall away from the probe"],
    },
  },
  mri: {
    why: "Intensities have no unit and vary with coil and sequence, so that brightness, contrast and gamma vary; soft tissue may bend a little, and sides carry meaning.",
    arguments: { ...GREY, ...ALONE, degrees: 10, translate: 0.1, scale: 0.2, flipud: 0, fliplr: 0, mosaic: 0.5 },
    transforms: [
      { name: "ElasticTransform", p: 0.2, alpha: 120, sigma: 12 },
      { name: "RandomBrightnessContrast", p: 0.4, brightness_limit: 0.15, contrast_limit: 0.2 },
      { name: "RandomGamma", p: 0.3, gamma_limit: [80, 120] },
      { name: "GaussNoise", p: 0.2, var_limit: [10, 50] },
    ],
    rules: { laterality: "a report names the hemisphere and the side" },
  },
  pathology: {
    why: "A section has no top and no side, so that every turn and flip is as good as another; stains differ between laboratories, so that hue and saturation vary.",
    arguments: {
      ...ALONE,
      ...{ hsv_h: 0.03, hsv_s: 0.3, hsv_v: 0.2, degrees: 180, translate: 0.1, scale: 0.3 },
      ...{ flipud: 0.5, fliplr: 0.5, mosaic: 1 },
    },
    transforms: [
      { name: "ElasticTransform", p: 0.1, alpha: 120, sigma: 12 },
      { name: "RandomBrightnessContrast", p: 0.3, brightness_limit: 0.1, contrast_limit: 0.1 },
      { name: "GaussianBlur", p: 0.2, blur_limit: [3, 7] },
    ],
    rules: {},
  },
  endoscopy: {
    why: "The camera turns freely in the body, moves while it records and lights unevenly, so that flips, turns, motion blur and sensor noise all occur.",
    arguments: {
      ...ALONE,
      ...{ hsv_h: 0.015, hsv_s: 0.4, hsv_v: 0.3, degrees: 45, translate: 0.1, scale: 0.4 },
      ...{ perspective: 0.0003, flipud: 0.5, fliplr: 0.5, mosaic: 1 },
    },
    transforms: [
      { name: "RandomBrightnessContrast", p: 0.3, brightness_limit: 0.2, contrast_limit: 0.2 },
      { name: "ISONoise", p: 0.2, color_shift: [0.01, 0.05], intensity: [0.1, 0.5] },
      {
        name: "OneOf",
        p: 0.3,
        transforms: [
          { name: "MotionBlur", p: 0.6, blur_limit: [3, 7] },
          { name: "GaussianBlur", p: 0.3, blur_limit: [3, 7] },
          { name: "MedianBlur", p: 0.1, blur_limit: [3, 5] },
        ],
      },
    ],
    rules: {},
  },
};
