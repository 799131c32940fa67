/**
 * @file The picture of a training: losses, measures and learning rates by epoch.
 */
import { writeAtomically } from "../data/atomic-write";
import { drawLineCharts, type LineChart } from "./line-chart";

/**
 * One epoch, as a row of `results.csv`: `epoch`, `train/box_loss`, `val/box_loss`, `metrics/mAP50(B)`, `lr/pg0` ...
 *
 * Any loss, measure or learning rate that is there is drawn; `time` is not.
 */
export type HistoryRow = Readonly<Record<string, number>>;

/** Where a column belongs: title of its chart, name of its line. */
function placeOf(column: string): { readonly chart: string; readonly line: string } | undefined {
  const [group, name] = column.split("/");
  if (name === undefined) return undefined;
  if (group === "train" || group === "val") return { chart: name.replaceAll("_", " "), line: group };
  if (group === "lr") return { chart: "learning rate", line: name };
  if (group === "metrics") return { chart: measureName(name), line: name };
  return undefined;
}

/** `mAP50-95(B)` is measured on boxes, `mAP50-95(M)` on masks. */
function measureName(column: string): string {
  return column.replace(/\(B\)$/, "").replace(/\(M\)$/, " of masks");
}

/** Charts of a training, in the order of the columns. */
export function historyCharts(rows: readonly HistoryRow[]): LineChart[] {
  const charts = new Map<string, { title: string; xTitle: string; lines: LineChart["lines"][number][] }>();
  for (const column of new Set(rows.flatMap((row) => Object.keys(row)))) {
    const place = placeOf(column);
    if (place === undefined) continue;
    const chart = charts.get(place.chart) ?? { title: place.chart, xTitle: "epoch", lines: [] };
    charts.set(place.chart, chart);
    chart.lines.push({
      name: place.line,
      points: rows.map((row, i) => ({ x: row.epoch ?? i + 1, y: row[column] ?? Number.NaN })),
    });
  }
  return [...charts.values()];
}

/**
 * Writes the curves of `rows` to the PNG file `path`; without rows there is nothing to draw and no file.
 *
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function drawCurves(rows: readonly HistoryRow[], path: string): Promise<void> {
  const charts = historyCharts(rows);
  if (charts.length > 0) await writeAtomically(path, await drawLineCharts(charts));
}
