/**
 * @file `results.csv`: one row an epoch, under the column names that users of the public YOLO tools know, and after them
 * `metrics/froc1(B)`, the share of lesions that are found at one false positive per image.
 */
import type { DetectionSummary } from "@fovea/core/metrics/detection-metrics";
import type { GroupName } from "@fovea/core/nn/parameter-store";

/** What an epoch came to. */
export interface EpochResult {
  /** From 1. */
  readonly epoch: number;
  /** Seconds since the run began, interruptions left out. */
  readonly time: number;
  readonly lossNames: readonly string[];
  readonly trainLoss: readonly number[];
  /** Absent without validation; a segmenting network is validated without its mask loss. */
  readonly valLoss?: readonly number[];
  readonly metrics?: DetectionSummary;
  readonly lr: Readonly<Record<GroupName, number>>;
  /** Of a run whose stages or rows differ: number of the stage from 1, and learning rate of each part. */
  readonly stage?: number;
  readonly partLr?: Readonly<Record<string, number>>;
}

/** A row as names and values, in the order of the columns; empty where there was no validation. */
export type ResultRow = Readonly<Record<string, number | string>>;

/** Six significant digits, as the public tools write. */
const rounded = (x: number) => Number(x.toPrecision(6));

export function resultRow({
  epoch,
  time,
  lossNames,
  trainLoss,
  valLoss,
  metrics,
  lr,
  stage,
  partLr = {},
}: EpochResult): ResultRow {
  const row: Record<string, number | string> = { epoch, time: rounded(time) };
  lossNames.forEach((name, i) => {
    row[`train/${name}`] = rounded(trainLoss[i]);
  });
  row["metrics/precision(B)"] = metrics ? rounded(metrics.precision) : "";
  row["metrics/recall(B)"] = metrics ? rounded(metrics.recall) : "";
  row["metrics/mAP50(B)"] = metrics ? rounded(metrics.map50) : "";
  row["metrics/mAP50-95(B)"] = metrics ? rounded(metrics.map5095) : "";
  const validated = lossNames.filter((name) => name !== "seg_loss");
  validated.forEach((name, i) => {
    row[`val/${name}`] = valLoss && valLoss.length > 0 ? rounded(valLoss[i]) : "";
  });
  // The public tools' order of parameter groups: biases, decayed weights, norms.
  row["lr/pg0"] = rounded(lr.bias);
  row["lr/pg1"] = rounded(lr.weight);
  row["lr/pg2"] = rounded(lr.norm);
  if (stage !== undefined) row.stage = stage;
  for (const [part, rate] of Object.entries(partLr)) row[`lr/${part}`] = rounded(rate);
  // Behind the public tools' columns, so that what reads theirs by position goes on.
  row["metrics/froc1(B)"] = metrics?.sensitivity1 === undefined ? "" : rounded(metrics.sensitivity1);
  return row;
}

/** The whole file. */
export function resultsCsv(rows: readonly ResultRow[]): string {
  if (rows.length === 0) return "";
  const columns = Object.keys(rows[0]);
  return `${[columns, ...rows.map((row) => columns.map((column) => row[column]))].map((cells) => cells.join(",")).join("\n")}\n`;
}
