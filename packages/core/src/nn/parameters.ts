/**
 * @file The parameters of a network: names, shapes, kinds, in the order of the published state dicts.
 *
 * They are found by walking the network with leaves that only write down what they are asked for, so that blocks are
 * described in one place.
 */
import type { Tensor } from "../graph/op";
import { fixed } from "../graph/shape";
import { constant, conv, convTranspose, input } from "../graph/tensor";
import { REG_MAX } from "./head";
import { type ConvShape, type Leaves, padding } from "./leaves";
import { buildNetwork } from "./network";
import type { NetworkRows } from "./rows";

/** Added to the variance in every batch norm (PyTorch's default is 1e-5). */
export const BATCH_NORM_EPSILON = 1e-3;

/**
 * What a parameter is: decayed weights, biases, batch norm's scale and shift, its running statistics (not trained), and
 * the fixed bins of the box distances.
 */
export type ParameterKind = "weight" | "bias" | "norm.weight" | "norm.bias" | "running_mean" | "running_var" | "fixed";

/** How a parameter starts when nothing is transferred. */
export type Initial =
  | { readonly kind: "uniform"; readonly bound: number }
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "bins" };

export interface Parameter {
  /** As in the published state dicts: `model.2.m.0.cv1.conv.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: ParameterKind;
  /** Row of the network it belongs to. */
  readonly row: number;
  readonly initial: Initial;
  /** Multiplications with one input value per output pixel, times output pixels: convolution weights only. */
  readonly macs: number;
}

export interface ParametersOptions {
  /** Whether `pe` convolutions carry a bias, as released YOLO12 weights do. @default false */
  readonly peBias?: boolean;
  /** Side of the square image that `macs` are counted for, pixels. @default 640 */
  readonly imgsz?: number;
}

/** Whether a parameter is changed by training. */
export function isTrainable({ kind }: Parameter): boolean {
  return kind !== "running_mean" && kind !== "running_var" && kind !== "fixed";
}

/** All parameters of a network, row by row. */
export function parametersOf(
  network: NetworkRows,
  { peBias = false, imgsz = 640 }: ParametersOptions = {},
): Parameter[] {
  const list: Parameter[] = [];
  const image = input("images", "float32", [1, network.ch, imgsz, imgsz]);
  buildNetwork(network, image, (row) => new Recorder(list, row, peBias));
  const head = network.rows.length - 1;
  const bins = { name: `model.${head}.dfl.conv.weight`, shape: [1, REG_MAX, 1, 1], kind: "fixed" as const };
  list.push({ ...bins, row: head, initial: { kind: "bins" }, macs: 0 });
  return list;
}

/** Leaves that note down parameters; the tensors they return have the right shape and no values. */
class Recorder implements Leaves {
  readonly #list: Parameter[];
  readonly #row: number;
  readonly #peBias: boolean;

  constructor(list: Parameter[], row: number, peBias: boolean) {
    this.#list = list;
    this.#row = row;
    this.#peBias = peBias;
  }

  conv(path: string, x: Tensor, shape: Parameters<Leaves["conv"]>[2]): Tensor {
    const initial: Initial | undefined = shape.attention ? { kind: "normal", deviation: 0.02 } : undefined;
    const y = this.#convolution(`${path}.conv`, x, shape, initial);
    if (shape.biasAllowed && this.#peBias) this.#add(`${path}.conv.bias`, [shape.c2], "bias", this.#fanIn(x, shape));
    const norm: readonly (readonly [string, Parameter["kind"], number])[] = [
      ["weight", "norm.weight", 1],
      ["bias", "norm.bias", 0],
      ["running_mean", "running_mean", 0],
      ["running_var", "running_var", 1],
    ];
    for (const [name, kind, value] of norm) this.#add(`${path}.bn.${name}`, [shape.c2], kind, { kind: "value", value });
    return y;
  }

  conv2d(path: string, x: Tensor, shape: Parameters<Leaves["conv2d"]>[2]): Tensor {
    const y = this.#convolution(path, x, shape, undefined);
    const { prior } = shape;
    const initial: Initial = prior === undefined ? this.#fanIn(x, shape) : { kind: "value", value: prior };
    this.#add(`${path}.bias`, [shape.c2], "bias", initial);
    return y;
  }

  convTranspose(path: string, x: Tensor, c2: number): Tensor {
    const c1 = fixed(x.shape[1], path);
    const shape = [c1, c2, 2, 2];
    // PyTorch takes the second axis of the weight for the fan-in of a transposed convolution.
    const initial: Initial = { kind: "uniform", bound: 1 / Math.sqrt(c2 * 4) };
    const macs = c1 * c2 * 4 * fixed(x.shape[2], path) * fixed(x.shape[3], path);
    this.#add(`${path}.weight`, shape, "weight", initial, macs);
    this.#add(`${path}.bias`, [c2], "bias", initial);
    return convTranspose(x, hollow(shape), undefined, { strides: [2, 2] });
  }

  vector(path: string, size: number, value: number): Tensor {
    this.#add(path, [size], "weight", { kind: "value", value });
    return hollow([size]);
  }

  #convolution(path: string, x: Tensor, shape: ConvShape, initial: Initial | undefined): Tensor {
    const { c2, k = 1, s = 1, g = 1, d = 1 } = shape;
    const p = padding(shape);
    const weight = [c2, fixed(x.shape[1], path) / g, k, k];
    const y = conv(x, hollow(weight), undefined, { strides: [s, s], pads: [p, p, p, p], dilations: [d, d], group: g });
    const pixels = fixed(y.shape[2], path) * fixed(y.shape[3], path);
    const macs = weight.reduce((a, b) => a * b, pixels);
    this.#add(`${path}.weight`, weight, "weight", initial ?? this.#fanIn(x, shape), macs);
    return y;
  }

  /** PyTorch's default: uniform within one over the root of the fan-in. */
  #fanIn(x: Tensor, { k = 1, g = 1 }: ConvShape): Initial {
    return { kind: "uniform", bound: 1 / Math.sqrt((fixed(x.shape[1], "fan-in") / g) * k * k) };
  }

  #add(name: string, shape: readonly number[], kind: ParameterKind, initial: Initial, macs = 0): void {
    this.#list.push({ name, shape, kind, row: this.#row, initial, macs });
  }
}

/** A constant with a shape and no values: it is never written to a model. */
function hollow(shape: readonly number[]): Tensor {
  return { ...constant(new Float32Array(0), [0]), shape };
}
