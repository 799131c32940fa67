/**
 * @file The folded network as an ONNX model: for prediction, validation and export.
 */
import { toModelBytes } from "../graph/onnx/write";
import type { Dim, Tensor } from "../graph/op";
import { cast, input, mul } from "../graph/tensor";
import { truthInputs } from "./assign";
import { detectionLoss } from "./detection-loss";
import { decode, type RawMaps } from "./head";
import { inferenceLeaves, type ParameterValues, type Precision } from "./inference";
import type { LossOptions } from "./loss-options";
import { buildNetwork } from "./network";
import type { NetworkRows } from "./rows";

export interface InferenceGraphOptions {
  /** Image size, pixels; a symbol leaves it open until the graph runs. */
  readonly width: Dim;
  readonly height: Dim;
  /** @default "batch" */
  readonly batch?: Dim;
  /** Type of the image input: bytes are divided by 255 in the graph, floats are in [0, 1]. @default "float32" */
  readonly pixels?: "uint8" | "float32";
  /**
   * Type of the weights and of what rows compute with. Boxes are decoded in float32 all the same, since float16 tells
   * pixels beyond 1024 apart no more; inputs and outputs are float32. @default "float32"
   */
  readonly precision?: Precision;
  /**
   * Also give the loss items against ground truths (`truthInputs`). There is no running mean here: WIoU is v1.
   * @default none
   */
  readonly loss?: LossOptions;
  /** Key and value pairs stored in the model. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * ONNX bytes. Input `images` (B, C, H, W); outputs `output0` (B, 4 + K [+ 32], N), of a segmenting network `output1`
 * (B, 32, H / 4, W / 4), and `loss_items` if asked for.
 */
export function inferenceGraph(
  network: NetworkRows,
  values: ParameterValues,
  { width, height, batch = "batch", pixels = "float32", precision, loss, metadata }: InferenceGraphOptions,
): Uint8Array<ArrayBuffer> {
  const images = input("images", pixels, [batch, network.ch, height, width]);
  const scaled = pixels === "uint8" ? mul(cast(images, "float32"), 1 / 255) : images;
  const leaves = inferenceLeaves(values, { precision });
  const maps = inFloat32(buildNetwork(network, cast(scaled, precision ?? "float32"), () => leaves).maps);
  const outputs: Record<string, Tensor> = { output0: decode(maps, network.strides) };
  if (maps.prototypes) outputs.output1 = maps.prototypes;
  if (loss) {
    const options = { ...loss, wiouScale: false };
    outputs.loss_items = detectionLoss(maps, network.strides, truthInputs(loss), options).items;
  }
  return toModelBytes(outputs, { name: network.name, inputs: [images], metadata });
}

function inFloat32({ boxes, scores, coefficients, prototypes }: RawMaps): RawMaps {
  const whole = (levels: readonly Tensor[]) => levels.map((x) => cast(x, "float32"));
  return {
    boxes: whole(boxes),
    scores: whole(scores),
    coefficients: coefficients && whole(coefficients),
    prototypes: prototypes && cast(prototypes, "float32"),
  };
}
