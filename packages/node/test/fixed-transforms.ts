/**
 * @file Transforms that always act, with one strength each.
 */

export const jitter = (center: number, width: number) => ({
  name: "window_jitter",
  p: 1,
  center_limit: [center, center],
  width_limit: [width, width],
});

export const brightness = (by: number) => ({
  name: "RandomBrightnessContrast",
  p: 1,
  brightness_limit: [by, by],
  contrast_limit: [0, 0],
});
