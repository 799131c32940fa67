/**
 * @file Functions that build nodes: the vocabulary in which networks, losses and optimisers are written.
 *
 * Each returns a symbolic tensor and has no side effect; shapes are checked as the graph is built. Numbers stand for
 * float32 scalars, or float16 ones beside a float16 tensor.
 */
import { ArgumentError, ShapeError } from "../errors";
import { halfFromFloat } from "../math/half";
import { congruent, shapeRules } from "./infer";
import type {
  Attributes,
  ConstantData,
  Dim,
  DType,
  Node,
  OpType,
  Pullback,
  ScatterReduction,
  Shape,
  Tensor,
} from "./op";
import { axisOf, describe, fixed, product, sameShape } from "./shape";

/** A tensor, or a number that stands for a scalar. */
export type Operand = Tensor | number;

/** A value fed when the graph runs. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return { dtype, shape, source: { kind: "input", name } };
}

/** A value stored in the graph. A name makes it an initialiser of that name. */
export function constant(data: ConstantData, shape: Shape, dtype: DType = "float32", name?: string): Tensor {
  if (product(shape) !== data.length) {
    throw new ShapeError(`constant${name ? ` ${name}` : ""}: ${data.length} values for ${describe(shape)}`);
  }
  return { dtype, shape, source: { kind: "constant", data, name } };
}

export function scalar(value: number): Tensor {
  return constant(Float32Array.of(value), []);
}

/** int64 constant vector, for indices and shapes. */
export function int64(values: readonly number[], shape: Shape = [values.length]): Tensor {
  return constant(BigInt64Array.from(values, BigInt), shape, "int64");
}

/** Beside a float16 tensor a number is one too. */
function operand(x: Operand, beside: Operand): Tensor {
  if (typeof x !== "number") return x;
  const half = typeof beside !== "number" && beside.dtype === "float16";
  return half ? constant(halfFromFloat(Float32Array.of(x)), [], "float16") : scalar(x);
}

/** Applies an operator: checks the shapes and returns its outputs. */
export function apply<K extends OpType>(
  op: K,
  inputs: readonly Tensor[],
  attributes: Attributes[K],
): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node = { op, inputs, attributes, outputs } as Node;
  shapeRules[op](inputs, attributes).forEach((signature, index) => {
    outputs.push({ ...signature, source: { kind: "node", node, index } });
  });
  return outputs;
}

const unary =
  (op: "Abs" | "Atan" | "Exp" | "Floor" | "Log" | "Neg" | "Not" | "Relu" | "Sigmoid" | "Softplus" | "Sqrt" | "Tanh") =>
  (x: Tensor): Tensor =>
    apply(op, [x], {})[0];
const binary =
  (op: "Add" | "And" | "Div" | "Equal" | "Greater" | "Less" | "Max" | "Min" | "Mul" | "Or" | "Sub") =>
  (a: Operand, b: Operand): Tensor =>
    apply(op, [operand(a, b), operand(b, a)], {})[0];

export const abs = unary("Abs");
export const atan = unary("Atan");
export const exp = unary("Exp");
export const floor = unary("Floor");
export const log = unary("Log");
export const neg = unary("Neg");
export const not = unary("Not");
export const relu = unary("Relu");
export const sigmoid = unary("Sigmoid");
export const softplus = unary("Softplus");
export const sqrt = unary("Sqrt");
export const tanh = unary("Tanh");
export const add = binary("Add");
export const and = binary("And");
export const div = binary("Div");
export const equal = binary("Equal");
export const greater = binary("Greater");
export const less = binary("Less");
export const max = binary("Max");
export const min = binary("Min");
export const mul = binary("Mul");
export const or = binary("Or");
export const sub = binary("Sub");

/** x^exponent, elementwise. */
export function pow(x: Tensor, exponent: number): Tensor {
  return apply("Pow", [x], { exponent })[0];
}

export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** x * sigmoid(x). Elfwing et al., "Sigmoid-weighted linear units", 2018, doi:10.1016/j.neunet.2017.12.012. */
export function silu(x: Tensor): Tensor {
  return apply("QuickGelu", [x], { alpha: 1 })[0];
}

