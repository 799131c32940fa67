/**
 * @file Leaves for training: parameters are inputs of the graph, batch norm uses the statistics of the batch.
 *
 * Convolution, batch norm and SiLU are differentiated as one: the way back then needs few passes over the activations,
 * which is what a training step is made of (docs/performance.md). Ioffe and Szegedy, 2015, arXiv:1502.03167.
 */
import { convInputGradient, convWeightGradient, foldsBatch } from "../graph/conv-gradient";
import type { Attributes, Node, Tensor } from "../graph/op";
import { fixed, product } from "../graph/shape";
import {
  add,
  cast,
  conv,
  convTranspose,
  div,
  input,
  mul,
  reduceMean,
  relu,
  reshape,
  scalar,
  shapeOf,
  sigmoid,
  silu,
  sqrt,
  square,
  sub,
  transpose,
  withPullback,
} from "../graph/tensor";
import { type ConvBlockShape, type ConvShape, type Leaves, padding } from "./leaves";
import { BATCH_NORM_EPSILON } from "./parameters";

/** Statistics of one batch norm over one batch. */
export interface BatchStatistics {
  /** `model.0.bn` */
  readonly path: string;
  /** (C) */
  readonly mean: Tensor;
  /** (C), biased: divided by n. Running variances are kept of samples, divided by n - 1. */
  readonly variance: Tensor;
  /** Pixels of the map: n is this times the batch. */
  readonly pixels: number;
}

