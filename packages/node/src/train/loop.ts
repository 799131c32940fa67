/**
 * @file The training loop, to be read from top to bottom.
 */
import { FoveaError } from "@fovea/core/errors";
import { EarlyStopping } from "@fovea/core/nn/early-stopping";
import { GROUPS, type GroupName } from "@fovea/core/nn/parameter-store";
import { accumulation, averageDecay, learningRateFactor, warmed, warmUpIterations } from "@fovea/core/nn/schedule";
import type { TrainingArguments } from "@fovea/core/nn/training-arguments";
import type { Batch } from "../data/batch";
import type { Loader } from "../data/loader";
import type { OptimiserChoice } from "./choose-optimiser";
import { type ResultRow, resultRow } from "./results-csv";
import type { RunState } from "./run-record";
import type { TrainStep } from "./train-step";
import type { Validation } from "./validate";

/** What the loop needs; everything is open. */
export interface LoopInputs {
  readonly args: TrainingArguments;
  readonly optimiser: OptimiserChoice;
  readonly step: Pick<TrainStep, "lossNames" | "updates" | "pending" | "accumulate" | "update">;
  readonly loader: Pick<Loader, "batchesPerEpoch" | "epoch">;
  readonly threads: number;
  /** Measures the averaged weights; absent without validation. */
  readonly validate?: () => Promise<Validation>;
  /** Where an interrupted run stopped. */
  readonly state?: RunState;
}

/** What the loop tells while it runs. */
export interface LoopEvents {
  /** After every batch. */
  onBatch?(progress: BatchProgress): void;
  /** After every epoch; the averaged weights are as good as ever if `improved`. */
  onEpoch(row: ResultRow, improved: boolean, state: RunState): Promise<void>;
  /** When the run is asked to stop within an epoch: what is needed to go on. */
  onInterrupt(state: RunState): Promise<void>;
  /** True once the user wants to stop. */
  shouldStop(): boolean;
  /** Seconds of a clock that only counts up. */
  now(): number;
}

export interface BatchProgress {
  /** From 0. */
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batches: number;
  readonly lossNames: readonly string[];
  /** Means over the epoch so far. */
  readonly loss: readonly number[];
}

export interface LoopResult {
  readonly rows: readonly ResultRow[];
  /** From 1. */
  readonly bestEpoch: number;
  readonly end: "finished" | "stopped early" | "interrupted";
}

