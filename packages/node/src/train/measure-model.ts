/**
 * @file A model from a file, measured on one part of a data set.
 */
import type { Dataset } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import type { Runtime } from "@fovea/core/graph/runtime";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import type { DetectionMetrics, DetectionSummary } from "@fovea/core/metrics/detection-metrics";
import type { EvaluationCase } from "@fovea/core/metrics/evaluation-record";
import { checkHitOptions, type HitOptions } from "@fovea/core/metrics/lesion-hits";
import type { OperatingPoint } from "@fovea/core/metrics/operating-point";
import { type SensitivityIntervals, sensitivityIntervals } from "@fovea/core/metrics/sensitivity-intervals";
import { checkImageSize, largestStride } from "@fovea/core/nn/image-size";
import { Loader } from "../data/loader";
import { openDataset } from "../data/open-dataset";
import { isOnnxFile, openExport } from "../model/open-detector";
import { openModel } from "../model/open-model";
import { openRuntime } from "../runtime/onnx-runtime";
import { validate } from "./validate";
import { type ValidateGraphOptions, validateGraph } from "./validate-graph";

export interface MeasureOptions extends HitOptions {
  /** File of weights, or an exported model. */
  readonly model: string;
  /** Data YAML. */
  readonly data: string;
  /** Part of the data set. @default "val" */
  readonly split?: string;
  /** Side of the images, pixels. @default that of training, or of the export; 640 where the file does not say */
  readonly imgsz?: number;
  /** @default 16 */
  readonly batch?: number;
  /** Batches of images of like proportions, with little margin, instead of squares. @default false */
  readonly rect?: boolean;
  /** Take all classes of the data set for one, as training with `single_cls` did. @default false */
  readonly singleCls?: boolean;
  /** Detections below are not looked at. @default 0.001 */
  readonly conf?: number;
  /** IoU above which a detection is suppressed by a better one. @default 0.7 */
  readonly iou?: number;
  /** @default "cpu" */
  readonly device?: string;
  /** Threads of the engine. @default the processor's cores */
  readonly threads?: number;
  /** What becomes of broken images and labels. @default "skip" */
  readonly onProblem?: "skip" | "refuse";
  /** Folder for pictures of curves and confusion. @default none are drawn */
  readonly plots?: string;
}

/** What is measured. */
export interface MeasuredModel {
  /** `yolov8n`, or `ONNX`. */
  readonly name: string;
  /** Class names by class id. */
  readonly names: readonly string[];
  /** What a user should hear about the model. */
  readonly warnings: readonly string[];
  /** Pixels of the image per cell of the coarsest map. */
  readonly stride: number;
  /** What the model sees images brought to. */
  readonly normalize?: Normalisation;
  /** Side of the images that it is measured on, pixels. */
  readonly imgsz: number;
  /** Side of the images that the model was trained on, pixels, where the file says it. */
  readonly trainedAt?: number;
  /** Kept with the model, as it was chosen on other images. */
  readonly operatingPoint?: OperatingPoint;
  readonly measure: (runtime: Runtime, data: Measurement) => Promise<DetectionMetrics>;
}

type Measurement = ValidateGraphOptions;

/** What a measurement tells while it goes. */
export interface MeasureEvents {
  onScan?(done: number, total: number): void;
  /** Once everything is open; it is waited for. */
  onStart?(model: MeasuredModel, dataset: Dataset): void | Promise<void>;
  onBatch?(done: number, total: number): void;
  /** What was found and what is marked in each image, in its pixels; the order is that of the batches. */
  onImage?(one: EvaluationCase): void;
}

/** What a model comes to. */
export interface Measures extends DetectionSummary {
  /** Side of the images that they were measured on, pixels. */
  readonly imgsz: number;
  /** Of the sensitivities; absent where no image has a label. */
  readonly intervals?: SensitivityIntervals;
}

/**
 * Measures detections of `model` against the labels of `data`.
 *
 * @throws {FoveaError} `invalid_dataset` if the classes of data set and model do not fit, `invalid_argument` if an option
 * lies outside
 */
