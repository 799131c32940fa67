/**
 * @file Elementwise reference kernels, with NumPy's broadcasting.
 */
import { at, fill, type Index, type Values } from "./values";

/** f of every cell. */
export function map(x: Values, f: (value: number) => number): Values {
  return { shape: x.shape, data: x.data.map(f) };
}

/** Shape to which all shapes broadcast. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}

/** The cell of `x` that stands at `index` of a shape to which `x` was broadcast. */
function broadcastCell(x: Values, index: Index): number {
  const own = index.slice(index.length - x.shape.length);
  return at(
    x,
    own.map((i, axis) => (x.shape[axis] === 1 ? 0 : i)),
  );
}

/** f of the cells that meet when all arrays are broadcast to one shape. */
export function zip(xs: readonly Values[], f: (...values: number[]) => number): Values {
  return fill(broadcastShape(xs.map((x) => x.shape)), (index) => f(...xs.map((x) => broadcastCell(x, index))));
}

/** `x` repeated to the shape. */
export function expand(x: Values, shape: readonly number[]): Values {
  return fill(broadcastShape([x.shape, shape]), (index) => broadcastCell(x, index));
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const softplus = (x: number): number => Math.log(1 + Math.exp(x));
