/**
 * @file Everything that a run needs open before its first batch: data, model, engine, and the recipe made out for them.
 */
import { missingClasses } from "@fovea/core/dataset/missing-classes";
import { type Dataset, errorOf } from "@fovea/core/dataset/sample";
import { tileDataset } from "@fovea/core/dataset/tiles";
import { ArgumentError } from "@fovea/core/errors";
import type { Runtime } from "@fovea/core/graph/runtime";
import { checkImageSize } from "@fovea/core/nn/image-size";
import { planStages, type StagePlan } from "@fovea/core/recipe/plan";
import type { TrainingArguments } from "@fovea/core/recipe/training-arguments";
import { type DataFingerprint, fingerprintData } from "../data/fingerprint";
import { openDataset } from "../data/open-dataset";
import { largestSide } from "../data/training-batches";
import { openTrainableModel, type TrainableModel } from "../model/open-model";
import { openRuntime } from "../runtime/onnx-runtime";
import { openThreadRuntime } from "../runtime/thread-runtime";
import { chooseOptimiser, type OptimiserChoice } from "./choose-optimiser";
import { largestBatch } from "./largest-batch";
import type { LoopInputs } from "./loop";
import { monitorOf } from "./monitor";
import { resolvedArguments } from "./run-options";
import type { RunRequest } from "./run-record";
import { sharedThreads, trainingDevices } from "./training-devices";

/** A run with everything open that it needs before its folder. */
export interface OpenedRun {
  /** With a batch that fits where none was named. */
  readonly args: TrainingArguments;
  readonly runtime: Runtime;
  /** Engines on the other devices that train, in threads of their own. */
  readonly others: readonly Runtime[];
  readonly model: TrainableModel;
  readonly train: Dataset;
  readonly val?: Dataset;
  readonly fingerprint: DataFingerprint;
  readonly onProblem?: "skip" | "refuse";
  readonly optimiser: OptimiserChoice;
  readonly stages: readonly StagePlan[];
  readonly monitor: LoopInputs["monitor"];
}

/**
 * Opens data, model and engine, and makes the recipe out for them.
 *
 * @param threads of the engine on each device, as a run that is resumed had them; 0 or none: `args` tell
 * @throws {FoveaError} what the data set, the model or the recipe lacks
 */
export async function openRun(
  { data, model, weights, arguments: given }: Pick<RunRequest, "data" | "model" | "weights" | "arguments">,
  args: TrainingArguments,
  onProblem: "skip" | "refuse" | undefined,
  onScan: ((split: string, done: number, total: number) => void) | undefined,
  threads?: number,
): Promise<OpenedRun> {
  const { single_cls: singleCls, fraction, seed } = args;
  const devices = trainingDevices(args);
  const monitor = monitorOf(args.monitor);
  const part = (split: string, share: number) =>
    openDataset(data, split, {
      onProblem,
      singleCls,
      fraction: share,
      onProgress: (done, total) => onScan?.(split, done, total),
    });
  const whole = await part("train", fraction);
  const missing = missingClasses(whole, data);
  if (missing && onProblem === "refuse") throw errorOf(missing);
  const told = missing ? { ...whole, problems: [...whole.problems, missing] } : whole;
  const train = args.tile > 0 ? tileDataset(told, { tile: args.tile, overlap: args.overlap }) : told;
  const val = args.val ? await part("val", 1) : undefined;
  const fingerprint = await fingerprintData(val ? [train, val] : [train]);
  const fresh = args.pretrained.toLowerCase() === "false";
  const opened = await openTrainableModel(model, { names: train.names, weights, seed, fresh });
  if (devices.length > 1 && opened.network.task === "segment") {
    const message = `device: ${args.device}: ${opened.network.name} outlines lesions, and such networks train on one device`;
    throw new ArgumentError(`${message}; name one, or train a network that detects`);
  }
  checkImageSize(opened.network, { width: args.imgsz, height: args.imgsz });
  const optimiserFor = (batch: number) => chooseOptimiser({ ...args, batch }, train.samples.length, opened.network.nc);
  const { names } = train;
  const most = Math.min(4096, train.samples.length);
  const planned = planStages(args, opened.network, optimiserFor(args.nbs).lr0);
  // The stage that trains most rows takes most memory.
  const [{ frozen }] = planned.toSorted((a, b) => a.frozen.size - b.frozen.size);
  const { imgsz, freeze_bn: freezeNorms } = args;
  // Of the largest images that will come.
  const largest = largestSide({ imgsz, multiScale: args.multi_scale, stride: Math.max(...opened.network.strides) });
  const probe = { model, weights, names, imgsz: largest, threads: args.threads, frozen: [...frozen], freezeNorms };
  const batch =
    args.batch < 0 ? await largestBatch({ ...probe, optimiser: optimiserFor(args.nbs).name }, most) : args.batch;
  const optimiser = optimiserFor(batch);
  const stages = planStages({ ...args, batch }, opened.network, optimiser.lr0);
  const each = threads || sharedThreads(args.threads, devices.length);
  const [first, ...rest] = devices;
  const runtime = await openRuntime({ device: first, threads: each });
  const others = await Promise.all(rest.map((device) => openThreadRuntime({ device, threads: each })));
  const sets = { train, val, fingerprint };
  const warned = { ...opened, warnings: [...opened.warnings, ...otherNormalisation(opened, args, weights ?? model)] };
  const resolved = resolvedArguments({ ...args, batch }, given, names);
  return { args: resolved, runtime, others, model: warned, ...sets, onProblem, optimiser, stages, monitor };
}

/** What a user should hear where weights that saw normalised images go on with others. */
function otherNormalisation(from: TrainableModel, { normalize }: TrainingArguments, file: string): string[] {
  if (from.normalize === "none" || from.normalize === normalize) return [];
  const advice = `set normalize=${from.normalize} to go on with what they know`;
  return [`${file} was trained with normalize=${from.normalize}, this run has normalize=${normalize}; ${advice}`];
}
