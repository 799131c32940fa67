/**
 * @file Optimisers: AdamW, Adam and SGD with Nesterov momentum, with the moving average of the weights in the same pass.
 *
 * Kingma and Ba, 2015, arXiv:1412.6980; Loshchilov and Hutter, 2019, arXiv:1711.05101. The loops are a few hundred bytes
 * of WebAssembly with vector instructions (`optimiser-kernel/kernel.as`): as a graph the update takes five times as
 * long, because ONNX Runtime's Node binding copies every output, in JavaScript three times (docs/performance.md).
 */
import { ArgumentError, FoveaError } from "../errors";
import { loadKernel, memorySize } from "../math/web-assembly";
import { KERNEL } from "./optimiser-kernel/generated/kernel-wasm";

export type OptimiserName = "AdamW" | "Adam" | "SGD";

/** Decay of Adam's average of squared gradients. */
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Arrays that an optimiser keeps beside the parameters. */
export const STATES: Readonly<Record<OptimiserName, readonly string[]>> = {
  AdamW: ["first", "second"],
  Adam: ["first", "second"],
  SGD: ["velocity"],
};

/** What an update reads and writes, all of one length and from one `OptimiserMemory`. */
export interface OptimiserArrays {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** Moving average of the parameters. */
  readonly average: Float32Array;
  /** Those of `STATES`, zeros at first. */
  readonly states: readonly Float32Array[];
}

export interface OptimiserSettings {
  readonly lr: number;
  readonly weightDecay: number;
  /** Momentum of SGD, beta1 of Adam. */
  readonly momentum: number;
  /** Number of this update, from 1. */
  readonly update: number;
  /** Factor of the gradients, from clipping. */
  readonly gradientScale: number;
  /** Decay of the moving average of the parameters. */
  readonly averageDecay: number;
}

/** Factor that brings gradients of a norm down to `limit`; 1 where they are below, or where the limit is 0. */
export function clippingScale(norm: number, limit: number): number {
  return limit > 0 ? Math.min(1, limit / (norm + 1e-6)) : 1;
}

type Numbers = readonly number[];

interface Kernel {
  squares(n: number, x: number): number;
  add(n: number, to: number, from: number): void;
  adam(...values: Numbers): void;
  sgd(...values: Numbers): void;
}

/** Arrays begin at cache lines, and are whole ones long. */
const LINE = 16;

/** Memory that the kernel works in: flat arrays are allocated from it and live as long as it does. */
export class OptimiserMemory {
  readonly #buffer: ArrayBuffer;
  readonly #kernel: Kernel;
  /** Bytes given away. */
  #used = 1024;

  /**
   * @param count values that will be allocated, gaps up to whole cache lines included
   * @throws {FoveaError} `out_of_memory` if there is no such room, or more than 4 GiB are asked for
   */
  constructor(count: number) {
    const bytes = 4 * count + this.#used;
    try {
      const { buffer, exports } = loadKernel<Kernel>(KERNEL, bytes);
      this.#buffer = buffer;
      this.#kernel = exports;
    } catch (cause) {
      const size = (memorySize(bytes) / 2 ** 30).toFixed(2);
      throw new FoveaError("out_of_memory", `no room for ${size} GiB of optimiser state; train a smaller model`, {
        cause,
      });
    }
  }

  /** Zeros, `length` of them: a multiple of 16. */
  readonly allocate = (length: number): Float32Array => {
    if (length % LINE !== 0 || this.#used + 4 * length > this.#buffer.byteLength) {
      throw new ArgumentError(`OptimiserMemory: no room for ${length} values (whole cache lines of ${LINE})`);
    }
    const array = new Float32Array(this.#buffer, this.#used, length);
    this.#used += 4 * length;
    return array;
  };

  /** Euclidean norm of several arrays together. */
  norm(arrays: readonly Float32Array[]): number {
    return Math.sqrt(arrays.reduce((sum, x) => sum + this.#kernel.squares(x.length, x.byteOffset), 0));
  }

  /** Adds an array to another in place. */
  add(to: Float32Array, from: Float32Array): void {
    this.#kernel.add(to.length, to.byteOffset, from.byteOffset);
  }

  /** One update of a group of parameters, in place. */
  update(name: OptimiserName, arrays: OptimiserArrays, settings: OptimiserSettings): void {
    const { parameters, gradients, average, states } = arrays;
    for (const array of [gradients, average, ...states]) {
      if (array.buffer !== this.#buffer || array.length !== parameters.length) {
        throw new ArgumentError("OptimiserMemory: arrays of another memory, or of different lengths");
      }
    }
    const places = [parameters, gradients, average, ...states].map((array) => array.byteOffset);
    const { lr, weightDecay, momentum, update: t, gradientScale, averageDecay } = settings;
    const share = 1 - averageDecay;
    if (name === "SGD") {
      this.#kernel.sgd(parameters.length, ...places, gradientScale, weightDecay, lr, momentum, share);
      return;
    }
    // Decoupled decay shrinks the weights, the other adds them to the gradient.
    const [pull, shrink] = name === "AdamW" ? [0, 1 - lr * weightDecay] : [weightDecay, 1];
    const rate = lr / (1 - momentum ** t);
    const root = 1 / Math.sqrt(1 - BETA2 ** t);
    const betas = [momentum, 1 - momentum, BETA2, 1 - BETA2];
    this.#kernel.adam(parameters.length, ...places, gradientScale, pull, shrink, rate, root, ...betas, EPSILON, share);
  }
}
