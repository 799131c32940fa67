/**
 * @file Leaves for training: parameters are inputs of the graph, batch norm uses the statistics of the batch, or, frozen,
 * its running ones.
 *
 * Convolution, batch norm and SiLU are differentiated as one: the way back then needs few passes over the activations,
 * which is what a training step is made of (docs/performance.md). Ioffe and Szegedy, 2015, arXiv:1502.03167.
 */
import { ArgumentError } from "../errors";
import { convInputGradient, convWeightGradient, foldsBatch } from "../graph/conv-gradient";
import type { Attributes, Node, Tensor } from "../graph/op";
import { nodesBehind } from "../graph/order";
import { fixed, product } from "../graph/shape";
import {
  add,
  cast,
  concat,
  constant,
  conv,
  convTranspose,
  div,
  fusedMatMul,
  input,
  mul,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  scalar,
  shapeOf,
  sigmoid,
  silu,
  slice,
  sqrt,
  square,
  sub,
  withPullback,
} from "../graph/tensor";
import { commonDivisor } from "../math/common-divisor";
import type { ParameterValues } from "./inference";
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

/**
 * Leaves whose parameters are graph inputs.
 *
 * @param hasBias whether a convolution before a batch norm carries one
 * @param running values whose running statistics batch norms go by, as constants; without, they go by the batch's
 */
