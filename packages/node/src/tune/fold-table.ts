/**
 * @file What k folds came to, as one table: a row for each fold, then mean, standard deviation and 95 % interval.
 */
import { type MeanInterval, meanInterval } from "@fovea/core/math/mean-interval";
import type { RunMeasures } from "./measures-of-run";

/** One fold that is done. */
export interface FoldResult {
  /** From 1. */
  readonly fold: number;
  readonly patients: number;
  /** Images it was measured on, and their labels. */
  readonly images: number;
  readonly labels: number;
  readonly bestEpoch: number;
  readonly epochs: number;
  readonly end: string;
  readonly seconds: number;
  readonly measures: RunMeasures;
}

export interface FoldSummary {
  readonly folds: readonly FoldResult[];
  /** Over the folds, by the names of the measures. */
  readonly overall: Readonly<Record<string, MeanInterval>>;
}

/** Measures that some fold lacks are left out. */
export function summariseFolds(folds: readonly FoldResult[]): FoldSummary {
  const names = Object.keys(folds[0]?.measures ?? {}).filter((name) => folds.every(({ measures }) => name in measures));
  const overall = Object.fromEntries(
    names.map((name) => [name, meanInterval(folds.map(({ measures }) => measures[name]))]),
  );
  return { folds, overall };
}

/** Heading, folds, and the four rows over all of them, as CSV. */
export function foldsCsv({ folds, overall }: FoldSummary): string {
  const names = Object.keys(overall);
  const head = ["fold", "patients", "images", "labels", "best_epoch", "epochs", "seconds", ...names];
  const rows = folds.map((one) => [
    ...[one.fold, one.patients, one.images, one.labels, one.bestEpoch, one.epochs, Math.round(one.seconds)],
    ...names.map((name) => one.measures[name]),
  ]);
  const over = (title: string, key: "mean" | "deviation" | "low" | "high") => [
    ...[title, "", "", "", "", "", ""],
    ...names.map((name) => Number(overall[name][key].toPrecision(6))),
  ];
  const all = [over("mean", "mean"), over("sd", "deviation"), over("low95", "low"), over("high95", "high")];
  return [head, ...rows, ...all].map((cells) => `${cells.join(",")}\n`).join("");
}
