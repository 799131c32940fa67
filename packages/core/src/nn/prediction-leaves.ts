/**
 * @file Leaves for prediction: what inference computes, in the form that ONNX Runtime's processor kernels are fastest at.
 *
 * The weights no longer stand under the network's names, so that this is for graphs that nobody else reads. Gains are in
 * docs/performance.md.
 */
import type { Attributes, Tensor } from "../graph/op";
import { fixed } from "../graph/shape";
import { add, concat, constant, conv, resize } from "../graph/tensor";
import { activated, foldBatchNorm, inferenceLeaves, type ParameterValues } from "./inference";
import type { ConvBlockShape, Leaves } from "./leaves";
import type { NetworkRows } from "./rows";

/** Folded weights (c2, c1, k, k) and bias (c2) of some output channels of a block. */
interface Folded {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** Leaves over fixed values. */
export function predictionLeaves(values: ParameterValues): Leaves {
  const leaves = inferenceLeaves(values);
  return {
    ...leaves,
    conv(path, x, shape) {
      if (!isPointwise(shape)) return leaves.conv(path, x, shape);
      return pointwise(x, foldBatchNorm(values, path, shape), shape);
    },
    convHalves(path, x, shape) {
      const { weight, bias } = foldBatchNorm(values, path, shape);
      const half = { ...shape, c2: shape.c2 / 2 };
      const part = (data: Float32Array, which: number) =>
        data.subarray((which * data.length) / 2, ((which + 1) * data.length) / 2);
      const one = (which: number) => pointwise(x, { weight: part(weight, which), bias: part(bias, which) }, half);
      return [one(0), one(1)];
    },
  };
}

/** Bytes to the unit interval. */
export const UNIT = 1 / 255;

/**
 * Leaves for the first row alone that take images as bytes, 0 to 255: the division is in its weights. `undefined` where
 * the first row is no convolution, or not alone in reading the image.
 */
export function leavesOnBytes({ rows: [first, ...others] }: NetworkRows, values: ParameterValues): Leaves | undefined {
  const weight = values.get(FIRST_WEIGHT);
  if (first.module !== "Conv" || weight === undefined || others.some(({ from }) => from.includes(-1))) return undefined;
  return predictionLeaves(
    new Map(values).set(
      FIRST_WEIGHT,
      weight.map((w) => w * UNIT),
    ),
  );
}

const FIRST_WEIGHT = "model.0.conv.weight";

function isPointwise({ k = 1, s = 1, p = 0, g = 1 }: ConvBlockShape): boolean {
  return k === 1 && s === 1 && p === 0 && g === 1;
}

/**
 * A convolution of 1 x 1.
 *
 * Where part of its input was scaled up, that part is convolved first: the same sums on a quarter of the pixels, and
 * fewer channels to copy.
 */
function pointwise(x: Tensor, { weight, bias }: Folded, shape: ConvBlockShape): Tensor {
  const { c2 } = shape;
  const parts = partsOf(x);
  const fan = weight.length / c2;
  let sum: Tensor | undefined;
  let first = 0;
  for (const { source, scale } of parts) {
    const channels = fixed(source.shape[1], "conv");
    const own = new Float32Array(c2 * channels);
    for (let o = 0; o < c2; o++) own.set(weight.subarray(o * fan + first, o * fan + first + channels), o * channels);
    first += channels;
    // Each bias once, with the part that comes last.
    const offset = first === fan ? bias : new Float32Array(c2);
    const y = conv(source, constant(own, [c2, channels, 1, 1]), constant(offset, [c2]));
    const scaled = scale === 1 ? y : resize(y, scale);
    sum = sum === undefined ? scaled : add(sum, scaled);
  }
  if (sum === undefined || first !== fan) throw new Error(`unreachable: ${first} channels for weights of ${fan}`);
  return activated(sum, shape);
}

/** Channels that were scaled up alone, at their own size, and the others together. */
function partsOf(x: Tensor): { readonly source: Tensor; readonly scale: number }[] {
  const whole = [{ source: x, scale: 1 }];
  const inputs = inputsOf(x, "Concat");
  const enlarged = inputs?.map((input) => inputsOf(input, "Resize")?.[0]);
  if (inputs === undefined || enlarged === undefined || enlarged.every((small) => small === undefined)) return whole;
  const parts: { source: Tensor; scale: number }[] = [];
  let plain: Tensor[] = [];
  for (const [i, input] of inputs.entries()) {
    const small = enlarged[i];
    if (small === undefined) {
      plain.push(input);
      continue;
    }
    if (plain.length > 0) parts.push({ source: joined(plain), scale: 1 });
    plain = [];
    parts.push({ source: small, scale: scaleOf(input) });
  }
  if (plain.length > 0) parts.push({ source: joined(plain), scale: 1 });
  return parts;
}

function joined(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0] : concat(parts, { axis: 1 });
}

/** Inputs of the operation that made `x`, if it is of this kind. */
function inputsOf({ source }: Tensor, op: "Concat" | "Resize"): readonly Tensor[] | undefined {
  if (source.kind !== "node" || source.node.op !== op) return undefined;
  if (op === "Concat" && (source.node.attributes as Attributes["Concat"]).axis !== 1) return undefined;
  if (op === "Resize" && (source.node.attributes as Attributes["Resize"]).mode !== "nearest") return undefined;
  return source.node.inputs;
}

function scaleOf({ source }: Tensor): number {
  if (source.kind !== "node") throw new Error("unreachable: no operation");
  return (source.node.attributes as Attributes["Resize"]).scales[0];
}
