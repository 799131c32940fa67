/**
 * @file Reference kernels that bring many cells into one: reductions, softmax, matrix products, pooling.
 */

import { broadcastShape } from "./elementwise";
import { at, fill, type Index, moved, type Values } from "./values";

/** All cells of `x` that are reduced into the cell at `index`, of which the reduced axes count for nothing. */
function cellsAlong(x: Values, index: Index, axes: readonly number[]): number[] {
  const counts = axes.map((axis) => x.shape[axis]);
  return Array.from(
    fill(counts, (within) => {
      const full = index.map((i, axis) => (axes.includes(axis) ? within[axes.indexOf(axis)] : i));
      return at(x, full);
    }).data,
  );
}

/** Reduces axes by `f` of the list of their cells. */
export function reduce(
  x: Values,
  axes: readonly number[],
  keepdims: boolean,
  f: (cells: readonly number[]) => number,
): Values {
  const kept = fill(
    x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
    (index) => f(cellsAlong(x, index, axes)),
  );
  return keepdims ? kept : { shape: x.shape.filter((_, axis) => !axes.includes(axis)), data: kept.data };
}

export const sum = (cells: readonly number[]): number => cells.reduce((a, b) => a + b, 0);
export const mean = (cells: readonly number[]): number => sum(cells) / cells.length;
export const largest = (cells: readonly number[]): number => Math.max(...cells);

export function softmax(x: Values, axis: number): Values {
  return fill(x.shape, (index) => Math.exp(at(x, index)) / sum(cellsAlong(x, index, [axis]).map(Math.exp)));
}

/** Product over the last two axes; leading axes broadcast. */
export function matMul(a: Values, b: Values): Values {
  const inner = a.shape[a.shape.length - 1];
  const lead = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const shape = [...lead, a.shape[a.shape.length - 2], b.shape[b.shape.length - 1]];
  const own = (x: Values, index: Index, row: number, column: number): number => {
    const batch = index.slice(lead.length - (x.shape.length - 2), lead.length);
    return at(x, [...batch.map((i, axis) => (x.shape[axis] === 1 ? 0 : i)), row, column]);
  };
  return fill(shape, (index) => {
    const [row, column] = index.slice(lead.length);
    let total = 0;
    for (let k = 0; k < inner; k++) total += own(a, index, row, k) * own(b, index, k, column);
    return total;
  });
}

/** Exchanges the last two axes. */
export function swapLast(x: Values): Values {
  const n = x.shape.length;
  const swap = (list: readonly number[]) => [...list.slice(0, n - 2), list[n - 1], list[n - 2]];
  return fill(swap(x.shape), (index) => at(x, swap(index)));
}

/** Largest value under a k x k window of (B, C, H, W); what lies outside never wins. */
export function maxPool(x: Values, k: number, stride: number, pad: number): Values {
  const [batch, channels, height, width] = x.shape;
  const count = (size: number) => Math.floor((size + 2 * pad - k) / stride) + 1;
  return fill([batch, channels, count(height), count(width)], ([b, c, y, column]) => {
    let best = Number.NEGATIVE_INFINITY;
    for (let r = 0; r < k; r++) {
      for (let s = 0; s < k; s++) {
        const i = y * stride - pad + r;
        const j = column * stride - pad + s;
        if (i < 0 || i >= height || j < 0 || j >= width) continue;
        best = Math.max(best, at(x, [b, c, i, j]));
      }
    }
    return best;
  });
}

/** Largest k values along the last axis, descending. */
export function topK(x: Values, k: number): Values {
  const last = x.shape.length - 1;
  return fill(moved(x.shape, last, k), (index) => {
    const row = cellsAlong(x, index, [last]).sort((a, b) => b - a);
    return row[index[last]];
  });
}
