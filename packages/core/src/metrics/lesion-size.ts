/**
 * @file Small, medium and large lesions, by the area of the box in pixels of the source image.
 *
 * The limits are COCO's: 32² and 96² px². A box of exactly a limit is medium; COCO counts it on both sides.
 */
import { area, type Boxes } from "../geometry/box";

/** From small to large. */
export const LESION_SIZES = ["small", "medium", "large"] as const;

export type LesionSize = (typeof LESION_SIZES)[number];

/** Size of box `i`, as an index into `LESION_SIZES`. */
export function sizeIndex(boxes: Boxes, i: number): number {
  const px2 = area(boxes, i);
  return px2 < 32 ** 2 ? 0 : px2 > 96 ** 2 ? 2 : 1;
}
