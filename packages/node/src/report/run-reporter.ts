/**
 * @file Gathers what the page of a run shows while the run goes, and writes it into the run's folder.
 *
 *     report.html   the page, after every epoch and at the end
 *     report.json   what a run that is taken up again needs of it
 */
import { basename, join } from "node:path";
import type { Dataset } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import type { Runtime } from "@fovea/core/graph/runtime";
import type { DetectionMetrics, DetectionSummary } from "@fovea/core/metrics/detection-metrics";
import { sensitivityIntervals } from "@fovea/core/metrics/sensitivity-intervals";
import { ARGUMENT_NAMES, TRAINING_ARGUMENTS } from "@fovea/core/recipe/argument-table";
import { shown } from "@fovea/core/recipe/plain";
import type { TrainingArguments } from "@fovea/core/recipe/training-arguments";
import type { HistoryRow } from "@fovea/core/report/history-charts";
import { labelStatistics } from "@fovea/core/report/label-statistics";
import type { LineChart } from "@fovea/core/report/line-chart";
import { precisionRecallCharts } from "@fovea/core/report/precision-recall-charts";
import { runReportHtml } from "@fovea/core/report/run-html";
import type {
  EpochTiming,
  ReportConfusion,
  ReportPicture,
  RunEnd,
  RunReport,
  RunStage,
  ValidationPicture,
} from "@fovea/core/report/run-report";
import { writeAtomically } from "../data/atomic-write";
import type { DataFingerprint } from "../data/fingerprint";
import { type BatchCopy, batchPicture, copyBatch, type EncodedPicture } from "./batch-picture";
import { describeEnvironment } from "./environment";
import { readKeptReport, writeKeptReport } from "./kept-report";
import { drawValidationPictures } from "./validation-pictures";
import { type BatchSourceOfLoop, watchLoader } from "./watched-loader";

/** What is known of a run when it starts. */
export interface RunFacts {
  /** The run's folder. */
  readonly folder: string;
  /** Path of the data YAML. */
  readonly data: string;
  readonly fingerprint: DataFingerprint;
  readonly train: Dataset;
  readonly val?: Dataset;
  readonly args: TrainingArguments;
  readonly model: RunReport["model"];
  readonly stages: readonly RunStage[];
  /** Rows of earlier sessions. @default none */
  readonly rows?: readonly HistoryRow[];
  /** From 1; 0 if no epoch is done. @default 0 */
  readonly bestEpoch?: number;
  /** Seconds of a clock that only counts up. @default that of the process */
  readonly now?: () => number;
}

/** Training batches that are shown. */
const BATCHES = 3;
/** Steps of the curves in a page: more are not seen, and every class has four. */
const CURVE_STEPS = 100;
/** Lines of a chart in a page. */
const MOST_CLASSES = 40;

/** Gathers one session of a run. */
export class RunReporter {
  readonly #facts: RunFacts;
  readonly #now: () => number;
  readonly #date: string;
  readonly #labels: RunReport["labels"];
  readonly #background: Promise<void>;
  #rows: readonly HistoryRow[];
  #bestEpoch: number;
  #best: DetectionSummary | undefined;
  #intervals: RunReport["intervals"];
  #curves: readonly LineChart[] = [];
  #confusion: ReportConfusion | undefined;
  #timing: readonly EpochTiming[] = [];
  #copies: { readonly copy: BatchCopy; readonly caption: string }[] = [];
  #trainBatches: ReportPicture[] = [];
  #validation: readonly ValidationPicture[] = [];
  #environment: RunReport["environment"] = [];
  /** Of the epoch in progress. */
  #startedAt: number | undefined;
  #batchesEndedAt = 0;
  #waited = 0;

  private constructor(facts: RunFacts, kept: Awaited<ReturnType<typeof readKeptReport>>) {
    const { train, val, now = () => performance.now() / 1000, rows = [], bestEpoch = 0 } = facts;
    this.#facts = facts;
    this.#now = now;
    this.#rows = rows;
    this.#bestEpoch = bestEpoch;
    this.#date = kept?.date ?? new Date().toISOString().slice(0, 16).replace("T", " ");
    if (kept) {
      this.#best = kept.best;
      this.#intervals = kept.intervals;
      this.#curves = kept.curves;
      this.#confusion = kept.confusion;
      this.#timing = kept.timing;
      this.#trainBatches = [...kept.trainBatches];
    }
    const parts = val ? [train, val] : [train];
    this.#labels = parts.map(({ split, samples, names }) => ({ split, statistics: labelStatistics(samples, names) }));
    this.#background = this.#lookAround();
  }

  /** Takes up what an earlier session left in the folder, if this one goes on with it. */
  static async open(facts: RunFacts): Promise<RunReporter> {
    const resumed = (facts.rows ?? []).length > 0;
    return new RunReporter(facts, resumed ? await readKeptReport(join(facts.folder, "report.json")) : undefined);
  }

