/**
 * @file An image as one of its frames has it: frames of a file may lie differently in the patient.
 */
import type { InstanceImage } from "@fovea/core/contract/image";

/** What an image says of a frame, counted from 0, in place of what it says of all or of the first. */
export function frameImage(image: InstanceImage, frame: number): InstanceImage {
  const own = image.frame_values?.[frame];
  if (!own) return image;
  const { voi_lut_function, pixel_spacing, image_orientation, ...values } = own;
  return { ...image, values, voi_lut_function, pixel_spacing, image_orientation };
}
