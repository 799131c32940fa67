/**
 * @file What a finding is: the one noun every floor above shares.
 */

/** Axis-aligned box with continuous corners: pixel (0, 0) covers [0, 1) x [0, 1), so width is `x2 - x1`. */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** One lesion that a detector reports in one image. */
export interface Finding {
  /** Index into the model's class names. */
  readonly classId: number;
  readonly className: string;
  /** In (0, 1]. */
  readonly confidence: number;
  /** Pixels of the source image. */
  readonly box: Box;
  /** Extent of the box in millimetres, where the image says its pixel spacing. */
  readonly sizeMm?: { readonly width: number; readonly height: number };
  /** Outline x, y, x, y ... in pixels of the source image, from a segmenting model. */
  readonly polygon?: readonly number[];
}

/** The confidence below which findings were left out, as every report writes it: to four digits. */
export function thresholdText(threshold: number): string {
  return String(Number(threshold.toPrecision(4)));
}
