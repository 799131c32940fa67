/**
 * @file Leaves for inference: batch norm folded into the convolution, weights constant.
 *
 * Weights are named as the public exporter names them: a folded convolution is `model.0.conv.weight` and
 * `model.0.conv.bias`.
 */
import { FoveaError } from "../errors";
import type { Tensor } from "../graph/op";
import { describe, fixed } from "../graph/shape";
import { constant, conv, convTranspose, mul, sigmoid } from "../graph/tensor";
import { halfFromFloat } from "../math/half";
import { type ConvBlockShape, type ConvShape, type Leaves, padding } from "./leaves";
import { BATCH_NORM_EPSILON } from "./parameters";

/** Values of parameters and statistics by name; float32. */
export type ParameterValues = ReadonlyMap<string, Float32Array>;

export interface InferenceLeavesOptions {
  /** Type that weights are stored in and computed with; the images must have it too. @default "float32" */
  readonly precision?: Precision;
}

export type Precision = "float32" | "float16";

/** The largest finite float16. */
const MOST = 65504;

/**
 * Leaves over fixed values.
 *
 * They throw `invalid_checkpoint` where a value is missing, has another size, or is too large for float16.
 */
export function inferenceLeaves(
  values: ParameterValues,
  { precision = "float32" }: InferenceLeavesOptions = {},
): Leaves {
  const value = readerOf(values);
  const stored = (data: Float32Array, shape: readonly number[], name: string): Tensor => {
    const count = shape.reduce((a, b) => a * b, 1);
    if (data.length !== count) {
      throw new FoveaError("invalid_checkpoint", `${name}: ${data.length} values, wanted ${describe(shape)}`);
    }
    if (precision === "float32") return constant(data, shape, "float32", name);
    const beyond = data.find((x) => !(Math.abs(x) <= MOST));
    if (beyond !== undefined) {
      throw new FoveaError("invalid_checkpoint", `${name} holds ${beyond}, which float16 cannot; keep to float32`);
    }
    return constant(halfFromFloat(data), shape, "float16", name);
  };
  const convolve = (x: Tensor, w: Tensor, bias: Tensor, shape: ConvShape): Tensor => {
    const { s = 1, g = 1, d = 1 } = shape;
    const p = padding(shape);
    return conv(x, w, bias, { strides: [s, s], pads: [p, p, p, p], dilations: [d, d], group: g });
  };
  const weightShape = (x: Tensor, { c2, k = 1, g = 1 }: ConvShape) => [c2, fixed(x.shape[1], "conv") / g, k, k];

  return {
    conv(path, x, shape) {
      const { weight, bias } = foldBatchNorm(values, path, shape);
      const w = stored(weight, weightShape(x, shape), `${path}.conv.weight`);
      return activated(convolve(x, w, stored(bias, [shape.c2], `${path}.conv.bias`), shape), shape);
    },
    conv2d(path, x, shape) {
      const w = stored(value(`${path}.weight`), weightShape(x, shape), `${path}.weight`);
      return convolve(x, w, stored(value(`${path}.bias`), [shape.c2], `${path}.bias`), shape);
    },
    convTranspose(path, x, c2) {
      const w = stored(value(`${path}.weight`), [fixed(x.shape[1], "convTranspose"), c2, 2, 2], `${path}.weight`);
      return convTranspose(x, w, stored(value(`${path}.bias`), [c2], `${path}.bias`), { strides: [2, 2] });
    },
    vector: (path, size) => stored(value(path), [size], path),
  };
}

function readerOf(values: ParameterValues): (name: string) => Float32Array {
  return (name) => {
    const data = values.get(name);
    if (!data) throw new FoveaError("invalid_checkpoint", `the weights lack ${name}`);
    return data;
  };
}

/** SiLU, unless the block has none. */
export const activated = (y: Tensor, { act }: ConvBlockShape): Tensor => (act === false ? y : mul(y, sigmoid(y)));

/** Weight and bias of the convolution that does what a convolution and its batch norm do one after the other. */
export function foldBatchNorm(
  values: ParameterValues,
  path: string,
  { c2, biasAllowed }: ConvBlockShape,
): { weight: Float32Array; bias: Float32Array } {
  const value = readerOf(values);
  const weight = value(`${path}.conv.weight`);
  const gamma = value(`${path}.bn.weight`);
  const beta = value(`${path}.bn.bias`);
  const mean = value(`${path}.bn.running_mean`);
  const variance = value(`${path}.bn.running_var`);
  const before = biasAllowed ? values.get(`${path}.conv.bias`) : undefined;
  const fan = weight.length / c2;
  const folded = new Float32Array(weight.length);
  const bias = new Float32Array(c2);
  for (let c = 0; c < c2; c++) {
    const scale = gamma[c] / Math.sqrt(variance[c] + BATCH_NORM_EPSILON);
    for (let i = c * fan; i < (c + 1) * fan; i++) folded[i] = weight[i] * scale;
    bias[c] = beta[c] + ((before?.[c] ?? 0) - mean[c]) * scale;
  }
  return { weight: folded, bias };
}
