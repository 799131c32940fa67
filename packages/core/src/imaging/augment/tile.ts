/**
 * @file Where source images lie on the canvas that is warped into a training image.
 *
 * The canvas is never painted: its transform to the training image is joined with each tile's transform to the canvas,
 * so that every output pixel is read from its source image once.
 *
 * Mosaic: Bochkovskiy et al., "YOLOv4", 2020, arXiv:2004.10934.
 */
import { type Affine, compose, scaling, translation } from "../../geometry/affine";
import type { Bounds, Polygon } from "../../geometry/polygon";
import type { Random } from "../../math/random";
import type { PaintableImage } from "../grey-levels";
import { letterboxLayout } from "../letterbox";

/** In place of a class: no lesion, but a region in which nothing is judged. */
export const REGION = -1;

/** What is marked in one image, in fractions of its sides. */
export interface LabelRows {
  /** n x 5: class, `REGION` for one in which nothing is judged; centre x, centre y, width, height. */
  readonly rows: Float32Array;
  /** n: how much each counts, above 0, at most 1. @default 1 for all */
  readonly weights?: Float32Array;
  /** Outline of each row, where there is one. */
  readonly outlines?: readonly (Polygon | undefined)[];
}

/** A source image with its labels. */
export interface Source {
  readonly image: PaintableImage;
  readonly labels: LabelRows;
}

/** A source on the canvas. */
export interface Tile extends Source {
  readonly canvasFromImage: Affine;
  /** Part of the canvas that the tile covers, cut at the canvas's edges. */
  readonly region: Bounds;
}

export interface Canvas {
  /** Side of the square canvas, pixels. */
  readonly size: number;
  readonly tiles: readonly Tile[];
}

/**
 * Four images around one point, on a canvas twice as wide as the training image: upper left, upper right, lower left,
 * lower right, each with its inner corner at the point, which is drawn from the middle half of the canvas.
 *
 * @param sources four images no larger than `size`
 * @param size side of the training image, pixels
 */
export function mosaic(sources: readonly Source[], size: number, random: Random): Canvas {
  const centreY = random.integer(size / 2, (3 * size) / 2);
  const centreX = random.integer(size / 2, (3 * size) / 2);
  const tiles = sources.map((source, i) => quarter(source, i, centreX, centreY, 2 * size));
  return { size: 2 * size, tiles };
}

/**
 * An image in quarter `i` of a mosaic, 0 to 3 in reading order, its inner corner at (x, y).
 *
 * @param canvasSize side of the canvas, pixels
 */
export function quarter(source: Source, i: number, x: number, y: number, canvasSize: number): Tile {
  const { width, height } = source.image;
  const left = i % 2 === 0 ? x - width : x;
  const top = i < 2 ? y - height : y;
  const region = {
    x1: Math.max(left, 0),
    y1: Math.max(top, 0),
    x2: Math.min(left + width, canvasSize),
    y2: Math.min(top + height, canvasSize),
  };
  return { ...source, canvasFromImage: translation(left, top), region };
}

/** One image in the middle of a canvas as large as the training image. */
export function centred(source: Source, size: number): Canvas {
  const { width, height } = source.image;
  const { left, top, contentWidth, contentHeight } = letterboxLayout(width, height, { width: size, height: size });
  const canvasFromImage = compose(translation(left, top), scaling(contentWidth / width, contentHeight / height));
  const region = { x1: left, y1: top, x2: left + contentWidth, y2: top + contentHeight };
  return { size, tiles: [{ ...source, canvasFromImage, region }] };
}
