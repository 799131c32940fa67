/**
 * @file A training run from data set to weights: opens everything, runs the loop, keeps what comes of it.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Dataset, Problem } from "@fovea/core/dataset/sample";
import type { EpochComposition } from "@fovea/core/dataset/sampling";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { augmentation } from "@fovea/core/imaging/augment/augmentation";
import type { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import type { ParameterValues } from "@fovea/core/nn/inference";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import type { StateDict } from "@fovea/core/nn/weights/state";
import type { StagePlan } from "@fovea/core/recipe/plan";
import { type GivenArguments, type TrainingArguments, trainingArguments } from "@fovea/core/recipe/training-arguments";
import type { RunReport } from "@fovea/core/report/run-report";
import { writeAtomically } from "../data/atomic-write";
import { checkFingerprint } from "../data/fingerprint";
import type { Loader } from "../data/loader";
import { readCheckpoint } from "../data/weights-file";
import type { TrainableModel } from "../model/open-model";
import { RunReporter } from "../report/run-reporter";
import type { OptimiserChoice } from "./choose-optimiser";
import { type BatchProgress, type LoopResult, loop, type Setback } from "./loop";
import { validationLine } from "./measures-json";
import { type OpenedRun, openRun } from "./open-run";
import { restore } from "./restore-step";
import { type ResultRow, resultsCsv } from "./results-csv";
import { runFacts } from "./run-facts";
import { RunFolder } from "./run-folder";
import { openLoaders } from "./run-loaders";
import { augmentationOptions, lossOptions } from "./run-options";
import { drawResults } from "./run-pictures";
import type { RunRequest, RunState } from "./run-record";
import { StagedStep } from "./staged-step";
import { FileKeeper, MemoryKeeper } from "./state-keeper";
import { validate } from "./validate";

export interface TrainRequest {
  /** Data YAML. */
  readonly data: string;
  /** Published name, model YAML or weights. */
  readonly model: string;
  /** Weights to start from where `model` is an architecture. */
  readonly weights?: string;
  /** Training arguments that differ from their defaults. */
  readonly arguments?: GivenArguments;
  /** Folder that run folders are made in. @default "runs" */
  readonly project?: string;
  /** Name of the run's folder. @default "train" */
  readonly name?: string;
  /** What becomes of broken images and labels. @default "skip" */
  readonly onProblem?: "skip" | "refuse";
}

/** What a run tells while it goes. */
export interface TrainEvents {
  /** Once everything is open. */
  onStart?(start: TrainStart): void;
  /** Images looked at while the data set opens. */
  onScan?(split: string, done: number, total: number): void;
  onBatch?(progress: BatchProgress): void;
  onValidation?(done: number, total: number): void;
  onEpoch?(row: ResultRow, improved: boolean, seen: EpochSeen): void;
  /** When a stage begins, of a run that has several. */
  onStage?(stage: StagePlan, index: number): void;
  /** When training went astray and goes on from the last saved state at half the rate, for the `count`th time. */
  onSetback?(setback: Setback, count: number): void;
  /** After an epoch, what turned out about a file while batches were made: each file once. */
  onFileProblem?(problem: Problem): void;
  /** What the page of the run shows: when it starts, after every epoch, at the end. */
  onReport?(report: RunReport): void;
  /** True once the user wants to stop: the step is finished, the state saved. */
  shouldStop?(): boolean;
}

/** How an epoch went beside its measures. */
export interface EpochSeen {
  readonly shown: EpochComposition;
  /** Seconds that training stood still for its next images. */
  readonly waited: number;
}

export interface TrainStart {
  readonly folder: string;
  readonly model: TrainableModel;
  readonly train: Dataset;
  readonly val?: Dataset;
  readonly args: TrainingArguments;
  readonly optimiser: OptimiserChoice;
  /** The run's stages; one where the recipe has none. */
  readonly stages: readonly StagePlan[];
  /** Threads of the engine. */
  readonly threads: number;
  /** Epoch that the run goes on from, from 0. */
  readonly resumedAt?: number;
}

export interface TrainResult extends LoopResult {
  readonly folder: string;
  /** Weights of the best epoch. */
  readonly best: string;
  readonly last: string;
}

