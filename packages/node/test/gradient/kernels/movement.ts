/**
 * @file Reference kernels that move cells and compute nothing: cuts, joins, gathers, scatters, space and depth.
 */
import { at, copyOf, eachIndex, fill, type Index, moved, place, type Values } from "./values";

export function transpose(x: Values, perm: readonly number[]): Values {
  return fill(
    perm.map((axis) => x.shape[axis]),
    (index) => {
      const from = x.shape.map(() => 0);
      perm.forEach((axis, i) => {
        from[axis] = index[i];
      });
      return at(x, from);
    },
  );
}

export function reshape(x: Values, shape: readonly number[]): Values {
  return { shape, data: x.data };
}

export function concat(parts: readonly Values[], axis: number): Values {
  const total = parts.reduce((n, part) => n + part.shape[axis], 0);
  return fill(moved(parts[0].shape, axis, total), (index) => {
    let offset = index[axis];
    for (const part of parts) {
      if (offset < part.shape[axis]) return at(part, moved(index, axis, offset));
      offset -= part.shape[axis];
    }
    throw new Error("unreachable: beyond the last part");
  });
}

/** The cells at the given positions of an axis. */
export function pick(x: Values, axis: number, positions: readonly number[]): Values {
  return fill(moved(x.shape, axis, positions.length), (index) => at(x, moved(index, axis, positions[index[axis]])));
}

/** Constant padding by axis; negative pads crop. */
export function pad(x: Values, pads: readonly number[], value: number): Values {
  const rank = x.shape.length;
  return fill(
    x.shape.map((size, axis) => size + pads[axis] + pads[axis + rank]),
    (index) => {
      const from = index.map((i, axis) => i - pads[axis]);
      return from.every((i, axis) => i >= 0 && i < x.shape[axis]) ? at(x, from) : value;
    },
  );
}

export function gather(x: Values, indices: Values, axis: number): Values {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return fill(shape, (index) => {
    const row = at(indices, index.slice(axis, axis + indices.shape.length));
    return at(x, [...index.slice(0, axis), row, ...index.slice(axis + indices.shape.length)]);
  });
}

export function gatherElements(x: Values, indices: Values, axis: number): Values {
  return fill(indices.shape, (index) => at(x, moved(index, axis, at(indices, index))));
}

/** The index tuple that stands at `row` of an array of tuples. */
function tuple(indices: Values, row: Index): number[] {
  const depth = indices.shape[indices.shape.length - 1];
  return Array.from({ length: depth }, (_, k) => at(indices, [...row, k]));
}

export function gatherND(x: Values, indices: Values): Values {
  const rows = indices.shape.slice(0, -1);
  const depth = indices.shape[indices.shape.length - 1];
  return fill([...rows, ...x.shape.slice(depth)], (index) =>
    at(x, [...tuple(indices, index.slice(0, rows.length)), ...index.slice(rows.length)]),
  );
}

/** What an update does to the cell it meets. */
export type Combine = (old: number, update: number) => number;

export function scatterND(x: Values, indices: Values, updates: Values, combine: Combine): Values {
  const rows = indices.shape.length - 1;
  const out = copyOf(x);
  eachIndex(updates.shape, (index) => {
    const cell = place(out, [...tuple(indices, index.slice(0, rows)), ...index.slice(rows)]);
    out.data[cell] = combine(out.data[cell], at(updates, index));
  });
  return out;
}

export function scatterElements(x: Values, indices: Values, updates: Values, axis: number, combine: Combine): Values {
  const out = copyOf(x);
  eachIndex(updates.shape, (index) => {
    const cell = place(out, moved(index, axis, at(indices, index)));
    out.data[cell] = combine(out.data[cell], at(updates, index));
  });
  return out;
}

/** Each cell of (B, C, H, W) repeated factor x factor times. */
export function resizeNearest(x: Values, factor: number): Values {
  const [b, c, h, w] = x.shape;
  return fill([b, c, h * factor, w * factor], ([n, channel, y, column]) =>
    at(x, [n, channel, Math.floor(y / factor), Math.floor(column / factor)]),
  );
}

/** Bilinear with half-pixel centres: cell i of the output has its centre at (i + 0.5) / factor of the input. */
export function resizeLinear(x: Values, factor: number): Values {
  const [b, c, h, w] = x.shape;
  const inside = (i: number, size: number) => Math.min(Math.max(i, 0), size - 1);
  return fill([b, c, h * factor, w * factor], ([n, channel, y, column]) => {
    const v = (y + 0.5) / factor - 0.5;
    const u = (column + 0.5) / factor - 0.5;
    let total = 0;
    for (const i of [Math.floor(v), Math.floor(v) + 1]) {
      for (const j of [Math.floor(u), Math.floor(u) + 1]) {
        const share = (1 - Math.abs(v - i)) * (1 - Math.abs(u - j));
        total += share * at(x, [n, channel, inside(i, h), inside(j, w)]);
      }
    }
    return total;
  });
}

/** Channel (row phase * n + column phase) * C + c of the output is channel c at that phase of every n x n cell. */
export function spaceToDepth(x: Values, n: number): Values {
  const [b, c, h, w] = x.shape;
  return fill([b, c * n * n, h / n, w / n], ([batch, channel, y, column]) => {
    const phase = Math.floor(channel / c);
    return at(x, [batch, channel % c, y * n + Math.floor(phase / n), column * n + (phase % n)]);
  });
}

export function depthToSpace(x: Values, n: number): Values {
  const [b, c, h, w] = x.shape;
  const channels = c / (n * n);
  return fill([b, channels, h * n, w * n], ([batch, channel, y, column]) => {
    const phase = (y % n) * n + (column % n);
    return at(x, [batch, phase * channels + channel, Math.floor(y / n), Math.floor(column / n)]);
  });
}