export async function measureModel(options: MeasureOptions, events: MeasureEvents = {}): Promise<Measures> {
  const { model: path, data, split = "val", batch = 16, rect = false } = options;
  const { onProblem, singleCls, hit, hitIou } = options;
  checkHitOptions({ hit, hitIou });
  const model = await (isOnnxFile(path) ? exportedModel(path, options.imgsz) : trainedModel(path, options.imgsz));
  const { imgsz } = model;
  const onProgress = (done: number, total: number) => events.onScan?.(done, total);
  const dataset = await openDataset(data, split, { onProblem, singleCls, onProgress });
  checkClasses(model, path, dataset, data);
  const runtime = await openRuntime({ device: options.device, threads: options.threads });
  await events.onStart?.(model, dataset);
  const loader = new Loader(dataset, {
    imgsz,
    batch,
    mode: "val",
    rect,
    stride: model.stride,
    cache: false,
    normalize: model.normalize,
    onProblem,
  });
  try {
    const { conf, iou } = options;
    const onBatch = (done: number, total: number) => events.onBatch?.(done, total);
    const onImage = events.onImage && ((one: EvaluationCase) => events.onImage?.(one));
    const metrics = await model.measure(runtime, {
      ...{ dataset, loader, conf, iou, hits: { hit, hitIou }, onBatch, onImage },
    });
    if (options.plots !== undefined) {
      const { drawValidation } = await import("../report/draw-validation");
      await drawValidation(metrics, options.plots);
    }
    const summary = metrics.summary();
    return { ...summary, imgsz, intervals: sensitivityIntervals(metrics, summary) };
  } finally {
    await loader.close();
  }
}

/** Side of images that no file and nobody says. */
const USUAL_SIDE = 640;

async function trainedModel(path: string, wanted: number | undefined): Promise<MeasuredModel> {
  const { network, names, values, normalize, trainedAt, operatingPoint, warnings } = await openModel(path);
  const imgsz = wanted ?? trainedAt ?? USUAL_SIDE;
  checkImageSize(network, { width: imgsz, height: imgsz });
  const measure = async (runtime: Runtime, data: Measurement) =>
    (await validate(runtime, { network, values, names, ...data })).metrics;
  const { name } = network;
  const stride = largestStride(network);
  return { name, names, warnings, stride, normalize, imgsz, trainedAt, operatingPoint, measure };
}

/** The graph of an exported model is run as it is. */
async function exportedModel(path: string, wanted: number | undefined): Promise<MeasuredModel> {
  const { graph, signature, name, operatingPoint, warnings } = await openExport(path);
  const { names, strides, inputSize, normalize } = signature;
  const stride = Math.max(...strides);
  const imgsz = wanted ?? inputSize?.width ?? USUAL_SIDE;
  if (inputSize && (inputSize.width !== imgsz || inputSize.height !== imgsz)) {
    const { width, height } = inputSize;
    const advice = width === height ? `give --imgsz ${width}` : "export it for squares, or with --dynamic";
    throw new FoveaError(
      "invalid_argument",
      `imgsz: got ${imgsz}, the model was exported for ${height} x ${width}; ${advice}`,
      { file: path },
    );
  }
  const measure = async (runtime: Runtime, data: Measurement) => {
    const session = await runtime.load(graph, { file: path });
    try {
      return await validateGraph({ ...signature, session }, data);
    } finally {
      await session.release();
    }
  };
  return { name, names, warnings, stride, normalize, imgsz, operatingPoint, measure };
}

/** Numbers of classes must agree; the same names in another order would measure nonsense. */
function checkClasses({ names }: MeasuredModel, path: string, dataset: Dataset, data: string): void {
  const [ours, theirs] = [names.join(", "), dataset.names.join(", ")];
  const place = { file: data, at: "names" };
  if (names.length !== dataset.nc) {
    const advice =
      names.length === 1 ? "give --single-cls to take all for one" : "measure it on data labelled with its own classes";
    throw new FoveaError(
      "invalid_dataset",
      `${dataset.nc} classes (${theirs}), but ${path} has ${names.length} (${ours}); ${advice}`,
      place,
    );
  }
  const sorted = (list: readonly string[]) => [...list].sort().join("\n");
  if (ours !== theirs && sorted(names) === sorted(dataset.names)) {
    throw new FoveaError(
      "invalid_dataset",
      `the classes stand in another order (${theirs}) than in ${path} (${ours}); class ids would be confused`,
      place,
    );
  }
}
