/**
 * @file One training step as one graph: images and ground truths in; loss, gradients and batch statistics out.
 */
import { grad } from "../graph/gradient";
import { toModelBytes } from "../graph/onnx/write";
import type { Tensor } from "../graph/op";
import { cast, input, mul } from "../graph/tensor";
import { type TruthInputs, truthInputs } from "./assign";
import { detectionLoss } from "./detection-loss";
import type { ParameterValues } from "./inference";
import type { LossOptions } from "./loss-options";
import { buildNetwork } from "./network";
import type { Parameter } from "./parameters";
import { leavesOnBytes, predictionLeaves, UNIT } from "./prediction-leaves";
import type { NetworkRows } from "./rows";
import { segmentationLoss } from "./segmentation-loss";
import { trainingLeaves } from "./training";

export interface TrainingGraphOptions {
  /** Image size, pixels; multiples of the largest stride. */
  readonly width: number;
  readonly height: number;
  /** Rows that are not trained; they are built with folded constants from `values`. @default none */
  readonly frozen?: ReadonlySet<number>;
  /** Current values, needed where rows are frozen. @default none */
  readonly values?: ParameterValues;
  /** @default the loss of the public tools */
  readonly loss?: LossOptions;
  /** Channels in a block of the processor's convolution layout (`graph/blocked-layout.ts`). @default 1, none */
  readonly lanes?: number;
  /** Type of the image input: bytes are divided by 255 in the graph. @default "uint8" */
  readonly pixels?: "uint8" | "float32";
}

/** A training step ready to load. */
export interface TrainingGraph {
  /**
   * ONNX bytes. Inputs: `images` (B, C, H, W), the ground truths (`truthInputs`), every trained parameter by name.
   * Outputs: `loss_items`, `gradient:<parameter>`, and for each batch norm `mean:<path>` and `variance:<path>`. WIoU with
   * its running mean also takes `iou_mean` (1) and gives `batch_iou_mean` (1), towards which it is to be moved.
   */
  readonly model: Uint8Array<ArrayBuffer>;
  /** Trained parameters in the order given. */
  readonly trained: readonly Parameter[];
  /** Batch norms that use the batch's statistics, and the pixels of each one's map. */
  readonly norms: readonly { readonly path: string; readonly pixels: number }[];
  /** Names of the values in `loss_items`. */
  readonly lossNames: readonly string[];
  /** The graph takes `iou_mean`. */
  readonly runningIou: boolean;
}

/** Builds the step of a network with the given parameters. */
export function trainingGraph(
  network: NetworkRows,
  parameters: readonly Parameter[],
  {
    width,
    height,
    frozen = new Set(),
    values = new Map(),
    loss: lossOptions = {},
    lanes = 1,
    pixels = "uint8",
  }: TrainingGraphOptions,
): TrainingGraph {
  const names = new Set(parameters.map(({ name }) => name));
  const training = trainingLeaves((name) => names.has(name));
  const fixedLeaves = predictionLeaves(values);
  const images = input("images", pixels, ["batch", network.ch, height, width]);
  const bytes = pixels === "uint8";
  const onBytes = bytes && frozen.has(0) ? leavesOnBytes(network, values) : undefined;
  const floats = bytes ? cast(images, "float32") : images;
  const { maps } = buildNetwork(network, bytes && !onBytes ? mul(floats, UNIT) : floats, (row) => {
    if (row === 0 && onBytes) return onBytes;
    return frozen.has(row) ? fixedLeaves : training.leaves;
  });

  const loss = lossOf(network, maps, truthInputs(lossOptions), lossOptions);
  const trained = parameters.filter(({ name }) => training.parameters.has(name));
  const gradients = grad(
    loss.total,
    trained.map(({ name }) => training.parameters.get(name)!),
  );

  const outputs: Record<string, Tensor> = { loss_items: loss.items };
  if (loss.iouMean) outputs.batch_iou_mean = loss.iouMean;
  trained.forEach(({ name }, i) => {
    outputs[`gradient:${name}`] = gradients[i];
  });
  for (const { path, mean, variance } of training.statistics) {
    outputs[`mean:${path}`] = mean;
    outputs[`variance:${path}`] = variance;
  }
  const model = toModelBytes(outputs, {
    name: `${network.name}-step`,
    inputs: [...training.parameters.values()],
    lanes,
  });
  return {
    model,
    trained,
    norms: training.statistics.map(({ path, pixels: count }) => ({ path, pixels: count })),
    lossNames: loss.names,
    runningIou: loss.iouMean !== undefined,
  };
}

function lossOf(
  network: NetworkRows,
  maps: ReturnType<typeof buildNetwork>["maps"],
  truths: TruthInputs,
  options: LossOptions,
) {
  if (network.task === "segment") {
    return {
      ...segmentationLoss(maps, network.strides, truths, options),
      names: ["box_loss", "seg_loss", "cls_loss", "dfl_loss"],
    };
  }
  return { ...detectionLoss(maps, network.strides, truths, options), names: ["box_loss", "cls_loss", "dfl_loss"] };
}
