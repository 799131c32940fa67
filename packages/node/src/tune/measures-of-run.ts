/**
 * @file What one run among several came to: the measures of its best epoch, and the one by which runs are compared.
 */
import { ArgumentError } from "@fovea/core/errors";
import { measureName } from "@fovea/core/report/history-charts";
import type { LoopResult } from "../train/loop";
import type { ResultRow } from "../train/results-csv";

/** Measures by their names in `results.csv` without `metrics/`: `mAP50(B)`. */
export type RunMeasures = Readonly<Record<string, number>>;

/** Measures of the best epoch. Without any there was no validation. */
export function measuresOf({ rows, bestEpoch }: Pick<LoopResult, "rows" | "bestEpoch">): RunMeasures {
  const best: ResultRow = rows.find(({ epoch }) => epoch === bestEpoch) ?? rows.at(-1) ?? {};
  return Object.fromEntries(
    Object.entries(best).flatMap(([column, value]) =>
      column.startsWith("metrics/") && typeof value === "number" ? [[column.slice("metrics/".length), value]] : [],
    ),
  );
}

/** `mAP50` of `mAP50(B)`. */
export const measureTitle = measureName;

/** By what runs can be compared, and how it comes out of the measures. */
const MONITORS: Readonly<Record<string, (measures: RunMeasures) => number | undefined>> = {
  fitness: (of) => 0.1 * of["mAP50(B)"] + 0.9 * of["mAP50-95(B)"],
  map50: (of) => of["mAP50(B)"],
  map5095: (of) => of["mAP50-95(B)"],
  froc: (of) => of["froc1(B)"],
  precision: (of) => of["precision(B)"],
  recall: (of) => of["recall(B)"],
};

export const MONITOR_NAMES = Object.keys(MONITORS);

/** @throws {ArgumentError} if nothing is called so */
export function checkMonitor(monitor: string): void {
  if (Object.hasOwn(MONITORS, monitor)) return;
  throw new ArgumentError(`monitor: got ${monitor}, wanted one of ${MONITOR_NAMES.join(", ")}`);
}

/** The value that counts; `undefined` if it was not measured or is no number. */
export function monitored(measures: RunMeasures, monitor: string): number | undefined {
  const value = MONITORS[monitor]?.(measures);
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
