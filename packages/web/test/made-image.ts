/**
 * @file Metadata of an image that says as little as it may.
 */
import type { InstanceImage } from "@fovea/core/contract/image";

/** 4 x 3 pixels, 16 bit, monochrome, but for what is `given`. */
export function madeImage(given: Partial<InstanceImage> = {}): InstanceImage {
  return {
    sop_uid: "1.2.3",
    series_uid: "1.2",
    study_uid: "1",
    modality: null,
    rows: 3,
    columns: 4,
    frames: 1,
    photometric_interpretation: "MONOCHROME2",
    bits_allocated: 16,
    bits_stored: 16,
    signed: false,
    voi_lut_function: "LINEAR",
    values: { rescale_slope: 1, rescale_intercept: 0, windows: [] },
    frame_values: null,
    pixel_padding: null,
    pixel_spacing: null,
    pixel_aspect: 1,
    image_orientation: null,
    patient_orientation: null,
    lossy: false,
    ...given,
  };
}
