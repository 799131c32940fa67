/**
 * @file The leaves of a network, where its parameters are: what a block is made of.
 *
 * Blocks are written once against this interface. What a leaf becomes depends on why the network is walked: to list its
 * parameters (`parameters.ts`), to infer with folded constants (`inference.ts`) or to train (`training.ts`).
 */
import type { Tensor } from "../graph/op";

/** A convolution. Padding is `floor(k_eff / 2)`, which keeps the size at stride 1. */
export interface ConvShape {
  /** Output channels. */
  readonly c2: number;
  /** Kernel side. @default 1 */
  readonly k?: number;
  /** Stride. @default 1 */
  readonly s?: number;
  /** Padding on each side. @default keeps the size at stride 1 */
  readonly p?: number;
  /** Groups. @default 1 */
  readonly g?: number;
  /** Dilation. @default 1 */
  readonly d?: number;
}

export interface ConvBlockShape extends ConvShape {
  /** SiLU after the norm. @default true */
  readonly act?: boolean;
  /** The convolution may carry a bias, as released YOLO12 weights do in `pe`. @default false */
  readonly biasAllowed?: boolean;
  /** Initial weights by a truncated normal of deviation 0.02, as attention blocks have. @default false */
  readonly attention?: boolean;
}

/** Makes tensors out of leaves; `path` is the leaf's place in the state dict, `model.2.m.0.cv1`. */
export interface Leaves {
  /** Convolution without bias, batch norm, SiLU: `path.conv`, `path.bn`. */
  conv(path: string, x: Tensor, shape: ConvBlockShape): Tensor;
  /**
   * As `conv`, its channels in two halves, where two convolutions are cheaper than one that is cut: ONNX Runtime leaves
   * its blocked layout to cut. Absent where they are not.
   */
  convHalves?(path: string, x: Tensor, shape: ConvBlockShape): readonly [Tensor, Tensor];
  /** Plain convolution with bias: `path.weight`, `path.bias`. `prior` is the initial bias where it is set by design. */
  conv2d(path: string, x: Tensor, shape: ConvShape & { readonly prior?: number }): Tensor;
  /** Transposed convolution with bias that doubles the size: `path.weight` (c1, c2, 2, 2), `path.bias`. */
  convTranspose(path: string, x: Tensor, c2: number): Tensor;
  /** A learnable vector: `path`. */
  vector(path: string, size: number, initial: number): Tensor;
}

/** Padding that a shape asks for. */
export function padding({ k = 1, d = 1, p }: ConvShape): number {
  return p ?? Math.floor((d * (k - 1) + 1) / 2);
}
