/**
 * @file Measures a network on labelled images: mAP and, in training, the loss.
 */
import type { Dataset, Region, Sample } from "@fovea/core/dataset/sample";
import { selectDetections } from "@fovea/core/detect/select";
import type { Detections } from "@fovea/core/detect/suppress";
import type { Runtime, Session } from "@fovea/core/graph/runtime";
import { boxesToSource } from "@fovea/core/imaging/letterbox";
import { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import type { EvaluationCase } from "@fovea/core/metrics/evaluation-record";
import type { HitOptions } from "@fovea/core/metrics/lesion-hits";
import type { ParameterValues } from "@fovea/core/nn/inference";
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import type { NetworkRows } from "@fovea/core/nn/rows";
import type { Batch, BatchSource } from "../data/batch";
import type { Loader } from "../data/loader";
import { batchFeeds } from "./train-step";

export interface ValidateOptions {
  readonly network: NetworkRows;
  readonly values: ParameterValues;
  readonly names: readonly string[];
  /** Labels to measure against, in the order of the loader's data set. */
  readonly dataset: Dataset;
  readonly loader: Loader;
  /** Detections below are not looked at. @default 0.001 */
  readonly conf?: number;
  /** IoU above which a detection is suppressed by a better one. @default 0.7 */
  readonly iou?: number;
  /** What counts as a hit in FROC. @default an IoU of one half */
  readonly hits?: HitOptions;
  /** Also give the mean loss items. @default none */
  readonly loss?: LossOptions;
  readonly onBatch?: (done: number, total: number) => void;
  /** Hears of every image what was found and what is marked in it, in its pixels. */
  readonly onImage?: (one: EvaluationCase) => void;
}

export interface Validation {
  readonly metrics: DetectionMetrics;
  /** Mean over the batches of box, class and distribution loss; empty without loss options. */
  readonly loss: readonly number[];
}

/** Runs a network over a validation loader. */
export async function validate(runtime: Runtime, options: ValidateOptions): Promise<Validation> {
  const { network, loader, names, loss, onBatch } = options;
  const metrics = new DetectionMetrics(names, options.hits);
  const sessions = new SizedSessions(runtime, options);
  const sums: number[] = [];
  let done = 0;
  try {
    for await (const batch of loader.epoch(0)) {
      const session = await sessions.of(batch.width, batch.height);
      const feeds = batchFeeds(batch, network, loss);
      const results = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]])));
      if (loss)
        (results.loss_items.data as Float32Array).forEach((item, i) => {
          sums[i] = (sums[i] ?? 0) + item;
        });
      measure(batch, results.output0.data as Float32Array, results.output0.shape, metrics, options);
      batch.release();
      done++;
      onBatch?.(done, loader.batchesPerEpoch);
    }
  } finally {
    await sessions.release();
  }
  return { metrics, loss: sums.map((sum) => sum / Math.max(1, done)) };
}

/** One session for each image size that occurs: rectangular batches differ. */
class SizedSessions {
  readonly #runtime: Runtime;
  readonly #options: ValidateOptions;
  #current: { readonly key: string; readonly session: Session } | undefined;

  constructor(runtime: Runtime, options: ValidateOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  async of(width: number, height: number): Promise<Session> {
    const key = `${width} x ${height}`;
    if (this.#current?.key === key) return this.#current.session;
    await this.release();
    const { network, values, loss } = this.#options;
    const model = inferenceGraph(network, values, { width, height, pixels: "uint8", loss });
    this.#current = { key, session: await this.#runtime.load(model) };
    return this.#current.session;
  }

  async release(): Promise<void> {
    await this.#current?.session.release();
    this.#current = undefined;
  }
}

function measure(
  batch: Batch,
  output: Float32Array,
  shape: readonly number[],
  metrics: DetectionMetrics,
  { network, dataset, conf = 0.001, iou = 0.7, onImage }: ValidateOptions,
): void {
  const [, channels, anchors] = shape;
  const { nc } = network;
  batch.sources.forEach((source, i) => {
    const decoded = output.subarray(i * channels * anchors, (i + 1) * channels * anchors);
    const found = selectDetections(decoded, { anchors, nc, extra: channels - 4 - nc, conf, iou, multiLabel: nc > 1 });
    addImage(metrics, found, source, dataset.samples[source.index], onImage);
  });
}

/** Counts the detections of one image, in pixels of the network's input, against what is marked in it. */
export function addImage(
  metrics: DetectionMetrics,
  found: Detections,
  { file, width, height, transform }: BatchSource,
  { labels, ignored = [] }: Sample,
  onImage?: ValidateOptions["onImage"],
): void {
  boxesToSource(found.boxes, transform, width, height);
  const inPixels = (marks: readonly Region[]) =>
    Float32Array.from(
      marks.flatMap(({ cx, cy, w, h }) => [
        (cx - w / 2) * width,
        (cy - h / 2) * height,
        (cx + w / 2) * width,
        (cy + h / 2) * height,
      ]),
    );
  const truth = { boxes: inPixels(labels), classIds: Int32Array.from(labels, ({ classId }) => classId) };
  const regions = inPixels(ignored);
  metrics.add(found, truth, regions);
  const certainty = Float32Array.from(labels, ({ weight = 1 }) => weight);
  onImage?.({ file, width, height, truth, certainty, regions, detections: found });
}
