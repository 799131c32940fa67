/**
 * @file One shape rule per operator: from the inputs and attributes to dtype and shape of every output.
 */
import { ShapeError } from "../errors";
import type { Attributes, Dim, DType, OpType, Shape, Tensor } from "./op";
import { axisOf, broadcast, describe, divided, fixed, multiplied, product, sameShape, sum } from "./shape";

/** What is known of an output before the graph runs. */
export interface Signature {
  readonly dtype: DType;
  readonly shape: Shape;
}

type ShapeRule<K extends OpType> = (inputs: readonly Tensor[], attributes: Attributes[K]) => readonly Signature[];

/** All inputs share a dtype and broadcast. */
const elementwise =
  (op: OpType, dtype?: DType) =>
  (inputs: readonly Tensor[]): readonly Signature[] => {
    for (const input of inputs) {
      if (input.dtype !== inputs[0].dtype) {
        throw new ShapeError(`${op}: inputs of ${inputs.map((x) => x.dtype).join(" and ")}, wanted one dtype`);
      }
    }
    return [{ dtype: dtype ?? inputs[0].dtype, shape: broadcast(op, ...inputs.map((x) => x.shape)) }];
  };

const unary = ([x]: readonly Tensor[]): readonly Signature[] => [{ dtype: x.dtype, shape: x.shape }];

const reduce =
  (op: OpType) =>
  ([x]: readonly Tensor[], { axes, keepdims }: Attributes["ReduceSum"]): readonly Signature[] => {
    const reduced = new Set(axes.map((axis) => axisOf(axis, x.shape.length, op)));
    const shape = keepdims
      ? x.shape.map((dim, i) => (reduced.has(i) ? 1 : dim))
      : x.shape.filter((_, i) => !reduced.has(i));
    return [{ dtype: x.dtype, shape }];
  };

function matMulShape(op: OpType, a: Shape, b: Shape): Shape {
  if (a.length < 2 || b.length < 2 || a[a.length - 1] !== b[b.length - 2]) {
    throw new ShapeError(`${op}: ${describe(a)} times ${describe(b)}`);
  }
  return [...broadcast(op, a.slice(0, -2), b.slice(0, -2)), a[a.length - 2], b[b.length - 1]];
}

const swapLast = (shape: Shape, swap: 0 | 1): Shape =>
  swap ? [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]] : shape;

/** Output size of a window that slides along one axis. A symbolic size is a multiple of the stride. */
export function windowed(size: Dim, kernel: number, stride: number, pad: number, dilation = 1): Dim {
  const reach = dilation * (kernel - 1);
  if (typeof size === "number") {
    if (size + pad <= reach) {
      throw new ShapeError(
        `a window of ${reach + 1} cells on ${size} cells and ${pad} of padding: the image is too small`,
      );
    }
    return Math.floor((size + pad - reach - 1) / stride) + 1;
  }
  // For size = n * stride the count is n exactly when 0 <= reach - pad < stride.
  if (reach - pad < 0 || reach - pad >= stride) {
    throw new ShapeError(`a window of ${kernel}, stride ${stride}, padding ${pad} on the symbolic size ${size}`);
  }
  return divided(size, stride);
}

/** A size cut into equal parts; a symbolic one is a multiple. */
function cut(op: OpType, size: Dim, by: number): Dim {
  if (typeof size === "number" && size % by !== 0) throw new ShapeError(`${op}: ${size} is no multiple of ${by}`);
  return divided(size, by);
}

function spatial(x: Tensor, { kernel_shape, strides, pads, dilations }: Attributes["Conv"]): Dim[] {
  return kernel_shape.map((k, i) =>
    windowed(x.shape[2 + i], k, strides[i], pads[i] + pads[i + kernel_shape.length], dilations[i]),
  );
}

const convolution = ([x, w]: readonly Tensor[], attributes: Attributes["Conv"]): readonly Signature[] => {
  if (x.shape[1] !== multiplied(w.shape[1], attributes.group)) {
    throw new ShapeError(`Conv: ${describe(w.shape)} kernels in ${attributes.group} group(s) on ${describe(x.shape)}`);
  }
  return [{ dtype: x.dtype, shape: [x.shape[0], w.shape[0], ...spatial(x, attributes)] }];
};

