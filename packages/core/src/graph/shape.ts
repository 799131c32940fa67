/**
 * @file Arithmetic on shapes whose dimensions may be symbols.
 */
import { ShapeError } from "../errors";
import type { Dim, Shape } from "./op";

/** `"B x 3 x 320 x 320"`, for messages. */
export function describe(shape: Shape): string {
  return shape.length === 0 ? "scalar" : shape.join(" x ");
}

/** Whether two shapes are surely equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** @throws {ShapeError} if a dimension is a symbol, where `who` needs a number */
export function fixed(dim: Dim, who: string): number {
  if (typeof dim !== "number") throw new ShapeError(`${who}: needs a fixed dimension, got the symbol ${dim}`);
  return dim;
}

/** A dimension taken apart: factor * names / divisor. A sum in brackets counts as one name. */
interface Factors {
  readonly factor: number;
  readonly names: readonly string[];
  readonly divisor: number;
}

function factorsOf(dim: Dim): Factors {
  if (typeof dim === "number") return { factor: dim, names: [], divisor: 1 };
  const divisor = /\/(\d+)$/.exec(dim);
  const names: string[] = [""];
  let depth = 0;
  for (const letter of divisor ? dim.slice(0, divisor.index) : dim) {
    if (letter === "(") depth++;
    if (letter === ")") depth--;
    if (letter === "*" && depth === 0) names.push("");
    else names[names.length - 1] += letter;
  }
  const factor = /^\d+$/.test(names[0]) ? Number(names.shift()) : 1;
  return { factor, names, divisor: divisor ? Number(divisor[1]) : 1 };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** One spelling for one size, so that equal sizes are equal symbols. */
function spell({ factor, names, divisor }: Factors): Dim {
  const common = gcd(factor, divisor);
  if (names.length === 0 || factor === 0) return factor / divisor;
  const head = factor === common ? "" : `${factor / common}*`;
  const tail = divisor === common ? "" : `/${divisor / common}`;
  return head + [...names].sort().join("*") + tail;
}

/** Product of the dimensions; symbols stay symbolic: `["batch", 4, 2]` gives `"8*batch"`. */
export function product(dims: Shape): Dim {
  const parts = dims.map(factorsOf);
  return spell({
    factor: parts.reduce((n, part) => n * part.factor, 1),
    names: parts.flatMap((part) => part.names),
    divisor: parts.reduce((n, part) => n * part.divisor, 1),
  });
}

/** Sum of dimensions along a concatenated axis. */
export function sum(dims: Shape): Dim {
  if (dims.every((dim) => typeof dim === "number")) return dims.reduce((a, b) => a + b, 0);
  return dims.length === 1 ? dims[0] : `(${dims.join("+")})`;
}

/** A symbol divided by a whole stride (`"height"`, 2 -> `"height/2"`): dynamic sizes are multiples of the stride. */
export function divided(dim: Dim, by: number): Dim {
  if (typeof dim === "number") return Math.floor(dim / by);
  const parts = factorsOf(dim);
  return spell({ ...parts, divisor: parts.divisor * by });
}

/** A symbol multiplied by a whole factor (`"height/16"`, 2 -> `"height/8"`). */
export function multiplied(dim: Dim, by: number): Dim {
  return product([dim, by]);
}

/**
 * Shape of an elementwise operation by NumPy's broadcasting rule.
 *
 * @throws {ShapeError} if an axis has two sizes, neither of them 1
 */
export function broadcast(who: string, ...shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const out: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const axis = rank - shape.length + i;
      const dim = shape[i];
      if (dim === 1 || dim === out[axis]) continue;
      if (out[axis] !== 1) throw new ShapeError(`${who}: cannot broadcast ${shapes.map(describe).join(" with ")}`);
      out[axis] = dim;
    }
  }
  return out;
}

/** Axis counted from the front, whatever its sign. */
export function axisOf(axis: number, rank: number, who: string): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!(at >= 0 && at < rank)) throw new ShapeError(`${who}: axis ${axis} of a tensor with ${rank} axes`);
  return at;
}
