/**
 * @file Lesions of one image pasted into another.
 *
 * Ghiasi et al., "Simple copy-paste is a strong data augmentation method for instance segmentation", CVPR 2021,
 * arXiv:2012.07177.
 */
import { transformBoxes } from "../../geometry/affine";
import type { Bounds, Polygon } from "../../geometry/polygon";
import { outlineSpans } from "../../geometry/scanline";
import type { Random } from "../../math/random";
import { BLACK, isLevelImage, type PaintablePixels } from "../grey-levels";
import { overlapArea, type Painted } from "./mix";
import { moveLabels, type PlacedLabel } from "./move-labels";
import { paintTiles } from "./paint-tiles";
import type { DrawnTransform } from "./random-transform";
import { type Canvas, centred, quarter, REGION, type Source, type Tile } from "./tile";

/** How the base came to be: what is pasted goes the same way. */
export interface Making {
  readonly canvas: Canvas;
  readonly transform: DrawnTransform;
  /** As for `moveLabels`. */
  readonly swapped: readonly number[];
}

/**
 * Pastes those lesions of `donor` that fit: on an image, not on its margin, and beside every lesion that is there.
 *
 * The donor lies on the canvas as an image of its own would, and goes through the same geometry, so that a lesion keeps its
 * scale; each of its pixels is sampled once. Pixels within the outline (without one, within the box) are taken over.
 *
 * @param donor of the base's pixel type
 * @param base painted as `making` says; its image is changed in place
 */
export function pasteLesions(
  base: Painted<PaintablePixels>,
  donor: Source,
  making: Making,
  random: Random,
): Painted<PaintablePixels> {
  const { image } = base;
  const tile = placeDonor(donor, making.canvas, image.width, random);
  const labels = [...base.labels];
  const outlines: Polygon[] = [];
  for (let i = 0; 5 * i < donor.labels.rows.length; i++) {
    const outline = donor.labels.outlines?.[i];
    const lesion = moveLesion(tile, i, outline, making, image.width);
    if (lesion?.outline === undefined || labels.some((label) => overlapArea(label, lesion) > 0)) continue;
    labels.push(outline ? lesion : { ...lesion, outline: undefined });
    outlines.push(lesion.outline);
  }
  if (outlines.length > 0) takeOver(base, tile, outlines, making.transform);
  return { image, labels };
}

/** In a mosaic the donor takes one quarter. */
function placeDonor(donor: Source, canvas: Canvas, size: number, random: Random): Tile {
  if (canvas.tiles.length === 1) return centred(donor, size).tiles[0];
  const { x2, y2 } = canvas.tiles[0].region;
  return quarter(donor, random.integer(0, 4), x2, y2, canvas.size);
}

/** Lesion `i` in the training image, with an outline in any case; `undefined` if it is none or not wholly on an image there. */
function moveLesion(
  tile: Tile,
  i: number,
  outline: Polygon | undefined,
  { canvas, transform, swapped }: Making,
  size: number,
): PlacedLabel | undefined {
  const rows = tile.labels.rows.subarray(5 * i, 5 * i + 5);
  const weights = tile.labels.weights?.subarray(i, i + 1);
  const [classId, cx, cy, w, h] = rows;
  if (classId === REGION) return undefined;
  const [x1, y1, x2, y2] = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
  const { width, height } = tile.image;
  const box = transformBoxes(tile.canvasFromImage, Float32Array.of(x1 * width, y1 * height, x2 * width, y2 * height));
  const isIn = (region: Bounds) =>
    box[0] >= region.x1 && box[1] >= region.y1 && box[2] <= region.x2 && box[3] <= region.y2;
  if (!isIn(tile.region) || !canvas.tiles.some(({ region }) => isIn(region))) return undefined;
  const drawn = outline ?? Float32Array.of(x1, y1, x2, y1, x2, y2, x1, y2);
  return moveLabels({ ...tile, labels: { rows, weights, outlines: [drawn] } }, transform, size, swapped).at(0);
}

function takeOver(
  { image }: Painted<PaintablePixels>,
  tile: Tile,
  outlines: readonly Polygon[],
  transform: DrawnTransform,
): void {
  const { width, height, channels, data } = image;
  const pixels = { ...image, data: data.slice().fill(isLevelImage(image) ? BLACK : 0) };
  paintTiles([tile], transform, pixels);
  for (const outline of outlines) {
    outlineSpans(outline, width, height, (y, from, to) => {
      const start = (y * width + from) * channels;
      data.set(pixels.data.subarray(start, (y * width + to) * channels), start);
    });
  }
}