  /** What takes a while and nobody has to wait for. */
  async #lookAround(): Promise<void> {
    this.#environment = await describeEnvironment(this.#facts.folder);
  }

  /** The loader that the loop is to be given in place of `loader`. */
  watch(loader: BatchSourceOfLoop): BatchSourceOfLoop {
    return watchLoader(loader, {
      now: this.#now,
      onBatch: (batch, epoch) => {
        if (this.#trainBatches.length + this.#copies.length >= BATCHES) return;
        const number = this.#trainBatches.length + this.#copies.length + 1;
        this.#copies.push({ copy: copyBatch(batch), caption: `epoch ${epoch + 1}, batch ${number}` });
      },
      onWait: (seconds) => {
        this.#startedAt ??= this.#now() - seconds;
        this.#waited += seconds;
      },
      onEnd: () => {
        this.#batchesEndedAt = this.#now();
      },
    });
  }

  /**
   * After each epoch: takes in its row and writes the page.
   *
   * @param rows of all epochs so far
   * @param best measures of this epoch, if it is the best so far
   * @throws {FoveaError} `disk_full` or `write_failed`
   */
  async epoch(rows: readonly HistoryRow[], improved: boolean, best?: DetectionMetrics): Promise<void> {
    this.#rows = [...rows];
    const epoch = Number(rows.at(-1)?.epoch ?? rows.length);
    if (improved) this.#bestEpoch = epoch;
    if (best) this.#measure(best);
    const now = this.#now();
    this.#timing = [
      ...this.#timing.filter((one) => one.epoch < epoch),
      {
        epoch,
        seconds: now - (this.#startedAt ?? now),
        waitingSeconds: this.#waited,
        validationSeconds: now - this.#batchesEndedAt,
      },
    ];
    [this.#startedAt, this.#waited] = [undefined, 0];
    await this.#write("running");
  }

  #measure(metrics: DetectionMetrics): void {
    const measured = metrics.averagePrecision();
    const few = { ...measured, classes: measured.classes.slice(0, MOST_CLASSES) };
    this.#best = metrics.summary();
    this.#intervals = sensitivityIntervals(metrics, this.#best);
    this.#curves = precisionRecallCharts(few, metrics.names, { steps: CURVE_STEPS });
    this.#confusion = { counts: [...metrics.confusion.counts] };
  }

  /**
   * At the end of a session, however it came: draws what the best weights find, and writes the page.
   *
   * @param runtime runs the best weights; without it there are no new validation pictures
   * @throws {FoveaError} `disk_full` or `write_failed`
   */
  async finish(
    end: RunEnd,
    { failure, runtime }: { readonly failure?: string; readonly runtime?: Runtime } = {},
  ): Promise<RunReport> {
    const { folder, val, args } = this.#facts;
    await this.#background;
    if (runtime && val && this.#bestEpoch > 0) {
      const weights = join(folder, "weights", "best.safetensors");
      const drawn = await drawValidationPictures(runtime, weights, val, { imgsz: args.imgsz }).catch(
        (error: unknown) => {
          // Weights that find nothing but NaN have no pictures; the run is told by its numbers.
          if (error instanceof FoveaError) return [];
          throw error;
        },
      );
      this.#validation = drawn.map(({ picture, file, ...counts }) => ({
        ...reportPicture(picture, basename(file)),
        ...counts,
      }));
    }
    return this.#write(end, failure);
  }

  async #write(end: RunEnd, failure?: string): Promise<RunReport> {
    for (const { copy, caption } of this.#copies.splice(0)) {
      this.#trainBatches.push(reportPicture(await batchPicture(copy, this.#facts.train.names), caption));
    }
    const report = this.report(end, failure);
    const { folder } = this.#facts;
    await writeKeptReport(join(folder, "report.json"), {
      date: report.date,
      best: report.best,
      intervals: report.intervals,
      curves: report.curves,
      confusion: report.confusion,
      timing: report.timing,
      trainBatches: report.trainBatches,
      stages: report.stages,
    });
    await writeAtomically(join(folder, "report.html"), runReportHtml(report));
    return report;
  }

  /** All that is known by now. */
  report(end: RunEnd, failure?: string): RunReport {
    const { folder, data, fingerprint, train, args, model, stages } = this.#facts;
    const given: Readonly<Record<string, unknown>> = args;
    return {
      name: basename(folder),
      end,
      failure,
      date: this.#date,
      model,
      epochs: args.epochs,
      rows: this.#rows,
      bestEpoch: this.#bestEpoch,
      best: this.#best,
      intervals: this.#intervals,
      curves: this.#curves,
      confusion: this.#confusion,
      names: train.names,
      labels: this.#labels,
      trainBatches: this.#trainBatches,
      validation: this.#validation,
      stages,
      timing: this.#timing,
      environment: this.#environment,
      arguments: ARGUMENT_NAMES.map((name) => ({
        name,
        value: shown(given[name]),
        isDefault: given[name] === TRAINING_ARGUMENTS[name].default,
      })),
      data: {
        path: data,
        fingerprint: fingerprint.sha256,
        files: fingerprint.files,
        bytes: fingerprint.bytes,
      },
    };
  }
}

function reportPicture({ jpeg, width, height }: EncodedPicture, caption: string): ReportPicture {
  return { jpeg: jpeg.toString("base64"), width, height, caption };
}
