/**
 * @file Gathers what the report of `fovea val` is made of while the model is measured.
 */
import { basename } from "node:path";
import type { Attributes } from "@fovea/core/dataset/annotation-set";
import type { Dataset } from "@fovea/core/dataset/sample";
import { patientOf, spacingOf } from "@fovea/core/metrics/case-attributes";
import type { Evaluation } from "@fovea/core/metrics/evaluation";
import { type EvaluationCase, EvaluationRecord } from "@fovea/core/metrics/evaluation-record";
import { type OperatingPoint, parseOperatingRule } from "@fovea/core/metrics/operating-point";
import { caseFacts, readCaseTable } from "../data/case-facts";
import { sharedWithTraining } from "../data/shared-with-training";
import type { MeasuredModel } from "../train/measure-model";
import { Progress, workLine } from "./progress";
import type { ValOptions } from "./val";
import { writeReport } from "./write-report";

export class ReportGatherer {
  readonly #options: Omit<ValOptions, "json">;
  #facts: ReadonlyMap<string, Attributes> = new Map();
  #record: EvaluationRecord | undefined;
  #dataset: Dataset | undefined;
  #model = "";
  #imgsz = 0;
  #kept: OperatingPoint | undefined;

  constructor(options: Omit<ValOptions, "json">) {
    this.#options = options;
  }

  /** Looks up what is known of the images, before the first is measured. */
  async start(model: MeasuredModel, dataset: Dataset): Promise<void> {
    const { cases, hit, hitIou } = this.#options;
    const progress = new Progress();
    const started = performance.now();
    const table = cases === undefined ? undefined : await readCaseTable(cases);
    this.#facts = await caseFacts(
      dataset.samples.map(({ file }) => file),
      table,
      (done, total) => progress.show(workLine("reading headers", done, total, (performance.now() - started) / 1000)),
    );
    progress.clear();
    this.#record = new EvaluationRecord(model.names, { hit, hitIou });
    this.#dataset = dataset;
    this.#model = model.name;
    this.#imgsz = model.imgsz;
    this.#kept = model.operatingPoint;
  }

  add(one: EvaluationCase): void {
    const attributes = this.#facts.get(one.file) ?? {};
    this.#record?.add({ ...one, attributes, patient: patientOf(attributes), spacingMm: spacingOf(attributes) });
  }

  /** What was written. */
  async write(folder: string): Promise<Evaluation> {
    if (this.#record === undefined || this.#dataset === undefined) throw new Error("unreachable: nothing was measured");
    const { model, data, split, conf, iou, operatingPoint, threshold, ...rest } = this.#options;
    const kept = operatingPoint === undefined && threshold === undefined ? this.#kept : undefined;
    const files = this.#dataset.samples.map(({ file }) => file);
    const progress = new Progress();
    try {
      return await writeReport(this.#record, folder, progress, {
        ...rest,
        operatingPoint: kept ? parseOperatingRule(kept.rule) : operatingPoint,
        threshold: kept?.threshold ?? threshold,
        title: `${basename(model)} · ${this.#dataset.name} ${split}`,
        subject: [
          ["model", `${model} (${this.#model})`],
          ["data", `${data} (${split})`],
          ["imgsz", `${this.#imgsz} px`],
          ["conf", String(conf)],
          ["iou", String(iou)],
        ],
        shared: await sharedWithTraining(data, split, files),
      });
    } finally {
      progress.clear();
    }
  }
}
