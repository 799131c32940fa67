/**
 * @file The picture of a training: losses, measures and learning rates by epoch.
 */
import { chartSheetSvg } from "@fovea/core/report/chart-svg";
import { type HistoryRow, historyCharts } from "@fovea/core/report/history-charts";
import { writeAtomically } from "../data/atomic-write";
import { drawLineCharts } from "./line-chart";

/**
 * Writes the curves of `rows` to `path`, as SVG if its ending says so, else as PNG; without rows there is nothing to
 * draw and no file.
 *
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function drawCurves(rows: readonly HistoryRow[], path: string): Promise<void> {
  const charts = historyCharts(rows);
  if (charts.length === 0) return;
  await writeAtomically(path, path.endsWith(".svg") ? chartSheetSvg(charts) : await drawLineCharts(charts));
}
