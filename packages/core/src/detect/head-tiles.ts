/**
 * @file Tiles of feature maps around the cells that may hold a lesion, and boxes from what the box branch says of them.
 *
 * A level is cut into tiles of 2 x 2 cells, counted row by row. Box logits are 16 bins for each of the distances left,
 * top, right, bottom, in strides (distribution focal loss: Li et al., 2020, arXiv:2006.04388).
 */
import type { Boxes } from "../geometry/box";
import type { Value } from "../graph/runtime";
import { REG_MAX } from "../nn/head";
import { TILE, TILE_MARGIN } from "../nn/prediction-graph";
import type { Level } from "./head-scores";

/** Cells of a tile. */
const CELLS = TILE * TILE;

/** Side of a tile with its margin, cells. */
const SIDE = TILE + 2 * TILE_MARGIN;

/** The tiles of one level that hold the cells asked for. */
interface LevelTiles {
  readonly level: Level;
  /** First anchor of the level. */
  readonly firstAnchor: number;
  /** Place of each tile among those chosen, by its number in the level. */
  readonly places: ReadonlyMap<number, number>;
}

/** Where the box logits of some anchors will stand in the outputs of `tileGraph`. */
export class TilePlan {
  readonly #levels: readonly LevelTiles[];

  /** @param anchorIndex anchors, rising */
  constructor(levels: readonly Level[], anchorIndex: Int32Array) {
    let firstAnchor = 0;
    this.#levels = levels.map((level) => {
      const end = firstAnchor + level.width * level.height;
      const places = new Map<number, number>();
      for (const anchor of anchorIndex) {
        if (anchor < firstAnchor || anchor >= end) continue;
        const tile = tileOf(level, anchor - firstAnchor);
        if (!places.has(tile)) places.set(tile, places.size);
      }
      const tiles = { level, firstAnchor, places };
      firstAnchor = end;
      return tiles;
    });
  }

  /**
   * Inputs of `tileGraph`.
   *
   * @param features of each level (C, height, width)
   */
  inputs(features: readonly Float32Array[]): Record<string, Value> {
    const inputs: Record<string, Value> = {};
    for (const [i, tiles] of this.#levels.entries()) {
      const { width, height } = tiles.level;
      const channels = features[i].length / (width * height);
      const count = tiles.places.size;
      const cut = new Float32Array(count * channels * SIDE * SIDE);
      const inside = new Float32Array(count * (SIDE - 2) * (SIDE - 2));
      for (const [tile, place] of tiles.places) {
        cutTile(features[i], tiles.level, channels, tile, cut, place);
        markInside(tiles.level, tile, inside, place);
      }
      inputs[`tiles.${i}`] = { dtype: "float32", shape: [count, channels, SIDE, SIDE], data: cut };
      inputs[`inside.${i}`] = { dtype: "float32", shape: [count, 1, SIDE - 2, SIDE - 2], data: inside };
    }
    return inputs;
  }

  /**
   * Corners of the boxes of anchors that the plan was made for, pixels of the network's input.
   *
   * @param logits `boxes.i` of each level
   */
  boxes(anchorIndex: Int32Array, logits: readonly Float32Array[]): Boxes {
    const boxes = new Float32Array(4 * anchorIndex.length);
    for (let k = 0; k < anchorIndex.length; k++) {
      const { i, cell, first } = this.#locate(anchorIndex[k], 4 * REG_MAX);
      const { stride, width } = this.#levels[i].level;
      const x = (cell % width) + 0.5;
      const y = Math.floor(cell / width) + 0.5;
      const side = (which: number) => distance(logits[i], first + which * REG_MAX * CELLS);
      boxes[4 * k] = (x - side(0)) * stride;
      boxes[4 * k + 1] = (y - side(1)) * stride;
      boxes[4 * k + 2] = (x + side(2)) * stride;
      boxes[4 * k + 3] = (y + side(3)) * stride;
    }
    return boxes;
  }

  /** Mask coefficients of one anchor that the plan was made for. @param all `coefficients.i` of each level */
  coefficients(anchor: number, count: number, all: readonly Float32Array[]): Float32Array {
    const { i, first } = this.#locate(anchor, count);
    return Float32Array.from({ length: count }, (_, k) => all[i][first + k * CELLS]);
  }

  /** Level and cell of an anchor, and where its first of `channels` values stands among the tiles' (n, channels, 2, 2). */
  #locate(anchor: number, channels: number): { readonly i: number; readonly cell: number; readonly first: number } {
    const i = this.#levels.findLastIndex(({ firstAnchor }) => firstAnchor <= anchor);
    const { level, firstAnchor, places } = this.#levels[i];
    const cell = anchor - firstAnchor;
    const place = places.get(tileOf(level, cell));
    if (place === undefined) throw new Error(`unreachable: anchor ${anchor} has no tile`);
    const x = cell % level.width;
    const y = Math.floor(cell / level.width);
    return { i, cell, first: place * channels * CELLS + (y % TILE) * TILE + (x % TILE) };
  }
}

const tilesAcross = (width: number) => Math.ceil(width / TILE);

/** Number of the tile that a cell lies in. */
function tileOf({ width }: Level, cell: number): number {
  const x = cell % width;
  const y = Math.floor(cell / width);
  return Math.floor(y / TILE) * tilesAcross(width) + Math.floor(x / TILE);
}

/** Copies a tile with its margin; beyond the map `cut` keeps its zeros. */
function cutTile(
  features: Float32Array,
  { width, height }: Level,
  channels: number,
  tile: number,
  cut: Float32Array,
  place: number,
): void {
  const left = (tile % tilesAcross(width)) * TILE - TILE_MARGIN;
  const top = Math.floor(tile / tilesAcross(width)) * TILE - TILE_MARGIN;
  const x1 = Math.max(0, left);
  const x2 = Math.min(width, left + SIDE);
  const y1 = Math.max(0, top);
  const y2 = Math.min(height, top + SIDE);
  for (let c = 0; c < channels; c++) {
    const target = (place * channels + c) * SIDE * SIDE;
    for (let y = y1; y < y2; y++) {
      const source = (c * height + y) * width;
      const row = target + (y - top) * SIDE - left;
      for (let x = x1; x < x2; x++) cut[row + x] = features[source + x];
    }
  }
}

/** Marks what of a tile with a margin of one cell lies in the map. */
function markInside({ width, height }: Level, tile: number, inside: Float32Array, place: number): void {
  const side = SIDE - 2;
  const left = (tile % tilesAcross(width)) * TILE - 1;
  const top = Math.floor(tile / tilesAcross(width)) * TILE - 1;
  const start = place * side * side;
  for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + side); x++) {
      inside[start + (y - top) * side + (x - left)] = 1;
    }
  }
}

/** Expected distance to one side of a box, in strides; its 16 logits stand a tile apart from `first` on. */
function distance(logits: Float32Array, first: number): number {
  const end = first + REG_MAX * CELLS;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = first; i < end; i += CELLS) largest = Math.max(largest, logits[i]);
  let sum = 0;
  let weighted = 0;
  for (let i = first, bin = 0; i < end; i += CELLS, bin++) {
    const share = Math.exp(logits[i] - largest);
    sum += share;
    weighted += bin * share;
  }
  return weighted / sum;
}