/** Values outside [min, max] become the bound. */
export function clip(x: Tensor, bounds: { readonly min?: number; readonly max?: number }): Tensor {
  return apply("Clip", [x], bounds)[0];
}

export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : apply("Cast", [x], { to })[0];
}

/** `a` where the condition holds, else `b`; broadcasts. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return apply("Where", [condition, operand(a, b), operand(b, a)], {})[0];
}

export interface ReduceOptions {
  /** Axes to reduce, negative ones from the end. @default all */
  readonly axes?: readonly number[];
  /** Keep reduced axes with size 1. @default false */
  readonly keepdims?: boolean;
}

const reduction =
  (op: "ReduceMax" | "ReduceMean" | "ReduceSum") =>
  (x: Tensor, { axes = x.shape.map((_, i) => i), keepdims = false }: ReduceOptions = {}): Tensor => {
    if (axes.length === 0) return x;
    const sorted = axes.map((axis) => axisOf(axis, x.shape.length, op)).sort((a, b) => a - b);
    return apply(op, [x], { axes: sorted, keepdims: keepdims ? 1 : 0 })[0];
  };

export const reduceMax = reduction("ReduceMax");
export const reduceMean = reduction("ReduceMean");
export const reduceSum = reduction("ReduceSum");

/** Matrix product of the last two axes; leading axes broadcast. */
export function matMul(a: Tensor, b: Tensor): Tensor {
  return apply("MatMul", [a, b], {})[0];
}

export interface FusedMatMulOptions {
  /** Transpose the last two axes of a. @default false */
  readonly transA?: boolean;
  /** Transpose the last two axes of b. @default false */
  readonly transB?: boolean;
  /** Factor of the product. @default 1 */
  readonly alpha?: number;
}

/** Matrix product that transposes as it reads; ONNX Runtime only. */
export function fusedMatMul(a: Tensor, b: Tensor, { transA, transB, alpha = 1 }: FusedMatMulOptions = {}): Tensor {
  return apply("FusedMatMul", [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha })[0];
}

export interface ConvOptions {
  /** @default [1, 1] */
  readonly strides?: readonly number[];
  /** Top, left, bottom, right. @default no padding */
  readonly pads?: readonly number[];
  /** @default [1, 1] */
  readonly dilations?: readonly number[];
  /** @default 1 */
  readonly group?: number;
}

/** Convolution: x (B, C, H, W), w (O, C / group, kh, kw), optional bias (O). */
export function conv(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 }: ConvOptions = {},
): Tensor {
  const kernel_shape = w.shape.slice(2).map((dim) => fixed(dim, "conv"));
  return apply("Conv", bias ? [x, w, bias] : [x, w], { kernel_shape, strides, pads, dilations, group })[0];
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Extra rows and columns at the end. @default [0, 0] */
  readonly outputPadding?: readonly number[];
}

/** Transposed convolution: x (B, C, H, W), w (C, O / group, kh, kw), optional bias (O). */
export function convTranspose(
  x: Tensor,
  w: Tensor,
  bias: Tensor | undefined,
  {
    strides = [1, 1],
    pads = [0, 0, 0, 0],
    dilations = [1, 1],
    group = 1,
    outputPadding = [0, 0],
  }: ConvTransposeOptions = {},
): Tensor {
  const kernel_shape = w.shape.slice(2).map((dim) => fixed(dim, "convTranspose"));
  const attributes = { kernel_shape, strides, pads, dilations, group, output_padding: outputPadding };
  return apply("ConvTranspose", bias ? [x, w, bias] : [x, w], attributes)[0];
}

/** Largest value under a k x k window; padding never wins. */
export function maxPool(
  x: Tensor,
  k: number,
  { stride = 1, pad = 0 }: { readonly stride?: number; readonly pad?: number } = {},
): Tensor {
  return apply("MaxPool", [x], { kernel_shape: [k, k], strides: [stride, stride], pads: [pad, pad, pad, pad] })[0];
}

