/**
 * @file What the report of a run is told when the run starts.
 */
import { basename } from "node:path";
import type { Dataset } from "@fovea/core/dataset/sample";
import { countNetwork } from "@fovea/core/nn/count";
import type { TrainingArguments } from "@fovea/core/nn/training-arguments";
import { transferSummary } from "@fovea/core/nn/weights/transfer";
import type { TrainableModel } from "../model/open-model";
import type { RunFacts } from "../report/run-reporter";
import type { OptimiserChoice } from "./choose-optimiser";
import type { RunRequest, RunState } from "./run-record";

export interface RunStart {
  readonly folder: string;
  readonly request: RunRequest;
  readonly args: TrainingArguments;
  readonly optimiser: OptimiserChoice;
  readonly model: TrainableModel;
  readonly train: Dataset;
  readonly val?: Dataset;
  /** Where an interrupted run stopped. */
  readonly state?: RunState;
}

export function runFacts({ folder, request, args, optimiser, model, train, val, state }: RunStart): RunFacts {
  const { parameters, publishedGflops } = countNetwork(model.network, { imgsz: args.imgsz });
  const count = String(parameters).replace(/\B(?=(?:\d{3})+$)/g, ",");
  const from = request.weights ?? (model.transfer ? request.model : undefined);
  return {
    folder,
    data: request.data,
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
    stages: [
      {
        name: "train",
        firstEpoch: 1,
        lastEpoch: args.epochs,
        trainable: ["", "0"].includes(args.freeze.replace(/[[\]\s]/g, "")) ? "all" : `all but rows ${args.freeze}`,
        learningRate: `${optimiser.lr0} (${optimiser.name})`,
      },
    ],
    rows: state?.rows,
    bestEpoch: state && state.rows.length > 0 ? state.bestEpoch + 1 : 0,
  };
}
