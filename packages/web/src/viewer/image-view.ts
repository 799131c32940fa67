/**
 * @file Which part of an image is seen, and where its points lie on the screen.
 *
 * Image coordinates are continuous: pixel (0, 0) covers [0, 1) x [0, 1), x to the right, y down. Canvas coordinates are CSS
 * pixels from the upper left corner of the viewer. Pixels need not be square: sides are in one unit, millimetres or not.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An image as far as geometry is concerned. */
export interface ImageShape {
  readonly columns: number;
  readonly rows: number;
  /** Width of a pixel. */
  readonly columnSide: number;
  /** Height of a pixel, in the same unit. */
  readonly rowSide: number;
}

export interface ImageView {
  /** Point of the image in the middle of the canvas. */
  readonly center: Point;
  /** CSS pixels per unit. */
  readonly scale: number;
}

/** Canvas from image: `x * scaleX + offsetX`, `y * scaleY + offsetY`. */
export interface Mapping {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** Farther out than this share of the fitting size nobody wants to go. */
const LEAST_ZOOM = 0.25;
/** CSS pixels that a pixel's shorter side may fill. */
const LARGEST_PIXEL = 64;

export function mappingOf({ center, scale }: ImageView, shape: ImageShape, canvas: Size): Mapping {
  const scaleX = scale * shape.columnSide;
  const scaleY = scale * shape.rowSide;
  return {
    scaleX,
    scaleY,
    offsetX: canvas.width / 2 - scaleX * center.x,
    offsetY: canvas.height / 2 - scaleY * center.y,
  };
}

export function canvasFromImage({ scaleX, scaleY, offsetX, offsetY }: Mapping, { x, y }: Point): Point {
  return { x: scaleX * x + offsetX, y: scaleY * y + offsetY };
}

export function imageFromCanvas({ scaleX, scaleY, offsetX, offsetY }: Mapping, { x, y }: Point): Point {
  return { x: (x - offsetX) / scaleX, y: (y - offsetY) / scaleY };
}

/** The whole image, as large as the canvas lets it be. */
export function fittingView(shape: ImageShape, canvas: Size): ImageView {
  const { columns, rows, columnSide, rowSide } = shape;
  return {
    center: { x: columns / 2, y: rows / 2 },
    scale: Math.min(canvas.width / (columns * columnSide), canvas.height / (rows * rowSide)),
  };
}

/** Nearer by `factor`, with the image point under `at` staying there. */
export function zoomed(view: ImageView, shape: ImageShape, canvas: Size, at: Point, factor: number): ImageView {
  const least = LEAST_ZOOM * fittingView(shape, canvas).scale;
  const most = Math.max(LARGEST_PIXEL / Math.min(shape.columnSide, shape.rowSide), least);
  const scale = Math.min(most, Math.max(least, view.scale * factor));
  const fixed = imageFromCanvas(mappingOf(view, shape, canvas), at);
  return {
    scale,
    center: {
      x: fixed.x + (canvas.width / 2 - at.x) / (scale * shape.columnSide),
      y: fixed.y + (canvas.height / 2 - at.y) / (scale * shape.rowSide),
    },
  };
}

/** Moved by CSS pixels; the middle of the canvas stays over the image, so that it cannot be lost. */
export function panned(view: ImageView, shape: ImageShape, by: Point): ImageView {
  const x = view.center.x - by.x / (view.scale * shape.columnSide);
  const y = view.center.y - by.y / (view.scale * shape.rowSide);
  return {
    scale: view.scale,
    center: { x: Math.min(shape.columns, Math.max(0, x)), y: Math.min(shape.rows, Math.max(0, y)) },
  };
}

/** The view with `point` in the middle, if it is not well inside of the canvas already. */
export function revealing(view: ImageView, shape: ImageShape, canvas: Size, point: Point): ImageView {
  const { x, y } = canvasFromImage(mappingOf(view, shape, canvas), point);
  const inside =
    x > 0.05 * canvas.width && x < 0.95 * canvas.width && y > 0.05 * canvas.height && y < 0.95 * canvas.height;
  return inside ? view : { scale: view.scale, center: point };
}
