/**
 * @file The middle of a square training image, for batches that are no squares.
 *
 * A square image has its source in its middle, so that what is cut away was margin before it was varied.
 */

import { transformPoints } from "@fovea/core/geometry/affine";
import { boundsOf, clipPolygon, type Polygon } from "@fovea/core/geometry/polygon";
import type { Augmented } from "@fovea/core/imaging/augment/augment";
import { leastLeft, type PlacedLabel } from "@fovea/core/imaging/augment/move-labels";
import { cropImage } from "@fovea/core/imaging/crop";

/**
 * The middle `width` x `height` pixels of `square`, with its labels cut at their edges; lesions of which too little is left
 * are dropped.
 *
 * @param square its sides are no shorter
 */
export function cutMiddle({ image, labels }: Augmented, width: number, height: number): Augmented {
  const x = Math.floor((image.width - width) / 2);
  const y = Math.floor((image.height - height) / 2);
  return {
    image: cropImage(image, { x, y, width, height }),
    labels: labels.flatMap((label) => cutLabel(label, { x, y, width, height }) ?? []),
  };
}

function cutLabel(
  label: PlacedLabel,
  { x, y, width, height }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): PlacedLabel | undefined {
  const frame = { x1: 0, y1: 0, x2: width, y2: height };
  const outline: Polygon | undefined =
    label.outline && clipPolygon(transformPoints([1, 0, -x, 0, 1, -y], label.outline.slice()), frame);
  const { x1, y1, x2, y2 } = outline
    ? boundsOf(outline)
    : {
        x1: Math.min(Math.max(label.x1 - x, 0), width),
        y1: Math.min(Math.max(label.y1 - y, 0), height),
        x2: Math.min(Math.max(label.x2 - x, 0), width),
        y2: Math.min(Math.max(label.y2 - y, 0), height),
      };
  const least = leastLeft(label);
  if (!(x2 - x1 > least.side && y2 - y1 > least.side)) return undefined;
  const before = (label.x2 - label.x1) * (label.y2 - label.y1);
  if (!((x2 - x1) * (y2 - y1) > least.share * before)) return undefined;
  return outline ? { ...label, x1, y1, x2, y2, outline } : { ...label, x1, y1, x2, y2 };
}