/** Enlarges the last two axes. */
export function resize(x: Tensor, factor: number, mode: "nearest" | "linear" = "nearest"): Tensor {
  return apply("Resize", [x], { mode, scales: [factor, factor] })[0];
}

/** Each 2 x 2 cell becomes four times the channels, ordered (row phase, column phase, channel). */
export function spaceToDepth(x: Tensor, blocksize: number): Tensor {
  return apply("SpaceToDepth", [x], { blocksize })[0];
}

/** The inverse of `spaceToDepth`. */
export function depthToSpace(x: Tensor, blocksize: number): Tensor {
  return apply("DepthToSpace", [x], { blocksize })[0];
}

export function softmax(x: Tensor, axis = -1): Tensor {
  return apply("Softmax", [x], { axis: axisOf(axis, x.shape.length, "Softmax") })[0];
}

export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply("Reshape", [x], { shape })[0];
}

/** Reshape to sizes of which several are known only when the graph runs; they are taken from `like`'s axes of that name. */
export function reshapeLike(x: Tensor, shape: Shape, like: Tensor): Tensor {
  const sizes = shape.map((dim) => {
    if (typeof dim === "number") return int64([dim]);
    const axis = like.shape.indexOf(dim);
    if (axis < 0) throw new ShapeError(`reshapeLike: no axis of ${describe(like.shape)} has the size ${dim}`);
    return shapeOf(like, axis, axis + 1);
  });
  return apply("Reshape", [x, concat(sizes, { axis: 0 })], { shape })[0];
}

export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  return perm.every((axis, i) => axis === i) ? x : apply("Transpose", [x], { perm })[0];
}

export function concat(parts: readonly Tensor[], { axis }: { readonly axis: number }): Tensor {
  if (parts.length === 1) return parts[0];
  return apply("Concat", parts, { axis: axisOf(axis, parts[0].shape.length, "Concat") })[0];
}

/** Cuts an axis into runs of the given sizes, or into `sizes` equal ones. */
export function split(x: Tensor, sizes: number | readonly number[], { axis }: { readonly axis: number }): Tensor[] {
  const at = axisOf(axis, x.shape.length, "Split");
  if (typeof sizes !== "number") return [...apply("Split", [x], { axis: at, split: sizes })];
  const size = fixed(x.shape[at], "Split");
  if (size % sizes !== 0) throw new ShapeError(`Split: axis ${at} of ${describe(x.shape)} into ${sizes} equal parts`);
  return [...apply("Split", [x], { axis: at, split: new Array<number>(sizes).fill(size / sizes) })];
}

/** Part of one axis: from `start` to before `end`, every `step`; negative positions count from the end. */
export function slice(x: Tensor, axis: number, start: number, end: number, step = 1): Tensor {
  const axes = [axisOf(axis, x.shape.length, "Slice")];
  return apply("Slice", [x], { axes, starts: [start], ends: [end], steps: [step] })[0];
}

/** Reverses axes. */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  const far = axes.map(() => Number.MIN_SAFE_INTEGER);
  return apply("Slice", [x], { axes, starts: axes.map(() => -1), ends: far, steps: axes.map(() => -1) })[0];
}

/** Constant padding: begin of every axis, then end of every axis. Negative numbers crop. */
export function pad(x: Tensor, pads: readonly number[], value = 0): Tensor {
  if (pads.length !== 2 * x.shape.length) throw new ShapeError(`pad: ${pads.length} pads for ${describe(x.shape)}`);
  return pads.every((p) => p === 0) ? x : apply("Pad", [x], { pads, value })[0];
}

/** Rows of `x` along an axis, by int64 indices of any shape. */
export function gather(x: Tensor, indices: Tensor, { axis }: { readonly axis: number }): Tensor {
  return apply("Gather", [x, indices], { axis: axisOf(axis, x.shape.length, "Gather") })[0];
}