/** Shape rules. A new operator does not compile until its line is here. */
export const shapeRules: { readonly [K in OpType]: ShapeRule<K> } = {
  Abs: unary,
  Add: elementwise("Add"),
  And: elementwise("And"),
  Atan: unary,
  Cast: ([x], { to }) => [{ dtype: to, shape: x.shape }],
  Clip: unary,
  Concat: (inputs, { axis }) => {
    const at = axisOf(axis, inputs[0].shape.length, "Concat");
    for (const { shape, dtype } of inputs) {
      if (
        dtype !== inputs[0].dtype ||
        shape.length !== inputs[0].shape.length ||
        shape.some((dim, i) => i !== at && dim !== inputs[0].shape[i])
      ) {
        throw new ShapeError(`Concat on axis ${at}: ${inputs.map((x) => describe(x.shape)).join(" with ")}`);
      }
    }
    const shape = [...inputs[0].shape];
    shape[at] = sum(inputs.map((x) => x.shape[at]));
    return [{ dtype: inputs[0].dtype, shape }];
  },
  ConstantOfShape: (_, { shape }) => [{ dtype: "float32", shape }],
  Conv: convolution,
  ConvTranspose: ([x, w], { kernel_shape, strides, pads, dilations, group, output_padding }) => {
    if (x.shape[1] !== w.shape[0]) {
      throw new ShapeError(`ConvTranspose: ${describe(w.shape)} kernels on ${describe(x.shape)}`);
    }
    const n = kernel_shape.length;
    const size = kernel_shape.map((k, i) => {
      const grown = multiplied(x.shape[2 + i], strides[i]);
      const extra = -strides[i] - pads[i] - pads[i + n] + dilations[i] * (k - 1) + 1 + output_padding[i];
      return extra === 0 ? grown : sum([grown, extra]);
    });
    return [{ dtype: x.dtype, shape: [x.shape[0], multiplied(w.shape[1], group), ...size] }];
  },
  DepthToSpace: ([x], { blocksize: b }) => {
    const [batch, channels, height, width] = x.shape;
    return [
      {
        dtype: x.dtype,
        shape: [batch, cut("DepthToSpace", channels, b * b), multiplied(height, b), multiplied(width, b)],
      },
    ];
  },
  Div: elementwise("Div"),
  Equal: elementwise("Equal", "bool"),
  Exp: unary,
  Expand: ([x], { shape }) => [{ dtype: x.dtype, shape: broadcast("Expand", x.shape, shape) }],
  Floor: unary,
  FusedMatMul: ([a, b], { transA, transB }) => [
    { dtype: a.dtype, shape: matMulShape("FusedMatMul", swapLast(a.shape, transA), swapLast(b.shape, transB)) },
  ],
  Gather: ([x, indices], { axis }) => {
    const at = axisOf(axis, x.shape.length, "Gather");
    return [{ dtype: x.dtype, shape: [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)] }];
  },
  GatherElements: ([x, indices]) => [{ dtype: x.dtype, shape: indices.shape }],
  GatherND: ([x, indices], { batch_dims }) => {
    const depth = fixed(indices.shape[indices.shape.length - 1], "GatherND");
    return [{ dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(batch_dims + depth)] }];
  },
  Greater: elementwise("Greater", "bool"),
  Identity: unary,
  Less: elementwise("Less", "bool"),
  Log: unary,
  MatMul: ([a, b]) => [{ dtype: a.dtype, shape: matMulShape("MatMul", a.shape, b.shape) }],
  Max: elementwise("Max"),
  MaxPool: ([x], { kernel_shape, strides, pads }) => {
    const dilations = kernel_shape.map(() => 1);
    const shape = [...x.shape.slice(0, 2), ...spatial(x, { kernel_shape, strides, pads, dilations, group: 1 })];
    return [
      { dtype: x.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  Min: elementwise("Min"),
  Mul: elementwise("Mul"),
  NchwcConv: convolution,
  Neg: unary,
  NonZero: (_, { dim }) => [{ dtype: "int64", shape: [1, dim] }],
  Not: unary,
  OneHot: ([indices], { axis, depth }) => {
    const at = axis < 0 ? axis + indices.shape.length + 1 : axis;
    return [{ dtype: "float32", shape: [...indices.shape.slice(0, at), depth, ...indices.shape.slice(at)] }];
  },
  Or: elementwise("Or"),
  Pad: ([x], { pads }) => {
    const n = x.shape.length;
    const shape = x.shape.map((dim, i) => {
      const extra = pads[i] + pads[i + n];
      return extra === 0 ? dim : fixed(dim, "Pad") + extra;
    });
    return [{ dtype: x.dtype, shape }];
  },
  Pow: unary,
  QuickGelu: unary,
  Range: ([, limit], { dim }) => [{ dtype: limit.dtype, shape: [dim] }],
  ReduceMax: reduce("ReduceMax"),
  ReduceMean: reduce("ReduceMean"),
  ReduceSum: reduce("ReduceSum"),
  Relu: unary,
  ReorderInput: unary,
  ReorderOutput: ([x], { channelsLast }) => {
    const [batch, channels, height, width] = x.shape;
    return [{ dtype: x.dtype, shape: channelsLast ? [batch, height, width, channels] : x.shape }];
  },
  Reshape: ([x], { shape }) => {
    if (product(x.shape) !== product(shape)) {
      throw new ShapeError(`Reshape: ${describe(x.shape)} into ${describe(shape)}`);
    }
    return [{ dtype: x.dtype, shape }];
  },
  Resize: ([x], { scales }) => [
    { dtype: x.dtype, shape: [x.shape[0], x.shape[1], ...scales.map((s, i) => multiplied(x.shape[2 + i], s))] },
  ],
  ScatterElements: unary,
  ScatterND: unary,
  Shape: (_, { start, end }) => [{ dtype: "int64", shape: [end - start] }],
  Sigmoid: unary,
  Slice: ([x], { axes, starts, ends, steps }) => {
    const shape = [...x.shape];
    axes.forEach((axis, i) => {
      const at = axisOf(axis, shape.length, "Slice");
      const size = fixed(shape[at], "Slice");
      const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v < 0 ? v + size : v, low), high);
      // Backwards the last position is reached by an end before the first one.
      const [first, last] = steps[i] > 0 ? [0, size] : [-1, size - 1];
      const start = clamp(starts[i], 0, last);
      const end = clamp(ends[i], first, last);
      shape[at] = Math.max(0, Math.ceil((end - start) / steps[i]));
    });
    return [{ dtype: x.dtype, shape }];
  },
  Softmax: unary,
  Softplus: unary,
  SpaceToDepth: ([x], { blocksize: b }) => {
    const [batch, channels, height, width] = x.shape;
    return [
      {
        dtype: x.dtype,
        shape: [batch, multiplied(channels, b * b), cut("SpaceToDepth", height, b), cut("SpaceToDepth", width, b)],
      },
    ];
  },
  Split: ([x], { axis, split }) => {
    const at = axisOf(axis, x.shape.length, "Split");
    if (x.shape[at] !== split.reduce((a, b) => a + b, 0)) {
      throw new ShapeError(`Split: axis ${at} of ${describe(x.shape)} into ${split.join(" + ")}`);
    }
    return split.map((size) => ({ dtype: x.dtype, shape: x.shape.map((dim, i) => (i === at ? size : dim)) }));
  },
  Sqrt: unary,
  Sub: elementwise("Sub"),
  Tanh: unary,
  TopK: ([x], { k }) => {
    const shape = [...x.shape.slice(0, -1), k];
    return [
      { dtype: x.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  Transpose: ([x], { perm }) => {
    const axes = x.shape.map((_, axis) => axis);
    if (perm.length !== axes.length || !axes.every((axis) => perm.includes(axis))) {
      throw new ShapeError(`Transpose: axes ${perm.join(", ")} of ${describe(x.shape)}`);
    }
    return [{ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]) }];
  },
  Where: ([condition, a, b]) => {
    if (a.dtype !== b.dtype) throw new ShapeError(`Where: choices of ${a.dtype} and ${b.dtype}, wanted one dtype`);
    return [{ dtype: a.dtype, shape: broadcast("Where", condition.shape, a.shape, b.shape) }];
  },
};

/** Whether two tensors are surely of one shape. */
export function congruent(a: Tensor, b: Tensor): boolean {
  return sameShape(a.shape, b.shape);
}
