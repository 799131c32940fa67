/**
 * @file A training run from data set to weights: opens everything, runs the loop, keeps what comes of it.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Dataset, Problem } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import type { Runtime } from "@fovea/core/graph/runtime";
import type { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import type { Gains } from "@fovea/core/nn/detection-loss";
import { checkImageSize } from "@fovea/core/nn/image-size";
import { ParameterStore } from "@fovea/core/nn/parameter-store";
import { frozenRows, type TrainingArguments, trainingArguments } from "@fovea/core/nn/training-arguments";
import type { StateDict } from "@fovea/core/nn/weights/state";
import type { RunReport } from "@fovea/core/report/run-report";
import { writeAtomically } from "../data/atomic-write";
import { Loader } from "../data/loader";
import { openDataset } from "../data/open-dataset";
import { openTrainableModel, type TrainableModel } from "../model/open-model";
import { RunReporter } from "../report/run-reporter";
import { openRuntime } from "../runtime/onnx-runtime";
import { chooseOptimiser, type OptimiserChoice } from "./choose-optimiser";
import { type BatchProgress, type LoopResult, loop } from "./loop";
import { type ResultRow, resultsCsv } from "./results-csv";
import { runFacts } from "./run-facts";
import { RunFolder } from "./run-folder";
import type { RunRequest, RunState } from "./run-record";
import { TrainStep } from "./train-step";
import { validate } from "./validate";

export interface TrainRequest {
  /** Data YAML. */
  readonly data: string;
  /** Published name, model YAML or weights. */
  readonly model: string;
  /** Weights to start from where `model` is an architecture. */
  readonly weights?: string;
  /** Training arguments that differ from their defaults. */
  readonly arguments?: Readonly<Record<string, string | number | boolean>>;
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
  onEpoch?(row: ResultRow, improved: boolean): void;
  /** After an epoch, what turned out about a file while batches were made: each file once. */
  onFileProblem?(problem: Problem): void;
  /** What the page of the run shows: when it starts, after every epoch, at the end. */
  onReport?(report: RunReport): void;
  /** True once the user wants to stop: the step is finished, the state saved. */
  shouldStop?(): boolean;
}

export interface TrainStart {
  readonly folder: string;
  readonly model: TrainableModel;
  readonly train: Dataset;
  readonly val?: Dataset;
  readonly args: TrainingArguments;
  readonly optimiser: OptimiserChoice;
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
  const { data, model, weights, onProblem } = request;
  const opened = await open({ data, model, weights, arguments: request.arguments ?? {} }, args, onProblem, events);
  const folder = await RunFolder.create(request.project ?? "runs", request.name ?? "train", args.exist_ok);
  const stored: RunRequest = {
    data: resolve(data),
    model: existsSync(model) ? resolve(model) : model,
    weights: weights === undefined ? undefined : resolve(weights),
    names: opened.model.names,
    onProblem,
    arguments: request.arguments ?? {},
  };
  await folder.writeRequest(stored);
  if (opened.model.transfer) await folder.writeTransfer(opened.model.transfer);
  return run(folder, stored, args, opened, events);
}

/**
 * Goes on with an interrupted run, from the path of its folder or of a file of weights in it.
 *
 * @throws {FoveaError} `invalid_dataset` if the data set's classes are others by now
 */
export async function resumeTraining(path: string, events: TrainEvents = {}): Promise<TrainResult> {
  const folder = RunFolder.open(path);
  const request = await folder.readRequest();
  const args = trainingArguments(request.arguments, { file: folder.file("args.json") });
  const { state, arrays } = await folder.readState();
  if (state.epoch >= args.epochs) {
    throw new FoveaError(
      "invalid_argument",
      `the run has finished its ${args.epochs} epochs; start a new one from its weights`,
      { file: path },
    );
  }
  const opened = await open(request, args, request.onProblem, events, state.threads);
  checkNames(opened.train.names, request, folder.file("args.json"));
  return run(folder, request, args, opened, events, { state, arrays });
}

/** Classes that were renamed or stand in another order since would be learned under each other's names. */
function checkNames(names: readonly string[], request: RunRequest, file: string): void {
  if (names.length === request.names.length && names.every((name, id) => name === request.names[id])) return;
  const [then, now] = [request.names.join(", "), names.join(", ")];
  const message = `the run was begun with classes ${then}, ${request.data} has ${now} now; put them back, or start a new run`;
  throw new FoveaError("invalid_dataset", message, { file, at: "names" });
}

interface Opened {
  readonly runtime: Runtime;
  readonly model: TrainableModel;
  readonly train: Dataset;
  readonly val?: Dataset;
  readonly onProblem?: "skip" | "refuse";
}

