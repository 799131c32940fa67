/**
 * @file Reverse-mode differentiation: one rule per operator, each of which emits nodes.
 *
 * Where a function of its inputs has a kink (Abs, Relu, Clip, Max, ties), the convention of PyTorch holds.
 */
import { ArgumentError } from "../errors";
import { convInputGradient, convWeightGradient } from "./conv-gradient";
import type { Attributes, Dim, Node, OpType, Tensor } from "./op";
import { axisOf, describe, fixed, product } from "./shape";
import * as t from "./tensor";

/**
 * Gradient by each input, given the gradients by the outputs (those that nothing depends on are absent); `null` where
 * an input is not differentiable.
 */
type GradientRule<K extends OpType> = (
  gradients: readonly (Tensor | undefined)[],
  node: Node<K>,
) => readonly (Tensor | null)[];

/** The rule of an operator with one output that matters. */
const single =
  <K extends OpType>(rule: (g: Tensor, node: Node<K>) => readonly (Tensor | null)[]): GradientRule<K> =>
  ([g], node) => {
    if (!g) throw new Error(`unreachable: ${node.op} without a gradient`);
    return rule(g, node);
  };

/** No gradient flows: integers, conditions, shapes. */
const none = (_: readonly unknown[], { inputs }: Node): readonly null[] => inputs.map(() => null);

/** y = f(x) with df/dx given by x and y. */
const pointwise = <K extends OpType>(derivative: (x: Tensor, y: Tensor, attributes: Attributes[K]) => Tensor) =>
  single<K>((g, { inputs: [x], outputs: [y], attributes }) => [t.mul(g, derivative(x, y, attributes))]);

/** 1 where the condition holds, 0 elsewhere. */
const indicator = (condition: Tensor) => t.cast(condition, "float32");

/** Shares a gradient between the arguments of Max or Min: all to the winner, evenly at a tie. */
const extremum = (wins: (a: Tensor, b: Tensor) => Tensor) =>
  single<"Max" | "Min">((g, { inputs: [a, b] }) => {
    const share = t.add(indicator(wins(a, b)), t.mul(indicator(t.equal(a, b)), 0.5));
    const ga = t.mul(g, share);
    return [t.sumTo(ga, a.shape), t.sumTo(t.sub(g, ga), b.shape)];
  });

/** Number of values that were reduced to one, as a number or, where the batch is symbolic, as a tensor. */
function reducedCount(x: Tensor, axes: readonly number[]): Tensor {
  const symbolic = axes.filter((axis) => typeof x.shape[axis] !== "number");
  const known = product(axes.filter((axis) => typeof x.shape[axis] === "number").map((axis) => x.shape[axis]));
  let count: Tensor = t.scalar(fixed(known, "ReduceMean gradient"));
  for (const axis of symbolic) {
    count = t.mul(count, t.reshape(t.cast(t.shapeOf(x, axis, axis + 1), "float32"), []));
  }
  return count;
}

/** Puts reduced axes back with size 1. */
function unreduced(g: Tensor, { inputs: [x], attributes: { axes, keepdims } }: Node<"ReduceSum">): Tensor {
  if (keepdims) return g;
  return t.reshape(
    g,
    x.shape.map((dim, i): Dim => (axes.includes(i) ? 1 : dim)),
  );
}

function matMulGradient(g: Tensor, a: Tensor, b: Tensor, { transA, transB, alpha }: Attributes["FusedMatMul"]) {
  const product = (p: Tensor, q: Tensor, transP: 0 | 1, transQ: 0 | 1) =>
    t.fusedMatMul(p, q, { transA: transP === 1, transB: transQ === 1, alpha });
  const ga = transA ? product(b, g, transB, 1) : product(g, b, 0, transB ? 0 : 1);
  const gb = transB ? product(g, a, 1, transA) : product(a, g, transA ? 0 : 1, 0);
  return [t.sumTo(ga, a.shape), t.sumTo(gb, b.shape)];
}

