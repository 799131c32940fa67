/**
 * @file What `fovea val` does.
 */
import { join } from "node:path";
import { ArgumentError } from "@fovea/core/errors";
import type { Evaluation } from "@fovea/core/metrics/evaluation";
import { operatingPointOf } from "@fovea/core/metrics/operating-measures";
import { checkTakesOperatingPoint, keepOperatingPoint } from "../model/keep-operating-point";
import { VALIDATION_PICTURES } from "../report/draw-validation";
import { type MeasureOptions, type Measures, measureModel } from "../train/measure-model";
import { measuresJson } from "../train/measures-json";
import { datasetLine, plural, problemLines } from "./describe-dataset";
import { classTable, frocLine, sizeTable } from "./measures-table";
import { warn, warnOfSize } from "./message";
import { duration, Progress, workLine } from "./progress";
import { ReportGatherer } from "./report-gatherer";
import type { ValOptions } from "./val";
import { writeResult } from "./write-result";

/** Measures, prints a table, writes JSON and a report if asked to. */
export async function runValidation({ json, ...options }: ValOptions): Promise<void> {
  const { report, save } = options;
  if (save) checkSave(options);
  const gathered = report === undefined ? undefined : new ReportGatherer(options);
  const summary = await measureOnScreen(options, gathered);
  if (options.plots !== undefined) {
    const { curves, froc, confusion } = VALIDATION_PICTURES;
    process.stdout.write(`Pictures ${join(options.plots, curves)}, ${froc}, ${confusion}\n`);
  }
  if (json !== undefined) {
    await writeResult(json, `${JSON.stringify(asJson(summary, options), null, 2)}\n`);
    process.stdout.write(`Measures ${json}\n`);
  }
  if (gathered && report !== undefined) {
    const evaluation = await gathered.write(report);
    if (save) await keepIn(options.model, evaluation);
  }
}

/** Before anything is measured. */
function checkSave({ model, report, operatingPoint, threshold }: Omit<ValOptions, "json">): void {
  if (report === undefined || operatingPoint === undefined || threshold !== undefined) {
    const wanted = 'give --report DIR and --operating-point "fp<=0.5", and no --threshold';
    throw new ArgumentError(`--save keeps the operating point that the report chooses; ${wanted}`);
  }
  checkTakesOperatingPoint(model);
}

async function keepIn(model: string, evaluation: Evaluation): Promise<void> {
  const point = operatingPointOf(evaluation);
  if (point === undefined) {
    const { rule } = evaluation.operating;
    throw new ArgumentError(`--save: no threshold keeps ${rule} on these images; the model stays as it was`);
  }
  await keepOperatingPoint(model, point);
  process.stdout.write(`Kept ${point.rule}, confidence ${point.threshold.toFixed(4)}, in ${model}\n`);
}

/** Measures and shows it. */
export async function measureOnScreen(options: MeasureOptions, gatherer?: ReportGatherer): Promise<Measures> {
  const progress = new Progress();
  let started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const summary = await measureModel(options, {
      onScan: (done, total) => progress.show(workLine("looking at images", done, total, seconds())),
      onStart: async (model, dataset) => {
        progress.field("Model", `${model.name}, ${plural(model.names.length, "class", "classes")}, ${model.imgsz} px`);
        progress.field("Data", `${dataset.name} ${dataset.split}: ${datasetLine(dataset)}`);
        for (const line of problemLines(dataset.problems)) progress.field("", line);
        model.warnings.forEach(warn);
        warnOfSize(model.trainedAt, model.imgsz);
        const differs = model.names.findIndex((name, id) => name !== dataset.names[id]);
        if (differs >= 0) {
          const [ours, theirs] = [model.names[differs], dataset.names[differs]];
          warn(`class ${differs} is ${ours} in the model and ${theirs} in the data; ids count`);
        }
        await gatherer?.start(model, dataset);
        started = performance.now();
      },
      onImage: gatherer && ((one) => gatherer.add(one)),
      onBatch: (done, total) => progress.show(workLine("measuring batches", done, total, seconds())),
    });
    const took = seconds();
    const speed = (summary.images / Math.max(took, 1e-3)).toFixed(1);
    progress.print(`\n${classTable(summary)}\n\n${sizeTable(summary)}\n`);
    const froc = frocLine(summary);
    if (froc !== undefined) progress.field("FROC", froc);
    progress.field("Time", `${duration(took)}, ${speed} images/s`);
    return summary;
  } finally {
    progress.clear();
  }
}

/** What the JSON file holds; programs read it, so its keys stay. */
function asJson(measures: Measures, options: Omit<ValOptions, "json">) {
  const { images, labels, imgsz, intervals } = measures;
  const { model, data, split, batch, rect, singleCls, conf, iou, hit, hitIou } = options;
  return {
    ...measuresJson(measures, intervals),
    ...{ images, labels, model, data, split, imgsz, batch, rect, singleCls, conf, iou, hit, hitIou },
  };
}
