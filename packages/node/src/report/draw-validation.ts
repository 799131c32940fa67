/**
 * @file Pictures of a validation, into a folder.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import { writeFailure } from "../data/atomic-write";
import { drawConfusion } from "./confusion";
import { drawFroc } from "./froc";
import { drawPrecisionRecall } from "./precision-recall";

/** Names of the pictures. */
export const VALIDATION_PICTURES = {
  curves: "precision_recall.png",
  froc: "froc.png",
  confusion: "confusion.png",
} as const;

/**
 * Draws the curves, FROC and the confusion matrix of `metrics`.
 *
 * @param folder made if it does not exist
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function drawValidation(metrics: DetectionMetrics, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(folder, error);
  });
  await drawPrecisionRecall(metrics.averagePrecision(), metrics.names, join(folder, VALIDATION_PICTURES.curves));
  await drawFroc(metrics, join(folder, VALIDATION_PICTURES.froc));
  await drawConfusion(metrics.confusion, metrics.names, join(folder, VALIDATION_PICTURES.confusion));
}