/** Sum over all axes but the channels. */
const perChannel = (g: Tensor) => t.reduceSum(g, { axes: [0, 2, 3] });

function inverse(perm: readonly number[]): number[] {
  const out = new Array<number>(perm.length);
  perm.forEach((axis, i) => {
    out[axis] = i;
  });
  return out;
}

/** Undoes a slice: zeros around, and between when the step is larger than 1. */
function sliceGradient(g: Tensor, { inputs: [x], attributes }: Node<"Slice">): Tensor {
  const { axes, starts, ends, steps } = attributes;
  let out = g;
  axes.forEach((raw, i) => {
    const axis = axisOf(raw, x.shape.length, "Slice");
    const size = fixed(x.shape[axis], "Slice gradient");
    const count = fixed(out.shape[axis], "Slice gradient");
    const step = steps[i];
    const first = Math.min(Math.max(starts[i] < 0 ? starts[i] + size : starts[i], 0), size - 1);
    if (Math.abs(step) === 1) {
      if (step === -1) out = t.flip(out, [axis]);
      const begin = step === 1 ? first : first - count + 1;
      const pads = new Array<number>(2 * x.shape.length).fill(0);
      pads[axis] = begin;
      pads[axis + x.shape.length] = size - begin - count;
      out = t.pad(out, pads);
      return;
    }
    // Every target position takes one gathered value, those between steps a zero appended at the end.
    const zero = new Array<number>(2 * x.shape.length).fill(0);
    zero[axis + x.shape.length] = 1;
    const indices = new Array<number>(size).fill(count);
    for (let k = 0; k < count; k++) indices[first + k * step] = k;
    out = t.gather(t.pad(out, zero), t.int64(indices), { axis });
  });
  void ends;
  return out;
}

function maxPoolGradient([g]: readonly (Tensor | undefined)[], node: Node<"MaxPool">): readonly (Tensor | null)[] {
  if (!g) return [null];
  const [x] = node.inputs;
  const flat = product(x.shape);
  const zeros = t.reshape(t.fullLike(x, 0), [flat]);
  const size = product(g.shape);
  // ONNX's indices count through the whole tensor; windows that share a maximum add up.
  const indices = t.reshape(node.outputs[1], [size]);
  const sums = t.scatterElements(zeros, indices, t.reshape(g, [size]), { axis: 0, reduction: "add" });
  return [t.reshape(sums, x.shape)];
}

function resizeGradient(g: Tensor, { inputs: [x], attributes: { mode, scales } }: Node<"Resize">): Tensor {
  if (mode !== "nearest") throw new ArgumentError("Resize: only the nearest mode has a gradient");
  const c = x.shape[1];
  const [sy, sx] = scales;
  if (sy === sx && Number.isInteger(sy) && sy > 1) {
    // The sum over each cell, as a convolution of each channel with ones.
    const channels = fixed(c, "Resize gradient");
    const ones = t.constant(new Float32Array(channels * sy * sy).fill(1), [channels, 1, sy, sy]);
    return t.conv(g, ones, undefined, { strides: [sy, sy], group: channels });
  }
  throw new ArgumentError(`Resize: no gradient for factors ${scales.join(" x ")}, only for one whole factor above 1`);
}

function softmaxGradient(g: Tensor, { outputs: [y], attributes: { axis } }: Node<"Softmax">): Tensor {
  const gy = t.mul(g, y);
  return t.sub(gy, t.mul(y, t.reduceSum(gy, { axes: [axis], keepdims: true })));
}

