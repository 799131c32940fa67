/**
 * @file Annotations in fractions of the image's sides, as some formats have them, and in pixels.
 */
import type { Box } from "../../finding";
import type { AnnotatedImage, Annotation, Segmentation } from "../annotation-set";
import { isMask } from "../annotation-set";

/** `annotation` with coordinates times `width` and `height`. A mask stays, it is in pixels. */
export function scaled(annotation: Annotation, width: number, height: number): Annotation {
  const { box, segmentation } = annotation;
  return {
    ...annotation,
    box: scaledBox(box, width, height),
    ...(segmentation && { segmentation: scaledSegmentation(segmentation, width, height) }),
  };
}

export function scaledBox({ x1, y1, x2, y2 }: Box, width: number, height: number): Box {
  return { x1: x1 * width, y1: y1 * height, x2: x2 * width, y2: y2 * height };
}

function scaledSegmentation(segmentation: Segmentation, width: number, height: number): Segmentation {
  if (isMask(segmentation)) return segmentation;
  return segmentation.map((part) => part.map((value, i) => value * (i % 2 === 0 ? width : height)));
}

/** An image's annotations from fractions to pixels; `undefined` if it has some and no size. */
export function inPixels(image: AnnotatedImage): AnnotatedImage | undefined {
  const { width, height, annotations } = image;
  if (annotations.length === 0) return image;
  if (width === undefined || height === undefined) return undefined;
  return { ...image, annotations: annotations.map((one) => scaled(one, width, height)) };
}
