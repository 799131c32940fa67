/**
 * @file The ONNX operators in use, with their attributes, and the symbolic tensors that connect them.
 *
 * A graph is no object of its own: a tensor knows the node that makes it, a node knows its inputs, and whatever can be
 * reached from a set of outputs is the graph. Operator and attribute names are those of the ONNX standard (opset 18);
 * `FusedMatMul` and `QuickGelu` are ONNX Runtime's `com.microsoft` operators and occur in training graphs only.
 */

/** Element types in use, as ONNX names them. */
export type DType = "float32" | "float16" | "uint8" | "int32" | "int64" | "bool";

/**
 * A dimension: a number, or a symbol for what is known only when the graph runs (`"batch"`, `"height/8"`). Two equal
 * symbols are the same size; nothing else is known of them.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** Typed arrays that hold a constant: float16 as its bits, bool as 0 and 1. */
export type ConstantData = Float32Array | Uint16Array | Uint8Array | Int32Array | BigInt64Array;

type Empty = Readonly<Record<never, never>>;

interface ConvAttributes {
  readonly kernel_shape: readonly number[];
  readonly strides: readonly number[];
  /** Begin of each axis, then end of each axis: top, left, bottom, right. */
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly group: number;
}

interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepdims: 0 | 1;
}

/** What happens where several updates meet. `"none"`: undefined, so indices must differ. */
export type ScatterReduction = "none" | "add" | "max";

/** Attributes by operator; inputs that ONNX wants as constant tensors (axes, shapes, pads) are attributes here. */
export interface Attributes {
  Abs: Empty;
  Add: Empty;
  And: Empty;
  Atan: Empty;
  Cast: { readonly to: DType };
  /** Bounds are finite numbers or absent. */
  Clip: { readonly min?: number; readonly max?: number };
  Concat: { readonly axis: number };
  /** Input: the shape; float32 throughout. */
  ConstantOfShape: { readonly shape: Shape; readonly value: number };
  Conv: ConvAttributes;
  ConvTranspose: ConvAttributes & { readonly output_padding: readonly number[] };
  /** Channel blocks (row phase, column phase, channel) back into space. */
  DepthToSpace: { readonly blocksize: number };
  Div: Empty;
  Equal: Empty;
  Exp: Empty;
  /** Second input: the shape, from `Shape` or a constant. */
  Expand: { readonly shape: Shape };
  Floor: Empty;
  /** com.microsoft: matrix product with optional transposition of the last two axes and a factor. */
  FusedMatMul: { readonly transA: 0 | 1; readonly transB: 0 | 1; readonly alpha: number };
  Gather: { readonly axis: number };
  GatherElements: { readonly axis: number };
  GatherND: { readonly batch_dims: number };
  Greater: Empty;
  Identity: Empty;
  Less: Empty;
  Log: Empty;
  MatMul: Empty;
  Max: Empty;
  MaxPool: {
    readonly kernel_shape: readonly number[];
    readonly strides: readonly number[];
    readonly pads: readonly number[];
  };
  Min: Empty;
  Mul: Empty;
  Neg: Empty;
  /** Positions of what is not zero in a tensor of one axis, int64 (1, n); `dim` names n. */
  NonZero: { readonly dim: Dim };
  Not: Empty;
  /** com.microsoft.nchwc: Conv on blocked images and weights; see `blocked-layout.ts`. */
  NchwcConv: ConvAttributes;
  OneHot: { readonly axis: number; readonly depth: number };
  Or: Empty;
  /** Constant padding; pads may be negative, which crops. Begin of each axis, then end of each axis. */
  Pad: { readonly pads: readonly number[]; readonly value: number };
  Pow: { readonly exponent: number };
  /** com.microsoft: x * sigmoid(alpha * x). */
  QuickGelu: { readonly alpha: number };
  /** The length is known only when the graph runs: a symbol. */
  Range: { readonly dim: Dim };
  ReduceMax: ReduceAttributes;
  ReduceMean: ReduceAttributes;
  ReduceSum: ReduceAttributes;
  Relu: Empty;
  /** com.microsoft.nchwc: (B, C, H, W) into blocks of channels, the shape unchanged. */
  ReorderInput: Empty;
  /** com.microsoft.nchwc: blocks of channels back to (B, C, H, W), or to (B, H, W, C). */
  ReorderOutput: { readonly channels: number; readonly channelsLast: boolean };
  Reshape: { readonly shape: Shape };
  /** Nearest neighbour by whole factors, or bilinear with half-pixel centres, of the last two axes. */
  Resize: { readonly mode: "nearest" | "linear"; readonly scales: readonly number[] };
  ScatterElements: { readonly axis: number; readonly reduction: ScatterReduction };
  ScatterND: { readonly reduction: ScatterReduction };
  Shape: { readonly start: number; readonly end: number };
  Sigmoid: Empty;
  Slice: {
    readonly axes: readonly number[];
    readonly starts: readonly number[];
    readonly ends: readonly number[];
    readonly steps: readonly number[];
  };
  Softmax: { readonly axis: number };
  Softplus: Empty;
  /** Each blocksize x blocksize cell becomes channels, ordered (row phase, column phase, channel). */
  SpaceToDepth: { readonly blocksize: number };
  Split: { readonly axis: number; readonly split: readonly number[] };
  Sqrt: Empty;
  Sub: Empty;
  Tanh: Empty;
  /** Largest k along the last axis, sorted; outputs values and int64 indices. A symbolic k is the second input. */
  TopK: { readonly k: Dim };
  Transpose: { readonly perm: readonly number[] };
  Where: Empty;
}

export type OpType = keyof Attributes;

/** One operator applied to tensors. */
export interface Node<K extends OpType = OpType> {
  readonly op: K;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes[K];
  readonly outputs: readonly Tensor[];
}

/** Where a tensor comes from. */
export type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly data: ConstantData; readonly name?: string }
  | { readonly kind: "node"; readonly node: Node; readonly index: number };

/**
 * Gradient of a whole sub-graph by its inputs, for functions that know a shorter way back than operator by operator.
 * Takes the gradient by the function's output; `null` marks an input that gets none.
 */
export interface Pullback {
  readonly inputs: readonly Tensor[];
  readonly rule: (gradient: Tensor) => readonly (Tensor | null)[];
}

/** A value in a graph. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly source: Source;
  /** Set on the output of a function with a gradient of its own; it then replaces the operators' rules. */
  readonly pullback?: Pullback;
}
