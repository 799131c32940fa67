/**
 * @file What a file of weights holds, whatever its format.
 */

/** One parameter or buffer; 16-bit and 64-bit floats have become float32. */
export interface WeightTensor {
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  /** Row-major, as many as the product of `shape`. */
  readonly data: Float32Array;
}

/** Weights by their path in the network, `model.0.conv.weight`. Integer buffers (`num_batches_tracked`) are left out. */
export type StateDict = Map<string, WeightTensor>;

/** What anything that JSON can say looks like. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A file of weights and what it says about the network they belong to. */
export interface Checkpoint {
  readonly format: "torch" | "safetensors" | "onnx";
  readonly state: StateDict;
  /** Class names by class id. */
  readonly names?: readonly string[];
  /** Number of classes. */
  readonly nc?: number;
  /** Pixels per cell of each level of the head; ONNX files of the public exporter name only the coarsest. */
  readonly stride?: readonly number[];
  /** The model YAML as it was when the network was built, in the published format; unchecked. */
  readonly yaml?: Json;
  /** Arguments of the training run; unchecked. */
  readonly trainArgs?: Readonly<Record<string, Json>>;
  /** Everything else, as text. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** `3 x 16 x 1`, or `scalar`. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join(" x ");
}

/** Number of values of a tensor of this shape. */
export function valueCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