/** Starts a run in a new folder. */
export async function train(request: TrainRequest, events: TrainEvents = {}): Promise<TrainResult> {
  const args = trainingArguments(request.arguments ?? {});
  // Before anything is opened; what is to be swapped by class names can only be held against the data set's, later.
  if (!args.flip_swap) augmentation(augmentationOptions(args, request.arguments ?? {}));
  const { data, model, onProblem } = request;
  const weights = startingWeights(request.weights, args);
  const opened = await openRun(
    { data, model, weights, arguments: request.arguments ?? {} },
    args,
    onProblem,
    events.onScan?.bind(events),
  );
  const folder = await RunFolder.create(request.project ?? "runs", request.name ?? "train", args.exist_ok);
  const stored: RunRequest = {
    data: resolve(data),
    model: existsSync(model) ? resolve(model) : model,
    weights: weights === undefined ? undefined : resolve(weights),
    names: opened.model.names,
    fingerprint: opened.fingerprint.sha256,
    onProblem,
    // Resumed, the run has the batch that was found to fit.
    arguments: { ...request.arguments, ...(args.batch < 0 && { batch: opened.args.batch }) },
  };
  await folder.writeRequest(stored);
  await folder.writeRecipe(stored, opened.args);
  if (opened.model.transfer) await folder.writeTransfer(opened.model.transfer);
  return run(folder, stored, opened, events);
}

/** Weights named by `--weights` or by `pretrained`, which takes a path as well. */
function startingWeights(weights: string | undefined, { pretrained }: TrainingArguments): string | undefined {
  const path = /^(true|false)$/i.test(pretrained) ? undefined : pretrained;
  if (weights !== undefined && pretrained.toLowerCase() !== "true") {
    throw new ArgumentError(`weights and pretrained: got ${weights} and ${pretrained}; leave one of them out`);
  }
  return weights ?? path;
}

/**
 * Goes on with an interrupted run, from the path of its folder or of a file of weights in it.
 *
 * @throws {FoveaError} `invalid_dataset` if the data set's classes, images or labels are others by now
 */
export async function resumeTraining(path: string, events: TrainEvents = {}): Promise<TrainResult> {
  const folder = RunFolder.open(path);
  const request = await folder.readRequest();
  const args = trainingArguments(request.arguments, { file: folder.file("args.json") });
  const { state, arrays } = await folder.readState();
  if (state.finished || state.epoch >= args.epochs) {
    const early = state.epoch < args.epochs ? ` of ${args.epochs}, stopped early or out of time` : "";
    const message = `the run has finished with epoch ${state.epoch}${early}; start a new one from its weights`;
    throw new FoveaError("invalid_argument", message, { file: path });
  }
  const opened = await openRun(request, args, request.onProblem, events.onScan?.bind(events), state.threads);
  checkNames(opened.train.names, request, folder.file("args.json"));
  if (request.fingerprint) checkFingerprint(request.fingerprint, opened.fingerprint, request.data);
  return run(folder, request, opened, events, { state, arrays });
}

/** Classes that were renamed or stand in another order since would be learned under each other's names. */
function checkNames(names: readonly string[], request: RunRequest, file: string): void {
  if (names.length === request.names.length && names.every((name, id) => name === request.names[id])) return;
  const [then, now] = [request.names.join(", "), names.join(", ")];
  const message = `the run was begun with classes ${then}, ${request.data} has ${now} now; put them back, or start a new run`;
  throw new FoveaError("invalid_dataset", message, { file, at: "names" });
}

/** Where an interrupted run stopped. */
interface Resumed {
  readonly state: RunState;
  readonly arrays: StateDict;
}

async function run(
  folder: RunFolder,
  request: RunRequest,
  opened: OpenedRun,
  events: TrainEvents,
  resumed?: Resumed,
): Promise<TrainResult> {
  const { args, runtime, model, val, optimiser, stages } = opened;
  const { network, parameters } = model;
  const loss = lossOptions(args, opened.train, val);
  const { loader, valLoader } = openLoaders(opened, request.arguments);
  let step: StagedStep | undefined;
  try {
    step = await StagedStep.open(runtime, model.values, resumed?.state.stage ?? 0, {
      ...{ network, parameters, stages, imgsz: args.imgsz, optimiser: optimiser.name, loss },
      ...{ others: opened.others, freezeNorms: args.freeze_bn },
    });
    return await conduct({ folder, request, opened, loss, loader, valLoader, step, resumed }, events);
  } finally {
    await step?.release();
    await Promise.all([loader.close(), valLoader?.close()]);
  }
}

/** A run with its data and its step open. */
interface Underway {
  readonly folder: RunFolder;
  readonly request: RunRequest;
  readonly opened: OpenedRun;
  readonly loss: LossOptions;
  readonly loader: Loader;
  readonly valLoader?: Loader;
  readonly step: StagedStep;
  readonly resumed?: Resumed;
}

