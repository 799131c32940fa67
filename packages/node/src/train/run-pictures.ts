/**
 * @file The pictures in a run's folder.
 */
import type { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import type { ResultRow } from "./results-csv";
import type { RunFolder } from "./run-folder";

/**
 * Draws the curves of all epochs, and what the best one measured.
 *
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function drawResults(
  folder: RunFolder,
  rows: readonly ResultRow[],
  best?: DetectionMetrics,
): Promise<void> {
  const { drawCurves } = await import("../report/curves");
  await drawCurves(rows, folder.file("results.png"));
  await drawCurves(rows, folder.file("results.svg"));
  if (!best) return;
  const { drawValidation } = await import("../report/draw-validation");
  await drawValidation(best, folder.path);
}
