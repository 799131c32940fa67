/**
 * @file What a training run shows: what it starts from, one line for each epoch, where the results are.
 */
import type { Problem } from "@fovea/core/dataset/sample";
import { countSmallLabels } from "@fovea/core/dataset/small-labels";
import { MIN_SIDE } from "@fovea/core/imaging/augment/move-labels";
import { countNetwork } from "@fovea/core/nn/count";
import { type Skipped, skippedText, type TransferReport, transferSummary } from "@fovea/core/nn/weights/transfer";
import { type ArgumentName, TRAINING_ARGUMENTS } from "@fovea/core/recipe/argument-table";
import type { StagePlan } from "@fovea/core/recipe/plan";
import { MOST_SETBACKS } from "../train/divergence";
import type { BatchProgress, Setback } from "../train/loop";
import type { ResultRow } from "../train/results-csv";
import type { EpochSeen, TrainEvents, TrainResult, TrainStart } from "../train/train";
import { compositionLine, datasetLine, plural, problemLines, problemText } from "./describe-dataset";
import { EpochTable } from "./epoch-table";
import { warn } from "./message";
import { bar, duration, type Progress, workLine } from "./progress";
import { grouped } from "./table";

/** Arguments that `optimizer=auto` chooses itself. */
const CHOSEN: readonly ArgumentName[] = ["lr0", "momentum", "warmup_bias_lr"];

/** Share of the time in waiting for images from which on something should be done about it. */
const MUCH_WAITING = 0.05;

/** Shows one run. */
export class TrainScreen implements TrainEvents {
  readonly #progress: Progress;
  readonly #now: () => number;
  readonly #given: Readonly<Record<string, unknown>>;
  #start: TrainStart | undefined;
  /** When the run began, or the part before it: looking at the images. */
  #startedAt = 0;
  /** From the first batch on. */
  #table: EpochTable | undefined;
  #scanned = "";
  #epochStartedAt = 0;
  #lastBatch: { readonly progress: BatchProgress; readonly imagesPerSecond: number } | undefined;
  /** Seconds that training stood still for images. */
  #waited = 0;
  /** Epochs done before this session, the last of them perhaps in part. */
  #firstShare = 0;
  /** Batches of the epoch in progress that an earlier session did. */
  #doneBefore = 0;
  /** True once the user wants to stop. */
  shouldStop: () => boolean = () => false;
  /** Hears what the run's page shows. */
  onReport: TrainEvents["onReport"];

  /**
   * @param given training arguments that the user gave
   * @param now seconds of a clock that only counts up
   */
  constructor(
    progress: Progress,
    given: Readonly<Record<string, unknown>>,
    now: () => number = () => performance.now() / 1000,
  ) {
    this.#progress = progress;
    this.#given = given;
    this.#now = now;
  }