async function conduct(
  { folder, request, opened, loss, loader, valLoader, step, resumed }: Underway,
  events: TrainEvents,
): Promise<TrainResult> {
  const { args, runtime, model, train: trainSet, val, optimiser, stages, monitor } = opened;
  const { network, parameters, names } = model;
  const keeper = args.save ? new FileKeeper(folder) : new MemoryKeeper();
  if (resumed) await restore(step, resumed.state, resumed.arrays, stages, folder.weights("resume"));
  events.onStart?.({
    ...{ folder: folder.path, model, train: trainSet, val, args, optimiser, stages },
    ...{ threads: runtime.threads, resumedAt: resumed?.state.epoch },
  });

  const reporter =
    args.plots || events.onReport
      ? await RunReporter.open(runFacts({ ...opened, folder: folder.path, request, state: resumed?.state }))
      : undefined;
  if (reporter) events.onReport?.(reporter.report("running"));

  const told = new Set<string>();
  const tellProblems = () => {
    for (const problem of [...loader.problems, ...(valLoader?.problems ?? [])]) {
      if (!told.has(problem.file)) events.onFileProblem?.(problem);
      told.add(problem.file);
    }
  };
  let latest: DetectionMetrics | undefined;
  let best: DetectionMetrics | undefined;
  const keep = async (name: string, metrics?: ResultRow) => {
    if (!args.save) return;
    await folder.writeModel(name, { network, parameters, store: step.average, names, request, args, metrics });
  };
  const measure = (values: ParameterValues, dataset: Dataset, from: Loader) =>
    validate(runtime, {
      ...{ network, values, names, dataset, loader: from, loss },
      onBatch: (done, total) => events.onValidation?.(done, total),
    });
  try {
    const result = await loop(
      {
        args,
        ...{ optimiser, stages, step, monitor },
        loader: reporter ? reporter.watch(loader) : loader,
        threads: runtime.threads,
        state: resumed?.state,
        validate:
          val && valLoader
            ? async () => {
                const validation = await measure(step.average.values, val, valLoader);
                latest = validation.metrics;
                return validation;
              }
            : undefined,
      },
      {
        onBegin: (state) => keeper.write(step.memory(), state),
        onStage: (stage, index) => {
          if (stages.length > 1) events.onStage?.(stage, index);
        },
        goBack: async (setback) => {
          const { state, arrays } = await keeper.read();
          const back: RunState = { ...state, setbacks: state.setbacks + 1 };
          await restore(step, back, arrays, stages, folder.weights("resume"));
          await keeper.write(step.memory(), back);
          events.onSetback?.(setback, back.setbacks);
          return back;
        },
        onBatch: (progress) => events.onBatch?.(progress),
        onEpoch: async (row, improved, state) => {
          await keep("last", row);
          if (improved) {
            await keep("best", row);
            best = latest;
          }
          const { save_period: period } = args;
          if (period > 0 && state.epoch % period === 0) await keep(`epoch${state.epoch}`, row);
          await writeAtomically(folder.file("results.csv"), resultsCsv(state.rows));
          if (latest) await folder.writeEpoch("validation", validationLine(state.epoch, latest.summary()));
          const shown = loader.composition(state.epoch - 1);
          await folder.writeEpoch("composition", { epoch: state.epoch, ...shown, boxes: byName(shown.boxes, names) });
          await keeper.write(step.memory(), state);
          events.onEpoch?.(row, improved, { shown, waited: loader.waitedMs / 1000 });
          await reporter?.epoch(state.rows, improved, improved ? latest : undefined);
          if (reporter) events.onReport?.(reporter.report("running"));
          tellProblems();
        },
        onInterrupt: (state) => keeper.write(step.memory(), state),
        shouldStop: () => events.shouldStop?.() ?? false,
        now: () => performance.now() / 1000,
      },
    );
    if (args.plots && result.rows.length > 0) {
      // The best epoch may be one of an earlier session.
      if (!best && val && valLoader && args.save && result.end !== "interrupted") {
        const { state: kept } = await readCheckpoint(folder.weights("best"));
        best = (await measure(new Map([...kept].map(([name, { data }]) => [name, data])), val, valLoader)).metrics;
      }
      await drawResults(folder, result.rows, best);
    }
    // Whoever interrupts a run wants it to end now.
    const report = await reporter?.finish(result.end, result.end === "interrupted" ? {} : { runtime });
    if (report) events.onReport?.(report);
    return { ...result, folder: folder.path, best: folder.weights("best"), last: folder.weights("last") };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    // The error that ended the run is the one to tell.
    await reporter
      ?.finish("failed", { failure })
      .then(events.onReport?.bind(events))
      .catch(() => undefined);
    throw error;
  } finally {
    tellProblems();
  }
}

const byName = (counts: readonly number[], names: readonly string[]) =>
  Object.fromEntries(counts.map((count, id) => [names[id], count]));