/** Rows back to where they came from; rows gathered twice add up. */
function gatherGradient(g: Tensor, { inputs: [x, indices], attributes: { axis } }: Node<"Gather">): Tensor {
  const rank = x.shape.length;
  const count = product(indices.shape);
  // The gathered axis to the front: index tuples of length 1 then name whole slices.
  const front = [axis, ...x.shape.map((_, i) => i).filter((i) => i !== axis)];
  const rows = t.reshape(g, [...x.shape.slice(0, axis), count, ...x.shape.slice(axis + 1)]);
  const zeros = t.fullLike(t.transpose(x, front), 0);
  const sums = t.scatterND(zeros, t.reshape(indices, [count, 1]), t.transpose(rows, front), "add");
  return rank === 1 ? sums : t.transpose(sums, inverse(front));
}

/** Cuts a gradient into the parts that were concatenated. */
function concatGradient(g: Tensor, { inputs, attributes: { axis } }: Node<"Concat">): readonly Tensor[] {
  return t.split(
    g,
    inputs.map((x) => fixed(x.shape[axis], "Concat gradient")),
    { axis },
  );
}

/** `null` on the ops of which a training graph never asks a gradient. A new operator does not compile until its line is here. */
export const gradientRules: { readonly [K in OpType]: GradientRule<K> } = {
  Abs: pointwise<"Abs">((x) => t.sub(indicator(t.greater(x, 0)), indicator(t.less(x, 0)))),
  Add: single((g, { inputs: [a, b] }) => [t.sumTo(g, a.shape), t.sumTo(g, b.shape)]),
  And: none,
  Atan: pointwise<"Atan">((x) => t.div(1, t.add(t.square(x), 1))),
  Cast: single((g, { inputs: [x] }) => [x.dtype === "float32" || x.dtype === "float16" ? t.cast(g, x.dtype) : null]),
  Clip: pointwise<"Clip">((x, _, { min, max }) => {
    const above = min === undefined ? undefined : t.not(t.less(x, min));
    const below = max === undefined ? undefined : t.not(t.greater(x, max));
    if (above && below) return indicator(t.and(above, below));
    return above || below ? indicator((above ?? below)!) : t.fullLike(x, 1);
  }),
  Concat: single((g, node) => concatGradient(g, node)),
  ConstantOfShape: none,
  Conv: single((g, { inputs: [x, w, bias], attributes }) => {
    const gradients = [convInputGradient(g, x, w, attributes), convWeightGradient(g, x, w, attributes)];
    return bias ? [...gradients, perChannel(g)] : gradients;
  }),
  // The mirror of Conv: its input gradient is the convolution, its weight gradient has the roles exchanged.
  ConvTranspose: single((g, { inputs: [x, w, bias], attributes }) => {
    const { strides, pads, dilations, group } = attributes;
    const gx = t.conv(g, w, undefined, { strides, pads, dilations, group });
    const gw = convWeightGradient(x, g, w, attributes);
    return bias ? [gx, gw, perChannel(g)] : [gx, gw];
  }),
  DepthToSpace: single((g, { attributes: { blocksize } }) => [t.spaceToDepth(g, blocksize)]),
  Div: single((g, { inputs: [a, b], outputs: [y] }) => {
    const ga = t.div(g, b);
    return [t.sumTo(ga, a.shape), t.sumTo(t.neg(t.mul(ga, y)), b.shape)];
  }),
  Equal: none,
  Exp: pointwise<"Exp">((_, y) => y),
  Expand: single((g, { inputs: [x] }) => [t.sumTo(g, x.shape), null]),
  Floor: none,
  FusedMatMul: single((g, { inputs: [a, b], attributes }) => matMulGradient(g, a, b, attributes)),
  Gather: single((g, node) => [gatherGradient(g, node), null]),
  GatherElements: single((g, { inputs: [x, indices], attributes: { axis } }) => [
    t.scatterElements(t.fullLike(x, 0), indices, g, { axis, reduction: "add" }),
    null,
  ]),
  GatherND: single((g, { inputs: [x, indices] }) => [t.scatterND(t.fullLike(x, 0), indices, g, "add"), null]),
  Greater: none,
  Identity: single((g) => [g]),
  Less: none,
  Log: pointwise<"Log">((x) => t.div(1, x)),
  MatMul: single((g, { inputs: [a, b] }) => matMulGradient(g, a, b, { transA: 0, transB: 0, alpha: 1 })),
  Max: extremum(t.greater),
  MaxPool: maxPoolGradient,
  Min: extremum(t.less),
  Mul: single((g, { inputs: [a, b] }) => [t.sumTo(t.mul(g, b), a.shape), t.sumTo(t.mul(g, a), b.shape)]),
  // Layouts are chosen after differentiation.
  NchwcConv: none,
  Neg: single((g) => [t.neg(g)]),
  NonZero: none,
  Not: none,
  OneHot: none,
  Or: none,
  Pad: single((g, { attributes: { pads } }) => [
    t.pad(
      g,
      pads.map((p) => -p),
    ),
  ]),
  Pow: pointwise<"Pow">((x, _, { exponent }) => t.mul(t.pow(x, exponent - 1), exponent)),
  // d/dx x s(ax) = s + a y (1 - s), with s the sigmoid.
  QuickGelu: pointwise<"QuickGelu">((x, y, { alpha }) => {
    const s = t.sigmoid(alpha === 1 ? x : t.mul(x, alpha));
    const rest = t.sub(y, t.mul(y, s));
    return t.add(s, alpha === 1 ? rest : t.mul(rest, alpha));
  }),
  Range: none,
  ReduceMax: single((g, node) => {
    const {
      inputs: [x],
      attributes: { axes },
    } = node;
    const winners = indicator(t.equal(x, t.reduceMax(x, { axes, keepdims: true })));
    // Evenly among equals, as torch.amax does.
    const share = t.div(winners, t.reduceSum(winners, { axes, keepdims: true }));
    return [t.mul(share, unreduced(g, node as unknown as Node<"ReduceSum">))];
  }),
  ReduceMean: single((g, node) => {
    const [x] = node.inputs;
    const spread = t.div(unreduced(g, node as unknown as Node<"ReduceSum">), reducedCount(x, node.attributes.axes));
    return [t.expandLike(spread, x)];
  }),
  ReduceSum: single((g, node) => [t.expandLike(unreduced(g, node), node.inputs[0])]),
  Relu: pointwise<"Relu">((x) => indicator(t.greater(x, 0))),
  ReorderInput: none,
  ReorderOutput: none,
  Reshape: single((g, { inputs: [x, sizes] }) =>
    sizes ? [t.reshapeLike(g, x.shape, x), null] : [t.reshape(g, x.shape)],
  ),
  Resize: single((g, node) => [resizeGradient(g, node)]),
  // Only the adding form: what is overwritten would need masks.
  ScatterElements: single((g, { inputs: [, indices], attributes: { axis, reduction } }) => {
    if (reduction !== "add") throw new ArgumentError(`ScatterElements: no gradient for the reduction "${reduction}"`);
    return [g, null, t.gatherElements(g, indices, { axis })];
  }),
  ScatterND: single((g, { inputs: [, indices], attributes: { reduction } }) => {
    if (reduction !== "add") throw new ArgumentError(`ScatterND: no gradient for the reduction "${reduction}"`);
    return [g, null, t.gatherND(g, indices)];
  }),
  Shape: none,
  Sigmoid: pointwise<"Sigmoid">((_, y) => t.sub(y, t.square(y))),
  Slice: single((g, node) => [sliceGradient(g, node)]),
  Softmax: single((g, node) => [softmaxGradient(g, node)]),
  Softplus: pointwise<"Softplus">((x) => t.sigmoid(x)),
  SpaceToDepth: single((g, { attributes: { blocksize } }) => [t.depthToSpace(g, blocksize)]),
  Split: (gradients, { outputs, attributes: { axis } }) => [
    t.concat(
      gradients.map((g, i) => g ?? t.fullLike(outputs[i], 0)),
      { axis },
    ),
  ],
  Sqrt: pointwise<"Sqrt">((_, y) => t.div(0.5, y)),
  Sub: single((g, { inputs: [a, b] }) => [t.sumTo(g, a.shape), t.sumTo(t.neg(g), b.shape)]),
  Tanh: pointwise<"Tanh">((_, y) => t.sub(1, t.square(y))),
  TopK: ([g], { inputs: [x, k], outputs: [, indices] }) => {
    const axis = x.shape.length - 1;
    const gx = g ? t.scatterElements(t.fullLike(x, 0), indices, g, { axis, reduction: "add" }) : null;
    return k ? [gx, null] : [gx];
  },
  Transpose: single((g, { attributes: { perm } }) => [t.transpose(g, inverse(perm))]),
  Where: single((g, { inputs: [condition, a, b] }) => [
    null,
    t.sumTo(t.where(condition, g, 0), a.shape),
    t.sumTo(t.where(condition, 0, g), b.shape),
  ]),
};

