/**
 * @file Weights with folded batch norms, as ONNX exports have them, for a network that still has its batch norms.
 *
 * A folded convolution is `x -> conv(x) + bias`. A batch norm with mean 0, variance 1 - eps, weight 1 and that bias
 * computes just this at inference; in training its statistics move on from there.
 */
import type { StateDict } from "./state";

export interface UnfoldOptions {
  /** What the batch norm adds to the variance. @default 0.001 */
  readonly eps?: number;
}

/**
 * `source` with batch norms where `target` has them and `source` a folded convolution: `p.conv.bias` becomes `p.bn.*`.
 *
 * @returns a new map; tensors that stay as they are are shared. Equal to `source` if nothing was folded.
 */
export function unfoldBatchNorm(source: StateDict, target: StateDict, { eps = 1e-3 }: UnfoldOptions = {}): StateDict {
  const state: StateDict = new Map();
  for (const [name, tensor] of source) {
    const part = name.endsWith(".conv.bias") ? name.slice(0, -".conv.bias".length) : undefined;
    if (part === undefined || !target.has(`${part}.bn.weight`) || source.has(`${part}.bn.weight`)) {
      state.set(name, tensor);
      continue;
    }
    const { shape, data } = tensor;
    const filled = (value: number) => ({ shape, data: new Float32Array(data.length).fill(value) });
    state.set(`${part}.bn.weight`, filled(1));
    state.set(`${part}.bn.bias`, tensor);
    state.set(`${part}.bn.running_mean`, filled(0));
    state.set(`${part}.bn.running_var`, filled(1 - eps));
    // Published YOLO12 weights have a bias beside the batch norm of `pe`; the folded one already contains it.
    if (target.has(name)) state.set(name, filled(0));
  }
  return state;
}
