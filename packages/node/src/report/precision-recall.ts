/**
 * @file Pictures of a validation: precision by recall, and precision, recall and F1 by confidence.
 */
import type { AveragePrecision } from "@fovea/core/metrics/average-precision";
import { precisionRecallCharts } from "@fovea/core/report/precision-recall-charts";
import { writeAtomically } from "../data/atomic-write";
import { drawLineCharts } from "./line-chart";

/**
 * Writes the curves of every class that has labels to the PNG file `path`.
 *
 * @param names of the classes, by id
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function drawPrecisionRecall(
  measured: AveragePrecision,
  names: readonly string[],
  path: string,
): Promise<void> {
  const charts = precisionRecallCharts(measured, names);
  await writeAtomically(path, await drawLineCharts(charts, { columns: 2, width: 560, height: 400 }));
}