/** What is differentiated as one: a node, or a tensor with a gradient of its own. */
type Unit = Node | Tensor;

const unitOf = (x: Tensor): Unit | undefined => (x.pullback ? x : x.source.kind === "node" ? x.source.node : undefined);
const inputsOf = (unit: Unit): readonly Tensor[] => ("op" in unit ? unit.inputs : (unit.pullback?.inputs ?? []));

/** Units that lie between `loss` and `wrt`, each after all it depends on. */
function path(loss: Tensor, wrt: ReadonlySet<Tensor>): Unit[] {
  const order: Unit[] = [];
  const reaches = new Map<Unit, boolean>();
  // Depth first with a stack of its own: networks are deeper than the call stack.
  const stack: { readonly unit: Unit; next: number }[] = [];
  const push = (x: Tensor) => {
    const unit = unitOf(x);
    if (unit && !reaches.has(unit)) {
      reaches.set(unit, false);
      stack.push({ unit, next: 0 });
    }
  };
  push(loss);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const inputs = inputsOf(top.unit);
    if (top.next < inputs.length) {
      push(inputs[top.next++]);
      continue;
    }
    stack.pop();
    const leads = inputs.some((x) => wrt.has(x) || (reaches.get(unitOf(x) as Unit) ?? false));
    reaches.set(top.unit, leads);
    if (leads) order.push(top.unit);
  }
  return order;
}