  onScan(split: string, done: number, total: number): void {
    if (split !== this.#scanned) [this.#scanned, this.#startedAt] = [split, this.#now()];
    this.#progress.show(workLine(`looking at ${split}`, done, total, this.#now() - this.#startedAt));
  }

  onStart(start: TrainStart): void {
    this.#start = start;
    const { model, args, optimiser, stages, train, val, threads, folder, resumedAt } = start;
    const print = (what: string, text: string) => this.#progress.field(what, text);
    print("Data", `${train.name}, ${plural(train.nc, "class", "classes")}`);
    print("  train", datasetLine(train));
    if (val) print("  val", datasetLine(val));
    for (const line of problemLines([...train.problems, ...(val?.problems ?? [])])) print("", line);
    const { parameters, publishedGflops } = countNetwork(model.network, { imgsz: args.imgsz });
    const { name, strides } = model.network;
    print(
      "Model",
      `${name}: ${grouped(parameters)} parameters, ${publishedGflops.toFixed(1)} GFLOPs at ${args.imgsz} px, strides ${strides.join(", ")}`,
    );
    for (const line of resumedAt === undefined ? transferLines(model.transfer) : []) print("Weights", line);
    if (!model.transfer && resumedAt === undefined) print("Weights", `from scratch, seed ${args.seed}`);
    print("Device", `${args.device}, ${plural(threads, "thread")}`);
    const [{ lr0 = optimiser.lr0 }] = stages;
    const rate = stages.length > 1 ? plural(stages.length, "stage") : `learning rate ${lr0}${frozenText(args.freeze)}`;
    print("Training", `${plural(args.epochs, "epoch")}, batch ${args.batch}, ${optimiser.name}, ${rate}`);
    for (const line of stages.flatMap((stage, i) => stageLines(stage, i, stages.length, optimiser.lr0)))
      print("", line);
    if (!args.deterministic) print("", "the same run gives the same weights, also with deterministic=false");
    print("Folder", folder);
    const small = countSmallLabels(train, args.imgsz);
    if (small > 0) {
      const all = train.samples.reduce((sum, { labels }) => sum + labels.length, 0);
      const size = `${MIN_SIDE} px or less at --imgsz ${args.imgsz}`;
      warn(`${grouped(small)} of ${plural(all, "lesion")}: ${size}, too small to be learnt; train on larger images`);
    }
    if (resumedAt !== undefined) print("Resumed", `at epoch ${resumedAt + 1}`);
    model.warnings.forEach(warn);
    this.#warnChosen(start);
    this.#startedAt = this.#now();
    this.#epochStartedAt = this.#startedAt;
  }

  #warnChosen({ args, optimiser }: TrainStart): void {
    // A recipe that was written out names all; what is the default anyway needs no warning.
    const given = (name: ArgumentName) => name in this.#given && args[name] !== TRAINING_ARGUMENTS[name].default;
    const unused = CHOSEN.filter(given);
    if (args.optimizer !== "auto" || unused.length === 0) return;
    warn(
      `optimizer=auto chooses ${CHOSEN.join(", ")} itself: ${unused.join(", ")} ${unused.length === 1 ? "is" : "are"} not used; give e.g. optimizer=${optimiser.name} to set them`,
    );
  }

  onBatch(progress: BatchProgress): void {
    const now = this.#now();
    if (!this.#table) {
      this.#table = new EpochTable(progress.epochs, progress.lossNames);
      this.#progress.print(`\n${this.#table.heading()}`);
      this.#doneBefore = progress.batch - 1;
      this.#firstShare = progress.epoch + this.#doneBefore / progress.batches;
    }
    const { args, train } = this.#start!;
    const images = Math.min(progress.batch * args.batch, train.samples.length) - this.#doneBefore * args.batch;
    const imagesPerSecond = images / (now - this.#epochStartedAt);
    this.#lastBatch = { progress, imagesPerSecond };
    const { batch, batches } = progress;
    this.#progress.show(
      `${this.#losses()}  ${bar(batch / batches, 20)} ${`${Math.floor((100 * batch) / batches)}`.padStart(3)}% ${this.#left(batch / batches)} left`,
    );
  }

  onValidation(done: number, total: number): void {
    if (!this.#lastBatch) return;
    this.#progress.show(`${this.#losses()}  ${bar(done / total, 12)} validating  ${this.#left(1)} left`);
  }

  onEpoch(row: ResultRow, improved: boolean, { shown, waited }: EpochSeen): void {
    this.#progress.print(`${this.#losses()}${this.#table!.measures(row, this.#left(1), improved)}`);
    const { train } = this.#start!;
    // Unless every image was shown once: that was said at the beginning.
    if (shown.distinct < shown.images || shown.images < train.samples.length) {
      this.#progress.print(`      of ${compositionLine(shown, train.names)}`);
    }
    this.#waited += waited;
    this.#epochStartedAt = this.#now();
    this.#doneBefore = 0;
  }

  onStage({ name }: StagePlan, index: number): void {
    this.#progress.print(`stage ${index + 1}: ${name}`);
  }

  onSetback({ what, at }: Setback, count: number): void {
    const again = `going back to the last saved state, at 1/${2 ** count} of the learning rate`;
    warn(`${at}: ${what}; ${again} (${count} of ${MOST_SETBACKS})`);
    this.#epochStartedAt = this.#now();
    this.#doneBefore = 0;
  }

  onFileProblem(problem: Problem): void {
    warn(problemText(problem));
  }

  /** What came of the run, and how to go on. */
  end({ end, rows, bestEpoch, folder, best, last }: TrainResult): void {
    const print = (what: string, text: string) => this.#progress.field(what, text);
    this.#progress.print();
    if (end === "interrupted") {
      if (!this.#start?.args.save) {
        this.#progress.print("Interrupted; with save=false nothing is kept to go on from.");
        return;
      }
      this.#progress.print("Interrupted; the run is saved. Go on with:");
      this.#progress.print(`  fovea train --resume ${quoted(folder)}`);
      return;
    }
    // Of all sessions, as the last row has it.
    const took = duration(Number(rows.at(-1)?.time));
    const early = end === "stopped early" ? `, stopped early: no better epoch since epoch ${bestEpoch}` : "";
    const late = end === "out of time" ? `, ended by time=${this.#start?.args.time}` : "";
    this.#progress.print(`${plural(rows.length, "epoch")} in ${took}${early}${late}`);
    const bestRow = rows.find(({ epoch }) => epoch === bestEpoch);
    const map50 = bestRow?.["metrics/mAP50(B)"];
    const measured = typeof map50 === "number" ? ` (epoch ${bestEpoch}, mAP50 ${map50.toFixed(3)})` : "";
    const waiting = this.#waited / (this.#now() - this.#startedAt);
    const remedy = waiting > MUCH_WAITING ? "; more workers may help, or cache=ram or disk" : "";
    print("Waiting", `${(100 * waiting).toFixed(1)} % of the time, for images${remedy}`);
    if (this.#start?.args.save) {
      print("Best", `${best}${measured}`);
      print("Last", last);
    }
    print("Results", `${folder}/results.csv`);
    if (this.#start?.args.plots) {
      print("Curves", `${folder}/results.png`);
      print("Report", `${folder}/report.html`);
    }
  }

  /** Epoch, losses and speed: what stands before the bar or the measures. */
  #losses(): string {
    const { progress, imagesPerSecond } = this.#lastBatch!;
    return this.#table!.losses(progress.epoch, progress.loss, imagesPerSecond);
  }

