/**
 * @file How a large image is covered by overlapping squares.
 *
 * Positions are those of sliced inference: Akyon et al., "Slicing aided hyper inference", ICIP 2022,
 * doi:10.1109/ICIP46576.2022.9897990. Tiles follow one another at `tile - floor(overlap * tile)` pixels; the last of a
 * row or column is moved back to the image's edge, so that every tile is whole.
 */
import { ArgumentError } from "../errors";

/** A rectangle of whole pixels. */
export interface PixelRect {
  /** Left column and upper row. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface TilingOptions {
  /** Side of a tile, pixels. */
  readonly tile: number;
  /** Share of a tile that its neighbour covers too, in [0, 0.9]. @default 0.2 */
  readonly overlap?: number;
}

/**
 * Tiles of an image of `width` x `height` pixels, row by row. A side no longer than a tile is covered by one tile of
 * that length.
 *
 * @throws {ArgumentError} if a size is not an integer above 0, or the overlap out of range
 */
export function tileRects(width: number, height: number, { tile, overlap = 0.2 }: TilingOptions): PixelRect[] {
  for (const size of [width, height, tile]) {
    if (Number.isInteger(size) && size > 0) continue;
    throw new ArgumentError(`tileRects: ${width} x ${height} pixels in tiles of ${tile}, expected integers above 0`);
  }
  if (!(overlap >= 0 && overlap <= 0.9)) throw new ArgumentError(`overlap is ${overlap}, expected 0 to 0.9`);
  const step = tile - Math.floor(overlap * tile);
  const columns = starts(width, tile, step);
  return starts(height, tile, step).flatMap((y) =>
    columns.map((x) => ({ x, y, width: Math.min(tile, width), height: Math.min(tile, height) })),
  );
}

function starts(length: number, tile: number, step: number): number[] {
  const count = Math.ceil(Math.max(0, length - tile) / step) + 1;
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(i * step, length - tile)));
}
