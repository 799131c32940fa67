/**
 * @file One training step as one graph: images and ground truths in; loss, gradients and batch statistics out.
 */
import { grad } from "../graph/gradient";
import { toModelBytes } from "../graph/onnx/write";
import type { Tensor } from "../graph/op";
import { cast, input, mul, reshape } from "../graph/tensor";
import { type TruthInputs, truthInputs } from "./assign";
import { type DetectionLoss, detectionLoss } from "./detection-loss";
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
  /** Current values, needed where rows or norms are frozen. @default none */
  readonly values?: ParameterValues;
  /** Norms of trained rows go by the running statistics in `values`; scale and shift are trained. @default false */
  readonly freezeNorms?: boolean;
  /**
   * The batch is a part of one: also give what the parts' results are put together by. Not of a segmenting network, whose
   * mask loss is divided by another sum. @default false
   */
  readonly part?: boolean;
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
   * its running mean also takes `iou_mean` (1) and gives `batch_iou_mean` (1), towards which it is to be moved. Of a part
   * also `target_sum` (1) and, with `batch_iou_mean`, `batch_iou_count` (1).
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
    freezeNorms = false,
    part = false,
    loss: lossOptions = {},
    lanes = 1,
    pixels = "uint8",
  }: TrainingGraphOptions,
): TrainingGraph {
  const names = new Set(parameters.map(({ name }) => name));
  const training = trainingLeaves((name) => names.has(name), freezeNorms ? values : undefined);
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
  if (part) {
    if (!loss.targetSum) throw new Error("unreachable: a part of a batch for a segmenting network");
    outputs.target_sum = reshape(loss.targetSum, [1]);
    if (loss.iouCount) outputs.batch_iou_count = reshape(loss.iouCount, [1]);
  }
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
): Omit<DetectionLoss, "assignment" | "targetSum"> & {
  readonly targetSum?: Tensor;
  readonly names: readonly string[];
} {
  if (network.task === "segment") {
    return {
      ...segmentationLoss(maps, network.strides, truths, options),
      names: ["box_loss", "seg_loss", "cls_loss", "dfl_loss"],
    };
  }
  return { ...detectionLoss(maps, network.strides, truths, options), names: ["box_loss", "cls_loss", "dfl_loss"] };
}