  /** Time to the last epoch, at the speed of this session so far, validation included. */
  #left(shareOfEpoch: number): string {
    const { progress } = this.#lastBatch!;
    const done = progress.epoch + shareOfEpoch - this.#firstShare;
    const wanted = progress.epochs - this.#firstShare;
    return duration(((this.#now() - this.#startedAt) / done) * (wanted - done));
  }
}

/** `, the first 10 rows frozen`, `, rows 0, 2 frozen`, or nothing. */
function frozenText(freeze: string): string {
  const rows = freeze.replace(/[[\]\s]/g, "");
  if (rows === "" || rows === "0") return "";
  return rows === freeze.trim() && !rows.includes(",") ? `, the first ${rows} rows frozen` : `, rows ${rows} frozen`;
}

/** What a stage trains, and how fast each class of its rows; nothing for a run without either. */
function stageLines(
  { name, epochs, classes, lr0 = 0 }: StagePlan,
  index: number,
  count: number,
  usual: number,
): string[] {
  if (count === 1 && classes.length === 1) return [];
  const rate = (share: number) => Number((share * (lr0 || usual)).toPrecision(4));
  const alike = classes.every((one) => one.share === classes[0].share);
  const rates = alike ? [rate(1)] : classes.map((one) => `${one.name} ${rate(one.share)}`);
  const stage = count > 1 ? `stage ${index + 1}: ${plural(epochs, "epoch")} of ${name}, ` : "";
  return [`${stage}learning rate ${rates.join("; ")}`];
}

/** How much came from the weights, and what did not and why. */
function transferLines(report: TransferReport | undefined): string[] {
  if (!report) return [];
  const byReason = new Map<string, Skipped[]>();
  for (const skip of report.skipped) byReason.set(skip.reason, [...(byReason.get(skip.reason) ?? []), skip]);
  const skipped = [...byReason].map(([reason, skips]) => {
    const rest = skips.length > 1 ? `, and ${skips.length - 1} more` : "";
    return `  skipped ${skips.length}, ${reason}: ${skippedText(skips[0]).replace(`: ${reason}`, "")}${rest}`;
  });
  const all = skipped.length > 0 ? ["  transfer.json in the run's folder names all"] : [];
  const { moved = [] } = report;
  const [to, from] = [moved.map(({ target }) => target), moved.map(({ source }) => source)];
  const rows = moved.length > 0 ? [`  rows ${to.join(", ")} take those of rows ${from.join(", ")}`] : [];
  return [transferSummary(report), ...rows, ...skipped, ...all];
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./\\:@%+=,-]+$/.test(path) ? path : `"${path.replaceAll('"', '\\"')}"`;
}