/**
 * Gradients of a scalar by tensors of its graph, as new nodes.
 *
 * @returns one tensor for each of `wrt`, of its shape; zeros where the loss does not depend on it
 * @throws {ArgumentError} if `loss` is no scalar, or the way leads through an operator that has no gradient
 */
export function grad(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (product(loss.shape) !== 1) throw new ArgumentError(`grad: the loss is ${describe(loss.shape)}, wanted a scalar`);
  const targets = new Set(wrt);
  const gradients = new Map<Tensor, Tensor>([[loss, t.fullLike(loss, 1)]]);
  const units = path(loss, targets);
  const relevant = new Set(units);
  for (const unit of units.reverse()) {
    const inputs = inputsOf(unit);
    const results = backward(unit, gradients);
    results?.forEach((result, i) => {
      const x = inputs[i];
      const of = unitOf(x);
      if (!result || !(targets.has(x) || (of && relevant.has(of)))) return;
      const sum = gradients.get(x);
      gradients.set(x, sum ? t.add(sum, result) : result);
    });
  }
  return wrt.map((x) => gradients.get(x) ?? t.fullLike(x, 0));
}

function backward(unit: Unit, gradients: ReadonlyMap<Tensor, Tensor>): readonly (Tensor | null)[] | undefined {
  if (!("op" in unit)) {
    const g = gradients.get(unit);
    return g && unit.pullback?.rule(g);
  }
  const incoming = unit.outputs.map((y) => gradients.get(y));
  if (incoming.every((g) => g === undefined)) return undefined;
  const rule = gradientRules[unit.op] as GradientRule<OpType>;
  return rule(incoming, unit);
}
