/**
 * @file What one run among several came to: the measures of its best epoch.
 */
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
