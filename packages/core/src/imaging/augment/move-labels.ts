/**
 * @file Labels carried along with their pixels into a training image.
 */
import { type Affine, compose, transformBoxes, transformPoints } from "../../geometry/affine";
import { type Bounds, boundsOf, clipPolygon, type Polygon } from "../../geometry/polygon";
import type { DrawnTransform } from "./random-transform";
import type { Tile } from "./tile";

/** A label in a training image, pixels. */
export interface PlacedLabel extends Bounds {
  readonly classId: number;
  readonly outline?: Polygon;
}

/** Smaller sides are dropped, pixels. */
export const MIN_SIDE = 2;
/** Longer slivers are dropped: one side by the other. */
const MAX_ASPECT = 100;
/** Least share of a box that must be left. Outlines follow what is seen more closely and may lose more. */
const MIN_SHARE = 0.1;
const MIN_SHARE_OUTLINED = 0.01;

/**
 * Labels of `tile` in the training image of `size` x `size` pixels, cut at the tile's region and at the image's edges.
 *
 * The box of a label without outline is the smallest around its turned corners, of one with outline the smallest around
 * what is seen of the outline. What is left too small, too thin, or of which too little is left, is dropped.
 */
export function moveLabels(tile: Tile, { outputFromCanvas, scale }: DrawnTransform, size: number): PlacedLabel[] {
  const { rows, outlines } = tile.labels;
  const placed: PlacedLabel[] = [];
  for (let i = 0; 5 * i < rows.length; i++) {
    const outline = outlines?.[i];
    const label = outline
      ? moveOutline(outline, tile, outputFromCanvas, size)
      : moveBox(rows, 5 * i + 1, tile, outputFromCanvas, size);
    if (label && isWorthKeeping(label, scale)) placed.push({ classId: rows[5 * i], ...label.place });
  }
  return placed;
}

interface Moved {
  /** Area on the canvas, px². */
  readonly before: number;
  readonly place: Bounds & { readonly outline?: Polygon };
}

function isWorthKeeping({ before, place: { x1, y1, x2, y2, outline } }: Moved, scale: number): boolean {
  const width = x2 - x1;
  const height = y2 - y1;
  if (!(width > MIN_SIDE && height > MIN_SIDE)) return false;
  if (width / height >= MAX_ASPECT || height / width >= MAX_ASPECT) return false;
  return (width * height) / (before * scale * scale) > (outline ? MIN_SHARE_OUTLINED : MIN_SHARE);
}

function moveBox(
  rows: Float32Array,
  p: number,
  { image: { width, height }, canvasFromImage, region }: Tile,
  outputFromCanvas: Affine,
  size: number,
): Moved | undefined {
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
  const [x1, y1, x2, y2] = cut(transformBoxes(outputFromCanvas, box), 0, 0, size, size);
  return { before, place: { x1, y1, x2, y2 } };
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
  outputFromCanvas: Affine,
  size: number,
): Moved | undefined {
  const canvasFromFractions = compose(canvasFromImage, [width, 0, 0, 0, height, 0]);
  const onCanvas = clipPolygon(transformPoints(canvasFromFractions, outline.slice()), region);
  const { x1, y1, x2, y2 } = boundsOf(onCanvas);
  const before = (x2 - x1) * (y2 - y1);
  if (!(before > 0)) return undefined;
  const frame = { x1: 0, y1: 0, x2: size, y2: size };
  const seen = clipPolygon(transformPoints(outputFromCanvas, onCanvas), frame);
  return { before, place: { ...boundsOf(seen), outline: seen } };
}