export function trainingLeaves(hasBias: (name: string) => boolean, running?: ParameterValues): TrainingLeaves {
  const parameters = new Map<string, Tensor>();
  const statistics: BatchStatistics[] = [];
  // All blocks see the same batch.
  let batch: Tensor | undefined;
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
      const gamma = parameter(`${path}.bn.weight`, [shape.c2]);
      const beta = parameter(`${path}.bn.bias`, [shape.c2]);
      const learning = learningPart(x, w, parameters);
      const act = shape.act ?? true;
      if (running) {
        const { weight, offset } = foldFrozen({ w, bias, gamma, beta }, path, running);
        const normed = learningConv(convolution(x, weight, offset, shape), { x, learning, w: weight }, offset);
        return act ? silu(normed) : normed;
      }
      const y = convolution(x, w, bias, shape);
      const pixels = mapPixels(y);
      batch ??= batchSize(x);
      const normed = normalise({ x, learning, w, bias, y, gamma, beta, act }, mul(batch, pixels));
      statistics.push({ path: `${path}.bn`, mean: normed.mean, variance: normed.variance, pixels });
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

/** Neighbouring channels of a convolution's input. */
interface Channels {
  readonly x: Tensor;
  /** Number of the first among the input's. */
  readonly first: number;
}

/**
 * The channels of `x` that parameters stand behind: where frozen and learning maps are concatenated, the learning ones,
 * with what lies between them. The others need no gradient, and none is computed.
 */
function learningPart(x: Tensor, w: Tensor, parameters: ReadonlyMap<string, Tensor>): Channels {
  const whole = { x, first: 0 };
  const { source } = x;
  if (source.kind !== "node" || source.node.op !== "Concat" || w.shape[1] !== x.shape[1]) return whole;
  if ((source.node.attributes as Attributes["Concat"]).axis !== 1) return whole;
  const { inputs } = source.node;
  const learns = inputs.map((part) =>
    nodesBehind([part]).some((node) =>
      node.inputs.some((input) => input.source.kind === "input" && parameters.has(input.source.name)),
    ),
  );
  const [from, to] = [learns.indexOf(true), learns.lastIndexOf(true) + 1];
  const parts = inputs.slice(Math.max(from, 0), to);
  if (parts.length === 0 || parts.length === inputs.length) return whole;
  const first = inputs.slice(0, from).reduce((sum, part) => sum + fixed(part.shape[1], "conv"), 0);
  return { x: parts.length === 1 ? parts[0] : concat(parts, { axis: 1 }), first };
}

interface ConvNorm {
  readonly x: Tensor;
  /** What of `x` gets a gradient. */
  readonly learning: Channels;
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

/** (C) before maps: (C, 1, 1). */
function perChannel(values: Tensor): Tensor {
  return reshape(values, [values.shape[0], 1, 1]);
}

/** x * scale + shift, both (C), per channel of (B, C, H, W). */
function affine(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const c = fixed(x.shape[1], "batch norm");
  if (mapPixels(x) < LARGE_MAP) return add(mul(x, perChannel(scale)), perChannel(shift));
  return conv(x, reshape(scale, [c, 1, 1, 1]), shift, { group: c });
}

/** Mean over batch and pixels: (B, C, H, W) to (C). Of large maps in two steps, which ONNX Runtime does faster. */
function channelMean(x: Tensor): Tensor {
  if (mapPixels(x) < LARGE_MAP) return reduceMean(x, { axes: [0, 2, 3] });
  return reduceMean(reduceMean(x, { axes: [2, 3] }), { axes: [0] });
}

/**
 * Mean of the product of two, in the same way; of large maps as inner products, so that no product is written. Each is
 * over a few rows of the map: a long sum in single precision loses digits, and the variance is a difference.
 */
function channelMeanOfProduct(a: Tensor, b: Tensor): Tensor {
  const pixels = mapPixels(a);
  const [batch, channels, height] = a.shape;
  const parts = commonDivisor(fixed(height, "batch norm"), 4);
  if (pixels < LARGE_MAP || parts === 1) return channelMean(a === b ? square(a) : mul(a, b));
  const rows = (x: Tensor) => reshape(x, [product([batch, channels, parts]), 1, pixels / parts]);
  // A factor in the product would send it another way, ten times slower.
  const sums = reshape(fusedMatMul(rows(a), rows(b), { transB: true }), [batch, channels, parts]);
  return mul(reduceMean(sums, { axes: [0, 2] }), parts / pixels);
}

/**
 * Batch norm and activation after a convolution, with a way back through all three at once.
 *
 * Per-channel arithmetic costs as many nodes as it has operations, and there are sixty norms in a network: it is
 * written for few of them. @param count values per channel, a float32 scalar
 */
function normalise(
  block: ConvNorm,
  count: Tensor,
): { readonly output: Tensor; readonly mean: Tensor; readonly variance: Tensor } {
  const { learning, w, bias, y, gamma, beta, act } = block;
  const mean = channelMean(y);
  // The difference of two means can fall below zero by rounding where the deviation is small beside the mean.
  const variance = relu(sub(channelMeanOfProduct(y, y), square(mean)));
  const deviation = sqrt(add(variance, BATCH_NORM_EPSILON));
  const scale = div(gamma, deviation);
  const normed = affine(y, scale, sub(beta, mul(mean, scale)));
  const activated = act ? silu(normed) : normed;

  const rule = (g: Tensor) => {
    const gNormed = act ? mul(g, siluSlope(normed, activated)) : g;
    const gMean = channelMean(gNormed);
    // Mean of gradient times normalised value.
    const slope = div(sub(channelMeanOfProduct(gNormed, y), mul(mean, gMean)), deviation);
    // The gradient by y is scale * (gNormed - a y - b); the scale goes into the weights instead of the activations.
    const a = div(slope, deviation);
    const unscaled = sub(gNormed, affine(y, a, sub(gMean, mul(mean, a))));
    const { attributes } = (y.source as { readonly node: Node<"Conv"> }).node;
    const gradients = convGradients(unscaled, scale, block, attributes);
    const norm = [mul(slope, count), mul(gMean, count)];
    // A bias before a batch norm moves nothing: its gradient is zero.
    return bias ? [...gradients, ...norm, null] : [...gradients, ...norm];
  };
  const inputs = bias ? [learning.x, w, gamma, beta, bias] : [learning.x, w, gamma, beta];
  return { output: withPullback(activated, { inputs, rule }), mean, variance };
}

type Convolved = Pick<ConvNorm, "x" | "learning" | "w">;

/** Gradients by learning input and weights of a convolution whose output's gradient is `g` times `scale` (O). */
function convGradients(g: Tensor, scale: Tensor, convolved: Convolved, attributes: Attributes["Conv"]) {
  const { x, w } = convolved;
  // The scale goes where there are fewer values to multiply: into the weights, or over a small map.
  if (foldsBatch(g, w)) {
    const scaled = mul(g, perChannel(scale));
    return [learningGradient(scaled, w, convolved, attributes), convWeightGradient(scaled, x, w, attributes)];
  }
  const kernels = perKernel(scale);
  const byWeights = convWeightGradient(g, x, w, attributes);
  return [learningGradient(g, mul(w, kernels), convolved, attributes), mul(byWeights, kernels)];
}

/** Gradient by the learning input of a convolution. */
function learningGradient(g: Tensor, weights: Tensor, { x, learning }: Convolved, attributes: Attributes["Conv"]) {
  const channels = fixed(weights.shape[1], "conv");
  const own = learning.x === x ? channels : fixed(learning.x.shape[1], "conv");
  const seen = own === channels ? weights : slice(weights, 1, learning.first, learning.first + own);
  return convInputGradient(g, learning.x, seen, attributes);
}

/** (O) before weights: (O, 1, 1, 1). */
function perKernel(values: Tensor): Tensor {
  return reshape(values, [values.shape[0], 1, 1, 1]);
}

/**
 * A convolution with its batch norm by running statistics as one with a bias: no pass over the activations is the norm's,
 * there or back, and scale and shift have their gradients through weights and bias.
 */
function foldFrozen(
  { w, bias, gamma, beta }: Pick<ConvNorm, "w" | "bias" | "gamma" | "beta">,
  path: string,
  running: ParameterValues,
): { readonly weight: Tensor; readonly offset: Tensor } {
  const statistic = (name: string) => {
    const values = running.get(`${path}.bn.${name}`);
    if (!values) throw new ArgumentError(`trainingLeaves: no ${path}.bn.${name} to freeze the norm at`);
    return values;
  };
  const [mean, variance] = [statistic("running_mean"), statistic("running_var")];
  const deviation = variance.map((v) => Math.sqrt(v + BATCH_NORM_EPSILON));
  const scale = div(gamma, constant(deviation, [deviation.length]));
  const centre = constant(mean, [mean.length]);
  const offset = add(beta, mul(bias ? sub(bias, centre) : mul(centre, -1), scale));
  return { weight: mul(w, perKernel(scale)), offset };
}

/** The convolution `y` with a gradient for the learning part of its input only. */
function learningConv(y: Tensor, convolved: Convolved, bias: Tensor): Tensor {
  const { x, learning, w } = convolved;
  const { attributes } = (y.source as { readonly node: Node<"Conv"> }).node;
  const rule = (g: Tensor) => [
    learningGradient(g, w, convolved, attributes),
    convWeightGradient(g, x, w, attributes),
    reduceSum(g, { axes: [0, 2, 3] }),
  ];
  return withPullback(y, { inputs: [learning.x, w, bias], rule });
}

/** Derivative of y = x s at x, with s the sigmoid: s + y - y s = s (1 + x - y). */
function siluSlope(x: Tensor, y: Tensor): Tensor {
  return mul(sigmoid(x), add(sub(x, y), 1));
}

/** Images in a batch as a float32 scalar, which may be known only when the graph runs. */
function batchSize(x: Tensor): Tensor {
  const [size] = x.shape;
  return typeof size === "number" ? scalar(size) : reshape(cast(shapeOf(x, 0, 1), "float32"), []);
}
