/**
 * @file The charts of a training: losses, measures and learning rates by epoch.
 */
import type { LineChart } from "./line-chart";

/**
 * One epoch, as a row of `results.csv`: `epoch`, `train/box_loss`, `val/box_loss`, `metrics/mAP50(B)`, `lr/pg0` ...
 *
 * Any loss, measure or learning rate that is there is drawn; `time` is not. Text is no value: it leaves a gap.
 */
export type HistoryRow = Readonly<Record<string, number | string>>;

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
export function measureName(column: string): string {
  const name = column.replace(/\(B\)$/, "").replace(/\(M\)$/, " of masks");
  return name.replace(/^froc1/, "sensitivity at 1 FP/image");
}

/** Charts of a training, in the order of the columns; without rows none, without values no line. */
export function historyCharts(rows: readonly HistoryRow[]): LineChart[] {
  const charts = new Map<string, { title: string; xTitle: string; lines: LineChart["lines"][number][] }>();
  for (const column of new Set(rows.flatMap((row) => Object.keys(row)))) {
    const place = placeOf(column);
    if (place === undefined) continue;
    const points = rows.map((row, i) => ({ x: numberIn(row.epoch) ?? i + 1, y: numberIn(row[column]) ?? Number.NaN }));
    if (points.every(({ y }) => Number.isNaN(y))) continue;
    const chart = charts.get(place.chart) ?? { title: place.chart, xTitle: "epoch", lines: [] };
    charts.set(place.chart, chart);
    chart.lines.push({ name: place.line, points });
  }
  return [...charts.values()];
}

function numberIn(value: number | string | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}
