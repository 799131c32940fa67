/**
 * @file Labels carried along with their pixels into a training image.
 */
import { type Affine, compose, transformBoxes, transformPoints } from "../../geometry/affine";
import { type Bounds, boundsOf, clipPolygon, type Polygon, polygonArea } from "../../geometry/polygon";
import type { DrawnTransform } from "./random-transform";
import { REGION, type Tile } from "./tile";
import { warpOutline } from "./warp";

/** A label in a training image, pixels. */
export interface PlacedLabel extends Bounds {
  /** `REGION` for one in which nothing is judged. */
  readonly classId: number;
  readonly outline?: Polygon;
  /** How much it counts. @default 1 */
  readonly weight?: number;
}

/** Smaller sides are dropped, pixels. */
export const MIN_SIDE = 2;
/** Longer slivers are dropped: one side by the other. */
const MAX_ASPECT = 100;
/** Least share of a box that must be left. Outlines follow what is seen more closely and may lose more. */
const MIN_SHARE = 0.1;
const MIN_SHARE_OUTLINED = 0.01;

/** What must be left of a label: pixels of its shorter side and share of its area, both to be exceeded. */
export function leastLeft({ classId, outline }: Pick<PlacedLabel, "classId" | "outline">) {
  if (classId === REGION) return { side: 0, share: 0 };
  return { side: MIN_SIDE, share: outline ? MIN_SHARE_OUTLINED : MIN_SHARE };
}

/**
 * Labels of `tile` in the training image of `size` x `size` pixels, cut at the tile's region and at the image's edges.
 *
 * A box is the smallest around what is seen of the transformed outline; a label without outline has the four corners of
 * its box for one. What is left too small, too thin, or of which too little is left, is dropped; of a region in which
 * nothing is judged, whatever is left is kept.
 *
 * @param swapped class that a class becomes where left and right are exchanged; classes beyond its end stay
 */
export function moveLabels(
  tile: Tile,
  transform: DrawnTransform,
  size: number,
  swapped: readonly number[] = [],
): PlacedLabel[] {
  const { rows, weights, outlines } = tile.labels;
  const placed: PlacedLabel[] = [];
  for (let i = 0; 5 * i < rows.length; i++) {
    const outline = outlines?.[i];
    const label = outline
      ? moveOutline(outline, tile, transform, size)
      : moveBox(rows, 5 * i + 1, tile, transform, size);
    const classId = rows[5 * i];
    if (!label || !isWorthKeeping(label, classId)) continue;
    placed.push({
      classId: transform.mirrored ? (swapped[classId] ?? classId) : classId,
      ...label.place,
      ...(weights && { weight: weights[i] }),
    });
  }
  return placed;
}

interface Moved {
  /** Share of the lesion that is left. */
  readonly share: number;
  readonly place: Bounds & { readonly outline?: Polygon };
}

function isWorthKeeping({ share, place }: Moved, classId: number): boolean {
  const least = leastLeft({ ...place, classId });
  const width = place.x2 - place.x1;
  const height = place.y2 - place.y1;
  if (!(width > least.side && height > least.side && share > least.share)) return false;
  return classId === REGION || (width / height < MAX_ASPECT && height / width < MAX_ASPECT);
}

function moveBox(
  rows: Float32Array,
  p: number,
  { image: { width, height }, canvasFromImage, region }: Tile,
  transform: DrawnTransform,
  size: number,
): Moved | undefined {
  const { outputFromCanvas, scale, warp } = transform;
  const halfWidth = rows[p + 2] / 2;
  const halfHeight = rows[p + 3] / 2;
  const box = Float32Array.of(
    (rows[p] - halfWidth) * width,
    (rows[p + 1] - halfHeight) * height,
    (rows[p] + halfWidth) * width,
    (rows[p + 1] + halfHeight) * height,
  );
  cut(transformBoxes(canvasFromImage, box), region.x1, region.y1, region.x2, region.y2);
  const before = (box[2] - box[0]) * (box[3] - box[1]);
  if (!(before > 0)) return undefined;
  if (warp || !isUpright(outputFromCanvas)) {
    const [x1, y1, x2, y2] = box;
    const seen = seenOutline(Float32Array.of(x1, y1, x2, y1, x2, y2, x1, y2), transform, size);
    return { share: seen.share, place: boundsOf(seen.outline) };
  }
  const [x1, y1, x2, y2] = cut(transformBoxes(outputFromCanvas, box), 0, 0, size, size);
  return { share: ((x2 - x1) * (y2 - y1)) / (before * scale * scale), place: { x1, y1, x2, y2 } };
}

/** Whether upright boxes stay upright. */
function isUpright([, b, , d]: Affine): boolean {
  return b === 0 && d === 0;
}

/** What the training image shows of an outline on the canvas, and which share of it that is. */
function seenOutline(
  onCanvas: Polygon,
  { outputFromCanvas, warp = [] }: DrawnTransform,
  size: number,
): { readonly outline: Polygon; readonly share: number } {
  const whole = warpOutline(warp, transformPoints(outputFromCanvas, onCanvas.slice()));
  const outline = clipPolygon(whole, { x1: 0, y1: 0, x2: size, y2: size });
  return { outline, share: polygonArea(outline) / polygonArea(whole) };
}

function cut(box: Float32Array, x1: number, y1: number, x2: number, y2: number): Float32Array {
  box[0] = Math.min(Math.max(box[0], x1), x2);
  box[1] = Math.min(Math.max(box[1], y1), y2);
  box[2] = Math.min(Math.max(box[2], x1), x2);
  box[3] = Math.min(Math.max(box[3], y1), y2);
  return box;
}

function moveOutline(
  outline: Polygon,
  { image: { width, height }, canvasFromImage, region }: Tile,
  transform: DrawnTransform,
  size: number,
): Moved | undefined {
  const canvasFromFractions = compose(canvasFromImage, [width, 0, 0, 0, height, 0]);
  const onCanvas = clipPolygon(transformPoints(canvasFromFractions, outline.slice()), region);
  const { x1, y1, x2, y2 } = boundsOf(onCanvas);
  const before = (x2 - x1) * (y2 - y1);
  if (!(before > 0)) return undefined;
  const seen = seenOutline(onCanvas, transform, size);
  const place = { ...boundsOf(seen.outline), outline: seen.outline };
  if (transform.warp) return { share: seen.share, place };
  const { scale } = transform;
  return { share: ((place.x2 - place.x1) * (place.y2 - place.y1)) / (before * scale * scale), place };
}
