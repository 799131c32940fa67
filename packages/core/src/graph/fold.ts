/**
 * @file What can be computed before a graph runs: operators on constants, and operators that change nothing.
 *
 * Only what graph building leaves behind is folded: scalars, shapes, indices, permuted small arrays. Large constants
 * stay nodes, so that a model file does not grow by what it could compute.
 */
import type { Attributes, ConstantData, Node, OpType, Tensor } from "./op";
import { sameShape } from "./shape";
import { constant, int64, reshape, transpose } from "./tensor";

/** Largest constant that folding makes, values. */
const LIMIT = 1 << 16;

type Constant = Tensor & { readonly source: { readonly kind: "constant"; readonly data: ConstantData } };

const isConstant = (x: Tensor): x is Constant => x.source.kind === "constant";

/** Value of a float32 constant of one element, broadcastable anywhere. */
function uniform(x: Tensor): number | undefined {
  return isConstant(x) && x.dtype === "float32" && x.source.data.length === 1 && x.shape.every((d) => d === 1)
    ? Number(x.source.data[0])
    : undefined;
}

// Only operators whose float64 result, rounded, is the float32 result of the run to the last bit.
const unary: { readonly [K in OpType]?: (x: number) => number } = {
  Abs: Math.abs,
  Neg: (x) => -x,
  Sqrt: Math.sqrt,
};

const binary: { readonly [K in OpType]?: (a: number, b: number) => number } = {
  Add: (a, b) => a + b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
  Mul: (a, b) => a * b,
  Sub: (a, b) => a - b,
};

/** Operators on constants alone. */
function evaluate({ op, inputs, outputs: [output] }: Node): Tensor | undefined {
  if (!inputs.every(isConstant) || output.dtype !== "float32") return undefined;
  const one = unary[op];
  if (one && inputs[0].source.data.length > LIMIT) return undefined;
  if (one) return constant(Float32Array.from(inputs[0].source.data as Float32Array, one), output.shape);
  const two = binary[op];
  if (!two) return undefined;
  const [a, b] = inputs.map((x) => x.source.data as Float32Array);
  const length = Math.max(a.length, b.length);
  // Equal shapes, or a scalar against anything; other broadcasts are left to the run.
  if (length > LIMIT || !(a.length === b.length || a.length === 1 || b.length === 1)) return undefined;
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = two(a[a.length === 1 ? 0 : i], b[b.length === 1 ? 0 : i]);
  return data.length === output.shape.reduce<number>((n, d) => n * Number(d), 1)
    ? constant(data, output.shape)
    : undefined;
}

/** `x` if it already has the shape and dtype of the result. */
function unchanged(x: Tensor, output: Tensor): Tensor | undefined {
  return x.dtype === output.dtype && sameShape(x.shape, output.shape) ? x : undefined;
}

/** Producer of a tensor, if it is the operator `op`. */
function madeBy<K extends OpType>(x: Tensor, op: K): Node<K> | undefined {
  return x.source.kind === "node" && x.source.node.op === op ? (x.source.node as Node<K>) : undefined;
}

type Rule<K extends OpType> = (node: Node<K>) => Tensor | undefined;

const identities: { readonly [K in OpType]?: Rule<K> } = {
  Add: ({ inputs: [a, b], outputs: [y] }) =>
    (uniform(b) === 0 ? unchanged(a, y) : undefined) ?? (uniform(a) === 0 ? unchanged(b, y) : undefined),
  ConstantOfShape: ({ attributes: { shape, value }, outputs: [y] }) => {
    const count = shape.reduce<number>((n, d) => n * (typeof d === "number" ? d : Number.NaN), 1);
    return count <= 16 ? constant(new Float32Array(count).fill(value), y.shape) : undefined;
  },
  Div: ({ inputs: [a, b], outputs: [y] }) => (uniform(b) === 1 ? unchanged(a, y) : undefined),
  Expand: ({ inputs: [x], outputs: [y] }) => unchanged(x, y),
  Identity: ({ inputs: [x] }) => x,
  Mul: ({ inputs: [a, b], outputs: [y] }) =>
    (uniform(b) === 1 ? unchanged(a, y) : undefined) ?? (uniform(a) === 1 ? unchanged(b, y) : undefined),
  Reshape: ({ inputs: [x, sizes], outputs: [y] }) => {
    const same = unchanged(x, y);
    if (same) return same;
    // A named constant keeps its shape: its name stands for one initialiser.
    if (isConstant(x) && x.source.name === undefined) return constant(x.source.data, y.shape, x.dtype);
    // The chain shortens, and sizes need not be computed, only where one reshape can say it: at most one symbol moves.
    const from = madeBy(x, "Reshape")?.inputs[0] ?? (sizes && x);
    const moved = from && y.shape.filter((d, i) => typeof d === "string" && from.shape[i] !== d).length;
    return from && moved !== undefined && moved <= 1 ? reshape(from, y.shape) : undefined;
  },
  Shape: ({ inputs: [x], attributes: { start, end } }) => {
    const dims = x.shape.slice(start, end);
    return dims.every((d) => typeof d === "number") ? int64(dims) : undefined;
  },
  Sub: ({ inputs: [a, b], outputs: [y] }) => (uniform(b) === 0 ? unchanged(a, y) : undefined),
  Transpose: ({ inputs: [x], attributes: { perm } }) => {
    const before = madeBy(x, "Transpose");
    if (!before) return undefined;
    const both = perm.map((axis) => before.attributes.perm[axis]);
    return transpose(before.inputs[0], both);
  },
};

/** A simpler tensor for the only output of a node, or `undefined` where the node must stay. */
export function folded(node: Node): Tensor | undefined {
  if (node.outputs.length !== 1) return undefined;
  const rule = identities[node.op] as Rule<OpType> | undefined;
  return rule?.(node) ?? evaluate(node);
}

/** Attributes as text, equal for equal attributes. JSON alone would take -Infinity for Infinity. */
export function attributeKey(attributes: Attributes[OpType]): string {
  return JSON.stringify(attributes, (_, value: unknown) => (typeof value === "number" ? numberKey(value) : value));
}

/** The values of a constant as text, equal for equal values. */
export function contentKey(data: ConstantData): string {
  return data instanceof Float32Array ? Array.from(data, numberKey).join() : data.join();
}

const numberKey = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));