/** `out[i][j] = x[indices[i][j]][j]` for axis 0; indices have the rank of x. */
export function gatherElements(x: Tensor, indices: Tensor, { axis }: { readonly axis: number }): Tensor {
  return apply("GatherElements", [x, indices], { axis: axisOf(axis, x.shape.length, "GatherElements") })[0];
}

/** Slices of `x` by index tuples along the last axis of `indices`. */
export function gatherND(x: Tensor, indices: Tensor): Tensor {
  return apply("GatherND", [x, indices], { batch_dims: 0 })[0];
}

/** `x` with `updates` put, or added, at index tuples. */
export function scatterND(x: Tensor, indices: Tensor, updates: Tensor, reduction: ScatterReduction): Tensor {
  return apply("ScatterND", [x, indices, updates], { reduction })[0];
}

/** `x` with `updates` put, or added, at positions along an axis. */
export function scatterElements(
  x: Tensor,
  indices: Tensor,
  updates: Tensor,
  { axis, reduction }: { readonly axis: number; readonly reduction: ScatterReduction },
): Tensor {
  return apply("ScatterElements", [x, indices, updates], {
    axis: axisOf(axis, x.shape.length, "ScatterElements"),
    reduction,
  })[0];
}

/** One-hot float32 vectors along a new last axis. */
export function oneHot(indices: Tensor, depth: number): Tensor {
  return apply("OneHot", [indices], { axis: -1, depth })[0];
}

/** Largest k values along the last axis, descending, and where they stood (int64). */
export function topK(x: Tensor, k: number): { readonly values: Tensor; readonly indices: Tensor } {
  const size = x.shape[x.shape.length - 1];
  if (typeof size === "number" && k > size) throw new ArgumentError(`topK: ${k} of ${size} values`);
  const [values, indices] = apply("TopK", [x], { k });
  return { values, indices };
}

/** `topK` with a k that is fed when the graph runs (int64, length 1); its size is the symbol `dim`. */
export function topKOf(x: Tensor, k: Tensor, dim: string): { readonly values: Tensor; readonly indices: Tensor } {
  const [values, indices] = apply("TopK", [x, k], { k: dim });
  return { values, indices };
}

/** 0, 1 ... limit - 1 for an int64 or float32 scalar known when the graph runs; its length is the symbol `dim`. */
export function range(limit: Tensor, dim: Dim): Tensor {
  const zero = limit.dtype === "int64" ? int64([0], []) : scalar(0);
  const one = limit.dtype === "int64" ? int64([1], []) : scalar(1);
  return apply("Range", [zero, limit, one], { dim })[0];
}

/** Positions of the values of a vector that are not zero, rising, int64 (n); n is the symbol `dim`. */
export function nonZero(x: Tensor, dim: string): Tensor {
  return reshape(apply("NonZero", [x], { dim })[0], [dim]);
}

/** Sizes of axes start to end - 1, int64. */
export function shapeOf(x: Tensor, start = 0, end = x.shape.length): Tensor {
  return apply("Shape", [x], { start, end })[0];
}

/** Broadcasts `x` to the shape of `like`. */
export function expandLike(x: Tensor, like: Tensor): Tensor {
  return congruent(x, like) ? x : apply("Expand", [x, shapeOf(like)], { shape: like.shape })[0];
}

/** A float32 tensor of one value with the shape of `like`. */
export function fullLike(like: Tensor, value: number): Tensor {
  return apply("ConstantOfShape", [shapeOf(like)], { shape: like.shape, value })[0];
}

/** Sums `x` over the axes along which `shape` was broadcast to it: the way back through broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.map((_, i) => i).filter((i) => i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1));
  return reshape(reduceSum(x, { axes, keepdims: true }), shape);
}

/** `x` as a value through which no gradient flows. */
export function detach(x: Tensor): Tensor {
  return withPullback(x, { inputs: [], rule: () => [] });
}

/** `output` with a gradient rule of its own, in place of those of the nodes that made it. */
export function withPullback(output: Tensor, pullback: Pullback): Tensor {
  return { ...output, pullback };
}
