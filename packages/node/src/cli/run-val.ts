/**
 * @file What `fovea val` does.
 */
import { join } from "node:path";
import type { ClassSummary, DetectionSummary } from "@fovea/core/metrics/detection-metrics";
import { VALIDATION_PICTURES } from "../report/draw-validation";
import { type MeasureOptions, measureModel } from "../train/measure-model";
import { datasetLine, plural, problemLines } from "./describe-dataset";
import { warn, warnOfSize } from "./message";
import { duration, Progress, workLine } from "./progress";
import { grouped, textTable } from "./table";
import type { ValOptions } from "./val";
import { writeResult } from "./write-result";

/** Measures, prints a table, writes JSON if asked to. */
export async function runValidation({ json, ...options }: ValOptions): Promise<void> {
  const summary = await measureOnScreen(options);
  if (options.plots !== undefined) {
    const { curves, confusion } = VALIDATION_PICTURES;
    process.stdout.write(`Pictures ${join(options.plots, curves)}, ${confusion}\n`);
  }
  if (json === undefined) return;
  await writeResult(json, `${JSON.stringify(asJson(summary, options), null, 2)}\n`);
  process.stdout.write(`Measures ${json}\n`);
}

/** Measures and shows it. */
export async function measureOnScreen(options: MeasureOptions): Promise<DetectionSummary> {
  const progress = new Progress();
  let started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const summary = await measureModel(options, {
      onScan: (done, total) => progress.show(workLine("looking at images", done, total, seconds())),
      onStart: (model, dataset) => {
        progress.field("Model", `${model.name}, ${plural(model.names.length, "class", "classes")}`);
        progress.field("Data", `${dataset.name} ${dataset.split}: ${datasetLine(dataset)}`);
        for (const line of problemLines(dataset.problems)) progress.field("", line);
        model.warnings.forEach(warn);
        warnOfSize(model.trainedAt, options.imgsz ?? 640);
        const differs = model.names.findIndex((name, id) => name !== dataset.names[id]);
        if (differs >= 0) {
          const [ours, theirs] = [model.names[differs], dataset.names[differs]];
          warn(`class ${differs} is ${ours} in the model and ${theirs} in the data; ids count`);
        }
        started = performance.now();
      },
      onBatch: (done, total) => progress.show(workLine("measuring batches", done, total, seconds())),
    });
    const took = seconds();
    const speed = (summary.images / Math.max(took, 1e-3)).toFixed(1);
    progress.print(`\n${measuresTable(summary)}\n`);
    progress.field("Time", `${duration(took)}, ${speed} images/s`);
    return summary;
  } finally {
    progress.clear();
  }
}

/** All classes in one row, then one row for each class with labels. */
export function measuresTable({ perClass, labels, precision, recall, map50, map5095 }: DetectionSummary): string {
  const cells = (count: number, ...values: readonly number[]) => [grouped(count), ...values.map((x) => x.toFixed(3))];
  return textTable(
    [{ title: "class", align: "left" }, ...["lesions", "P", "R", "mAP50", "mAP50-95"].map((title) => ({ title }))],
    [
      ["all", ...cells(labels, precision, recall, map50, map5095)],
      ...perClass.map((one) => [one.name, ...cells(one.labels, one.precision, one.recall, one.ap50, one.ap)]),
    ],
  );
}

/** What the JSON file holds; programs read it, so its keys stay. */
function asJson(summary: DetectionSummary, options: Omit<ValOptions, "json">) {
  const { map50, map5095, precision, recall, perClass, images, labels } = summary;
  const classJson = (one: ClassSummary) => ({
    classId: one.classId,
    className: one.name,
    ap50: one.ap50,
    ap: one.ap,
    precision: one.precision,
    recall: one.recall,
    labels: one.labels,
  });
  const { model, data, split, imgsz, batch, rect, singleCls, conf, iou } = options;
  return {
    ...{ map50, map5095, precision, recall },
    perClass: perClass.map(classJson),
    ...{ images, labels, model, data, split, imgsz, batch, rect, singleCls, conf, iou },
  };
}