async function open(
  { data, model, weights }: Omit<RunRequest, "names">,
  args: TrainingArguments,
  onProblem: "skip" | "refuse" | undefined,
  events: TrainEvents,
  threads = args.threads,
): Promise<Opened> {
  const { single_cls: singleCls, fraction, seed, device } = args;
  const part = (split: string, share: number) =>
    openDataset(data, split, {
      onProblem,
      singleCls,
      fraction: share,
      onProgress: (done, total) => events.onScan?.(split, done, total),
    });
  const train = await part("train", fraction);
  const val = args.val ? await part("val", 1) : undefined;
  const opened = await openTrainableModel(model, { names: train.names, weights, seed });
  checkImageSize(opened.network, { width: args.imgsz, height: args.imgsz });
  const runtime = await openRuntime({ device, threads: threads > 0 ? threads : undefined });
  return { runtime, model: opened, train, val, onProblem };
}

async function run(
  folder: RunFolder,
  request: RunRequest,
  args: TrainingArguments,
  opened: Opened,
  events: TrainEvents,
  resumed?: { readonly state: RunState; readonly arrays: StateDict },
): Promise<TrainResult> {
  const { runtime, model, train: trainSet, val, onProblem } = opened;
  const { network, parameters, names } = model;
  const store = new ParameterStore(parameters, frozenRows(args.freeze, network.rows.length));
  store.set(model.values);
  const gains: Gains = { box: args.box, cls: args.cls, dfl: args.dfl };
  const optimiser = chooseOptimiser(args, trainSet.samples.length, network.nc);
  const masks = network.task === "segment";
  const shared = {
    imgsz: args.imgsz,
    masks,
    workers: args.workers < 0 ? undefined : args.workers,
    cache: cacheOf(args),
    onProblem,
  };
  const loader = new Loader(trainSet, {
    ...shared,
    batch: args.batch,
    mode: "train",
    seed: args.seed,
    augmentation: augmentationOf(args),
  });
  const valLoader = val && new Loader(val, { ...shared, batch: args.batch, mode: "val", masks: false });
  const step = await TrainStep.open(runtime, network, store, {
    imgsz: args.imgsz,
    optimiser: optimiser.name,
    gains,
    clip: args.clip,
  });
  if (resumed) restore(step, resumed.state, resumed.arrays, folder.weights("resume"));
  events.onStart?.({
    folder: folder.path,
    model,
    train: trainSet,
    val,
    args,
    optimiser,
    threads: runtime.threads,
    resumedAt: resumed?.state.epoch,
  });

  const reporter =
    args.plots || events.onReport
      ? await RunReporter.open(
          runFacts({
            folder: folder.path,
            request,
            args,
            optimiser,
            model,
            train: trainSet,
            val,
            state: resumed?.state,
          }),
        )
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
  const keep = (name: string, metrics?: ResultRow) =>
    folder.writeModel(name, { network, parameters, store: step.average, names, request, metrics });
  try {
    const result = await loop(
      {
        args,
        optimiser,
        step,
        loader: reporter ? reporter.watch(loader) : loader,
        threads: runtime.threads,
        state: resumed?.state,
        validate:
          val && valLoader
            ? async () => {
                const validation = await validate(runtime, {
                  network,
                  values: step.average.values,
                  names,
                  dataset: val,
                  loader: valLoader,
                  gains,
                  onBatch: (done, total) => events.onValidation?.(done, total),
                });
                latest = validation.metrics;
                return validation;
              }
            : undefined,
      },
      {
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
          await folder.writeState(step.memory(), state);
          events.onEpoch?.(row, improved);
          await reporter?.epoch(state.rows, improved, improved ? latest : undefined);
          if (reporter) events.onReport?.(reporter.report("running"));
          tellProblems();
        },
        onInterrupt: (state) => folder.writeState(step.memory(), state),
        shouldStop: () => events.shouldStop?.() ?? false,
        now: () => performance.now() / 1000,
      },
    );
    if (args.plots && result.rows.length > 0) {
      const { drawCurves } = await import("../report/curves");
      await drawCurves(result.rows, folder.file("results.png"));
      await drawCurves(result.rows, folder.file("results.svg"));
      if (best) {
        const { drawValidation } = await import("../report/draw-validation");
        await drawValidation(best, folder.path);
      }
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
    await step.release();
    loader.close();
    valLoader?.close();
  }
}

/** @throws {FoveaError} `invalid_safetensors` if the state is that of another network */
function restore(step: TrainStep, state: RunState, arrays: StateDict, file: string): void {
  const check = (at: string, found: number | undefined, wanted: number) => {
    if (found === wanted) return;
    const message = `the saved state does not fit the network: ${found ?? "no"} values, wanted ${wanted}`;
    throw new FoveaError("invalid_safetensors", message, { file, at });
  };
  check("lossSums", state.lossSums.length, step.lossNames.length);
  for (const [name, data] of step.memory()) {
    const stored = arrays.get(name)?.data;
    check(name, stored?.length, data.length);
    if (stored) data.set(stored);
  }
  step.resume(state);
}

function cacheOf({ cache }: TrainingArguments): boolean | "auto" {
  return cache === "auto" ? "auto" : cache !== "false";
}

function augmentationOf(args: TrainingArguments) {
  const { hsv_h, hsv_s, hsv_v, degrees, translate, scale, shear, flipud, fliplr, mosaic } = args;
  return { hsv_h, hsv_s, hsv_v, degrees, translate, scale, shear, flipud, fliplr, mosaic };
}
