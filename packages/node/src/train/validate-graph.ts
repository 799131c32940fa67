/**
 * @file Measures an exported graph on labelled images.
 *
 * Such graphs as a rule take one image at once, so that the images of a batch are run one by one.
 */
import type { Dataset } from "@fovea/core/dataset/sample";
import { type DetectorNetwork, readAnswer } from "@fovea/core/detect/detector-network";
import { NetworkInput } from "@fovea/core/detect/network-input";
import { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import type { EvaluationCase } from "@fovea/core/metrics/evaluation-record";
import type { HitOptions } from "@fovea/core/metrics/lesion-hits";
import type { Loader } from "../data/loader";
import { addImage } from "./validate";

export interface ValidateGraphOptions {
  /** Labels to measure against, in the order of the loader's data set. */
  readonly dataset: Dataset;
  readonly loader: Loader;
  /** Detections below are not looked at. @default 0.001 */
  readonly conf?: number;
  /** IoU above which a detection is suppressed by a better one. @default 0.7 */
  readonly iou?: number;
  /** What counts as a hit in FROC. @default an IoU of one half */
  readonly hits?: HitOptions;
  readonly onBatch?: (done: number, total: number) => void;
  /** Hears of every image what was found and what is marked in it, in its pixels. */
  readonly onImage?: (one: EvaluationCase) => void;
}

/** Runs a graph over a validation loader. */
export async function validateGraph(
  network: DetectorNetwork,
  { dataset, loader, conf = 0.001, iou = 0.7, hits, onBatch, onImage }: ValidateGraphOptions,
): Promise<DetectionMetrics> {
  const { session, names, pixels } = network;
  const metrics = new DetectionMetrics(names, hits);
  const choice = { conf, iou, multiLabel: names.length > 1 };
  let input: NetworkInput | undefined;
  let done = 0;
  for await (const batch of loader.epoch(0)) {
    if (!input?.fits(batch)) input = new NetworkInput(pixels, batch);
    const planes = 3 * batch.width * batch.height;
    for (const [i, source] of batch.sources.entries()) {
      const value = input.planes(batch.images.subarray(i * planes, (i + 1) * planes));
      const results = await session.run({ [session.inputNames[0]]: value });
      const { found } = await readAnswer(network, results, batch, choice);
      addImage(metrics, found, source, dataset.samples[source.index], onImage);
    }
    batch.release();
    onBatch?.(++done, loader.batchesPerEpoch);
  }
  return metrics;
}
