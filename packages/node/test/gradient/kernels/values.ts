/**
 * @file Dense float64 arrays for reference kernels, and walking them by index.
 *
 * Written to be seen right at a glance, not to be fast: an index is an array of numbers, one for each axis.
 */

/** An array in row-major order. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type Index = readonly number[];

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((n, size) => n * size, 1);
}

/** Array of the given shape whose cells come from their index. */
export function fill(shape: readonly number[], cell: (index: Index) => number): Values {
  const data = new Float64Array(sizeOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = cell(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      if (index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** Calls `visit` with every index of `shape`, in row-major order. */
export function eachIndex(shape: readonly number[], visit: (index: Index) => void): void {
  fill(shape, (index) => {
    visit(index);
    return 0;
  });
}

/** Place of an index in `data`. */
export function place(x: Values, index: Index): number {
  return index.reduce((n, at, axis) => n * x.shape[axis] + at, 0);
}

export function at(x: Values, index: Index): number {
  return x.data[place(x, index)];
}

/** `index` with one axis replaced. */
export function moved(index: Index, axis: number, to: number): Index {
  return index.map((at, i) => (i === axis ? to : at));
}

export function copyOf(x: Values): Values {
  return { shape: x.shape, data: x.data.slice() };
}