/** Trains to the last epoch, to early stopping or until interrupted. */
export async function loop(inputs: LoopInputs, events: LoopEvents): Promise<LoopResult> {
  const { args, step, loader, validate, threads, state } = inputs;
  const { epochs } = args;
  const stopping = new EarlyStopping(args.patience);
  const rows: ResultRow[] = [...(state?.rows ?? [])];
  const started = events.now() - (state?.seconds ?? 0);
  let iteration = state?.iteration ?? 0;
  let lastUpdate = state?.lastUpdate ?? -1;
  if (state && state.bestFitness !== null) stopping.note(state.bestEpoch, state.bestFitness);
  const warmUp = warmUpIterations(args.warmup_epochs, loader.batchesPerEpoch);

  for (let epoch = state?.epoch ?? 0; epoch < epochs; epoch++) {
    const resumed = state && epoch === state.epoch;
    const lossSums = resumed ? [...state.lossSums] : step.lossNames.map(() => 0);
    let batches = resumed ? state.batches : 0;
    const snapshot = (at: number, done: number, sums: readonly number[]): RunState => ({
      epoch: at,
      batches: done,
      iteration,
      lastUpdate,
      updates: step.updates,
      pending: step.pending,
      lossSums: sums,
      bestFitness: Number.isFinite(stopping.best) ? stopping.best : null,
      bestEpoch: stopping.bestEpoch,
      seconds: events.now() - started,
      threads,
      rows,
    });

    let lr = learningRates(inputs, epoch, iteration, warmUp);
    const mosaic = epoch < epochs - args.close_mosaic;
    for await (const batch of loader.epoch(epoch, { mosaic, skipBatches: batches })) {
      lr = learningRates(inputs, epoch, iteration, warmUp);
      const items = await step.accumulate(batch);
      checkLoss(items, step.lossNames, batch, epoch, batches);
      batch.release();
      items.forEach((item, i) => {
        lossSums[i] += item;
      });
      if (iteration - lastUpdate >= accumulation(iteration, warmUp, args.batch, args.nbs)) {
        step.update({
          lr,
          weightDecay: args.weight_decay * decayScale(args),
          momentum: momentumAt(inputs, iteration, warmUp),
          averageDecay: averageDecay(step.updates + 1),
        });
        lastUpdate = iteration;
      }
      iteration++;
      batches++;
      events.onBatch?.({
        epoch,
        epochs,
        batch: batches,
        batches: loader.batchesPerEpoch,
        lossNames: step.lossNames,
        loss: lossSums.map((sum) => sum / batches),
      });
      if (events.shouldStop() && batches < loader.batchesPerEpoch) {
        await events.onInterrupt(snapshot(epoch, batches, lossSums));
        return { rows, bestEpoch: stopping.bestEpoch + 1, end: "interrupted" };
      }
    }

    const validation = await validate?.();
    const metrics = validation?.metrics.summary();
    // Without validation every epoch counts as the best so far: the last one is kept.
    const { improved, stop } = stopping.note(epoch, metrics ? 0.1 * metrics.map50 + 0.9 * metrics.map5095 : 0);
    const row = resultRow({
      epoch: epoch + 1,
      time: events.now() - started,
      lossNames: step.lossNames,
      trainLoss: lossSums.map((sum) => sum / Math.max(1, batches)),
      valLoss: validation?.loss,
      metrics,
      lr,
    });
    rows.push(row);
    await events.onEpoch(
      row,
      improved,
      snapshot(
        epoch + 1,
        0,
        step.lossNames.map(() => 0),
      ),
    );
    if (stop) return { rows, bestEpoch: stopping.bestEpoch + 1, end: "stopped early" };
    if (events.shouldStop() && epoch + 1 < epochs)
      return { rows, bestEpoch: stopping.bestEpoch + 1, end: "interrupted" };
  }
  return { rows, bestEpoch: stopping.bestEpoch + 1, end: "finished" };
}

/** Learning rate of each group: biases start warm-up high, everything else at zero. */
function learningRates({ args, optimiser }: LoopInputs, epoch: number, iteration: number, warmUp: number) {
  const target = optimiser.lr0 * learningRateFactor(epoch, { epochs: args.epochs, lrf: args.lrf, cosLr: args.cos_lr });
  const rate = (group: GroupName) => warmed(iteration, warmUp, group === "bias" ? optimiser.warmupBiasLr : 0, target);
  return Object.fromEntries(GROUPS.map((group) => [group, rate(group)])) as Record<GroupName, number>;
}

/** Momentum rises during the warm-up of SGD; Adam's stays. */
function momentumAt({ args, optimiser }: LoopInputs, iteration: number, warmUp: number): number {
  return optimiser.name === "SGD"
    ? warmed(iteration, warmUp, args.warmup_momentum, optimiser.momentum)
    : optimiser.momentum;
}

/** Weight decay is meant for the nominal batch size. */
function decayScale({ batch, nbs }: TrainingArguments): number {
  return (batch * Math.max(Math.round(nbs / batch), 1)) / nbs;
}

function checkLoss(items: Float32Array, names: readonly string[], batch: Batch, epoch: number, done: number): void {
  const bad = items.findIndex((item) => !Number.isFinite(item));
  if (bad < 0) return;
  const files = [...new Set(batch.files)];
  const shown = files.slice(0, 4).join(", ") + (files.length > 4 ? ` and ${files.length - 4} more` : "");
  throw new FoveaError(
    "loss_not_finite",
    `${names[bad]} is ${items[bad]} on a batch of ${shown}; lower lr0 or check these images and labels`,
    { at: `epoch ${epoch + 1}, batch ${done + 1}` },
  );
}
