/**
 * @file What `fovea kfold` does.
 */

import { join } from "node:path";
import { measureName } from "@fovea/core/report/history-charts";
import type { FoldSummary } from "../tune/fold-table";
import { kfold } from "../tune/kfold";
import { plural } from "./describe-dataset";
import { duration } from "./progress";
import { SeriesScreen, seriesRequest, wholeOption } from "./series-screen";
import { textTable } from "./table";
import type { CollectedOptions } from "./training-options";

/** Trains k times, one table at the end; exit code 130 if it was interrupted. */
export async function runKfold(options: CollectedOptions): Promise<void> {
  const request = {
    ...seriesRequest("kfold", options),
    k: wholeOption("k", options.own.k, 2),
    by: options.own.by,
    patients: options.own.patients,
  };
  const screen = new SeriesScreen();
  try {
    const result = await kfold(request, {
      onFold: ({ fold, k, trainImages, valImages }) => {
        screen.progress.print(
          `Fold ${fold} of ${k}: ${plural(trainImages, "image")} to train, ${valImages} to measure`,
        );
        return screen.eventsOf(`fold ${fold}/${k}`);
      },
      onResult: ({ fold, measures, seconds }) => {
        const map50 = measures["mAP50(B)"];
        screen.progress.print(
          `Fold ${fold} done in ${duration(seconds)}${map50 === undefined ? "" : `, mAP50 ${map50.toFixed(3)}`}`,
        );
      },
      shouldStop: () => screen.interrupted,
    });
    if (result.end === "interrupted") return screen.tellInterrupted();
    screen.progress.print(`\n${foldTable(result)}\n`);
    screen.progress.print("95 % intervals by Student's t; folds share images, so that they are somewhat too narrow.");
    screen.progress.field("Results", `${join(result.folder, "kfold.json")}, kfold.csv`);
  } finally {
    screen.close();
  }
}

/** Folds, then mean, standard deviation and interval of each measure. */
function foldTable({ folds, overall }: FoldSummary): string {
  const names = Object.keys(overall);
  const columns = ["fold", "patients", "images", "lesions", "best", ...names.map(measureName)];
  const rows = folds.map((one) => [
    ...[one.fold, one.patients, one.images, one.labels, one.bestEpoch].map(String),
    ...names.map((name) => one.measures[name].toFixed(3)),
  ]);
  const over = (title: string, text: (name: string) => string) => [title, "", "", "", "", ...names.map(text)];
  return textTable(
    columns.map((title) => ({ title })),
    [
      ...rows,
      over("mean", (name) => overall[name].mean.toFixed(3)),
      over("sd", (name) => overall[name].deviation.toFixed(3)),
      over("from", (name) => overall[name].low.toFixed(3)),
      over("to", (name) => overall[name].high.toFixed(3)),
    ],
  );
}
