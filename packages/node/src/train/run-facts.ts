/**
 * @file What the report of a run is told when the run starts.
 */
import { basename } from "node:path";
import type { Dataset } from "@fovea/core/dataset/sample";
import { countNetwork } from "@fovea/core/nn/count";
import { transferSummary } from "@fovea/core/nn/weights/transfer";
import type { StagePlan } from "@fovea/core/recipe/plan";
import type { TrainingArguments } from "@fovea/core/recipe/training-arguments";
import type { RunStage } from "@fovea/core/report/run-report";
import type { DataFingerprint } from "../data/fingerprint";
import type { TrainableModel } from "../model/open-model";
import type { RunFacts } from "../report/run-reporter";
import type { OptimiserChoice } from "./choose-optimiser";
import type { RunRequest, RunState } from "./run-record";

export interface RunStart {
  readonly folder: string;
  readonly request: RunRequest;
  readonly args: TrainingArguments;
  readonly optimiser: OptimiserChoice;
  readonly stages: readonly StagePlan[];
  readonly model: TrainableModel;
  readonly train: Dataset;
  readonly val?: Dataset;
  readonly fingerprint: DataFingerprint;
  /** Where an interrupted run stopped. */
  readonly state?: RunState;
}

export function runFacts(start: RunStart): RunFacts {
  const { folder, request, args, optimiser, stages, model, train, val, fingerprint, state } = start;
  const { parameters, publishedGflops } = countNetwork(model.network, { imgsz: args.imgsz });
  const count = String(parameters).replace(/\B(?=(?:\d{3})+$)/g, ",");
  const from = request.weights ?? (model.transfer ? request.model : undefined);
  return {
    folder,
    data: request.data,
    fingerprint,
    train,
    val,
    args,
    model: {
      name: model.network.name,
      size: `${count} parameters, ${publishedGflops.toFixed(1)} GFLOPs at ${args.imgsz} px`,
      weights:
        from === undefined
          ? `from scratch, seed ${args.seed}`
          : `${basename(from)}${model.transfer ? `: ${transferSummary(model.transfer)}` : ""}`,
    },
    stages: stageFacts(stages, args, optimiser),
    rows: state?.rows,
    bestEpoch: state && state.rows.length > 0 ? state.bestEpoch + 1 : 0,
  };
}

/** What each stage trains, and how fast it begins. */
function stageFacts(stages: readonly StagePlan[], args: TrainingArguments, optimiser: OptimiserChoice): RunStage[] {
  let first = 1;
  return stages.map(({ name, epochs, lr0 = optimiser.lr0, classes }) => {
    const frozen = ["", "0"].includes(args.freeze.replace(/[[\]\s]/g, "")) ? "all" : `all but rows ${args.freeze}`;
    const rates = classes.map(
      (one) => `${one.name === "" ? "" : `${one.name} `}${Number((lr0 * one.share).toPrecision(3))}`,
    );
    const stage = {
      name: name === "" ? "train" : name,
      firstEpoch: first,
      lastEpoch: first + epochs - 1,
      trainable: name === "" ? frozen : name,
      learningRate: `${rates.join(", ")} (${optimiser.name})`,
    };
    first += epochs;
    return stage;
  });
}