/** What training leaves hand out beside the network's output. */
export interface TrainingLeaves {
  readonly leaves: Leaves;
  /** Graph inputs by parameter name. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly statistics: readonly BatchStatistics[];
}

/** Leaves whose parameters are graph inputs. `hasBias` tells whether a convolution before a batch norm carries one. */
export function trainingLeaves(hasBias: (name: string) => boolean): TrainingLeaves {
  const parameters = new Map<string, Tensor>();
  const statistics: BatchStatistics[] = [];
  const parameter = (name: string, shape: readonly number[]): Tensor => {
    const known = parameters.get(name);
    if (known) return known;
    const made = input(name, "float32", shape);
    parameters.set(name, made);
    return made;
  };
  const convolution = (x: Tensor, w: Tensor, bias: Tensor | undefined, shape: ConvShape): Tensor => {
    const { s = 1, g = 1, d = 1 } = shape;
    const p = padding(shape);
    return conv(x, w, bias, { strides: [s, s], pads: [p, p, p, p], dilations: [d, d], group: g });
  };
  const weight = (path: string, x: Tensor, { c2, k = 1, g = 1 }: ConvShape) =>
    parameter(`${path}.weight`, [c2, fixed(x.shape[1], path) / g, k, k]);

  const leaves: Leaves = {
    conv(path, x, shape: ConvBlockShape) {
      const w = weight(`${path}.conv`, x, shape);
      const bias = hasBias(`${path}.conv.bias`) ? parameter(`${path}.conv.bias`, [shape.c2]) : undefined;
      const y = convolution(x, w, bias, shape);
      const gamma = parameter(`${path}.bn.weight`, [shape.c2]);
      const beta = parameter(`${path}.bn.bias`, [shape.c2]);
      const normed = normalise({ x, w, bias, y, gamma, beta, act: shape.act ?? true });
      statistics.push({ path: `${path}.bn`, mean: normed.mean, variance: normed.variance, pixels: mapPixels(y) });
      return normed.output;
    },
    conv2d: (path, x, shape) => convolution(x, weight(path, x, shape), parameter(`${path}.bias`, [shape.c2]), shape),
    convTranspose: (path, x, c2) =>
      convTranspose(
        x,
        parameter(`${path}.weight`, [fixed(x.shape[1], path), c2, 2, 2]),
        parameter(`${path}.bias`, [c2]),
        { strides: [2, 2] },
      ),
    vector: (path, size) => parameter(path, [size]),
  };
  return { leaves, parameters, statistics };
}

const mapPixels = (x: Tensor) => fixed(product(x.shape.slice(2)), "batch norm");

interface ConvNorm {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly bias: Tensor | undefined;
  /** The convolution's output (B, C, H, W). */
  readonly y: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly act: boolean;
}

/** Maps of at least this many pixels take the affine as a depthwise convolution: one pass instead of two. */
const LARGE_MAP = 1024;

/** x * scale + shift, both (1, C, 1, 1), per channel of (B, C, H, W). */
function affine(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const c = fixed(x.shape[1], "batch norm");
  if (mapPixels(x) < LARGE_MAP) return add(mul(x, scale), shift);
  return conv(x, reshape(scale, [c, 1, 1, 1]), reshape(shift, [c]), { group: c });
}

/** Mean over batch and pixels: (B, C, H, W) to (1, C, 1, 1). */
function channelMean(x: Tensor): Tensor {
  return reduceMean(x, { axes: [0, 2, 3], keepdims: true });
}

/**
 * Batch norm and activation after a convolution, with a way back through all three at once.
 *
 * Per-channel arithmetic costs as many nodes as it has operations, and there are sixty norms in a network: it is
 * written for few of them.
 */
function normalise(block: ConvNorm): { readonly output: Tensor; readonly mean: Tensor; readonly variance: Tensor } {
  const { x, w, bias, y, act } = block;
  const c = fixed(y.shape[1], "batch norm");
  const [gamma, beta] = [block.gamma, block.beta].map((t) => reshape(t, [1, c, 1, 1]));
  const mean = channelMean(y);
  // The difference of two means can fall below zero by rounding where the deviation is small beside the mean.
  const variance = relu(sub(channelMean(square(y)), square(mean)));
  const inverse = div(1, sqrt(add(variance, BATCH_NORM_EPSILON)));
  const scale = mul(gamma, inverse);
  const normed = affine(y, scale, sub(beta, mul(mean, scale)));
  const activated = act ? silu(normed) : normed;

  const rule = (g: Tensor) => {
    const gNormed = act ? mul(g, siluSlope(normed, activated)) : g;
    const gMean = channelMean(gNormed);
    // Mean of gradient times normalised value.
    const slope = mul(inverse, sub(channelMean(mul(gNormed, y)), mul(mean, gMean)));
    // The gradient by y is scale * (gNormed - a y - b); the scale goes into the weights instead of the activations.
    const a = mul(inverse, slope);
    const unscaled = sub(gNormed, affine(y, a, sub(gMean, mul(mean, a))));
    const { attributes } = (y.source as { readonly node: Node<"Conv"> }).node;
    const gradients = convGradients(unscaled, scale, x, w, attributes);
    const count = sampleCount(y);
    const norm = [mul(slope, count), mul(gMean, count)].map((t) => reshape(t, [c]));
    // A bias before a batch norm moves nothing: its gradient is zero.
    return bias ? [...gradients, ...norm, null] : [...gradients, ...norm];
  };
  const inputs = bias ? [x, w, block.gamma, block.beta, bias] : [x, w, block.gamma, block.beta];
  return {
    output: withPullback(activated, { inputs, rule }),
    mean: reshape(mean, [c]),
    variance: reshape(variance, [c]),
  };
}

/** Gradients by input and weights of a convolution whose output's gradient is `g` times `scale` (1, O, 1, 1). */
function convGradients(g: Tensor, scale: Tensor, x: Tensor, w: Tensor, attributes: Attributes["Conv"]) {
  // The scale goes where there are fewer values to multiply: into the weights, or over a small map.
  if (foldsBatch(g, w)) {
    const scaled = mul(g, scale);
    return [convInputGradient(scaled, x, w, attributes), convWeightGradient(scaled, x, w, attributes)];
  }
  const perOutput = transpose(scale, [1, 0, 2, 3]);
  return [
    convInputGradient(g, x, mul(w, perOutput), attributes),
    mul(convWeightGradient(g, x, w, attributes), perOutput),
  ];
}

/** Derivative of y = x s at x, with s the sigmoid: s + y - y s = s (1 + x - y). */
function siluSlope(x: Tensor, y: Tensor): Tensor {
  return mul(sigmoid(x), add(sub(x, y), 1));
}

/** Values per channel of (B, C, H, W), as a float32 scalar: the batch may be known only when the graph runs. */
function sampleCount(x: Tensor): Tensor {
  const pixels = mapPixels(x);
  if (typeof x.shape[0] === "number") return scalar(x.shape[0] * pixels);
  return mul(reshape(cast(shapeOf(x, 0, 1), "float32"), []), pixels);
}
