/**
 * @file The mask of an annotation, whichever way it is written.
 */
import { FoveaError, type Place } from "../errors";
import type { Box } from "../finding";
import { type MaskRuns, outlinesMask } from "../geometry/mask-runs";
import { isMask, type Segmentation } from "./annotation-set";
import { runsOf } from "./run-length";

/** Sides of the image, pixels, where they are known. */
export interface ImageSize {
  readonly width?: number;
  readonly height?: number;
}

/**
 * The mask of a segmentation, or of its box where there is none, as COCO's tools take it.
 *
 * @param place of the annotation, for messages
 * @throws {FoveaError} `invalid_annotations` if the image has no size, or a mask another one, or runs that are none
 */
export function segmentationMask(
  segmentation: Segmentation | undefined,
  { x1, y1, x2, y2 }: Box,
  { width, height }: ImageSize,
  place: Place,
): MaskRuns {
  if (segmentation !== undefined && isMask(segmentation)) {
    const [rows, columns] = segmentation.size;
    if ((height ?? rows) !== rows || (width ?? columns) !== columns) {
      const message = `mask of ${rows} x ${columns} pixels (rows x columns) in an image of ${height} x ${width}`;
      throw new FoveaError("invalid_annotations", message, place);
    }
    return { height: rows, width: columns, runs: Uint32Array.from(runsOf(segmentation)) };
  }
  if (height === undefined || width === undefined) {
    const message = "its image has no width and height; an outline needs both to become a mask";
    throw new FoveaError("invalid_annotations", message, place);
  }
  return outlinesMask(segmentation ?? [[x1, y1, x1, y2, x2, y2, x2, y1]], height, width);
}
