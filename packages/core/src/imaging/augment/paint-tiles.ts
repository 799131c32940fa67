/**
 * @file Paints the tiles of a canvas, by the fast way where the whole transform is affine.
 */
import type { PaintableImage } from "../grey-levels";
import { paintTile } from "./paint-tile";
import { paintWarpedTiles } from "./paint-warped-tiles";
import type { DrawnTransform } from "./random-transform";
import type { Tile } from "./tile";
import { withAffineFirst } from "./warp";

/** @param target three channels, or one if all tiles have one; of the tiles' pixel type */
export function paintTiles(
  tiles: readonly Tile[],
  { outputFromCanvas, warp }: DrawnTransform,
  target: PaintableImage,
): void {
  if (warp) paintWarpedTiles(tiles, withAffineFirst(outputFromCanvas, warp), target);
  else for (const tile of tiles) paintTile(tile, outputFromCanvas, target);
}
