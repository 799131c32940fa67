/**
 * @file The training loop, to be read from top to bottom.
 */
import { FoveaError } from "@fovea/core/errors";
import { EarlyStopping } from "@fovea/core/nn/early-stopping";
import { GROUPS, type GroupName } from "@fovea/core/nn/parameter-store";
import { accumulation, averageDecay, learningRateFactor, warmed, warmUpIterations } from "@fovea/core/nn/schedule";
import type { StagePlan } from "@fovea/core/recipe/plan";
import { PARTS, type TrainingArguments } from "@fovea/core/recipe/training-arguments";
import type { Batch } from "../data/batch";
import type { Loader } from "../data/loader";
import type { OptimiserChoice } from "./choose-optimiser";
import { divergence, filesText, MOST_SETBACKS, type RecentLosses, withLoss } from "./divergence";
import { type ResultRow, resultRow } from "./results-csv";
import type { RunState } from "./run-record";
import type { TrainStep } from "./train-step";
import type { Validation } from "./validate";

/** What the loop needs; everything is open. */
export interface LoopInputs {
  readonly args: TrainingArguments;
  readonly optimiser: OptimiserChoice;
  /** The run's stages, at least one. */
  readonly stages: readonly StagePlan[];
  readonly step: Pick<TrainStep, "lossNames" | "updates" | "pending" | "accumulate" | "update"> & {
    /** Goes on to another stage. */
    enter(stage: number): Promise<void>;
  };
  readonly loader: Pick<Loader, "batchesPerEpoch" | "epoch">;
  readonly threads: number;
  /** Measures the averaged weights; absent without validation. */
  readonly validate?: () => Promise<Validation>;
  /** What the best epoch is best in; the more the better. */
  readonly monitor: (validation: Validation) => number;
  /** Where an interrupted run stopped. */
  readonly state?: RunState;
}

/** What the loop tells while it runs. */
export interface LoopEvents {
  /** Before the first batch of a new run: what is needed to go on, should it be killed or go astray. */
  onBegin?(state: RunState): Promise<void>;
  /** After every batch. */
  onBatch?(progress: BatchProgress): void;
  /** After every epoch; the averaged weights are as good as ever if `improved`. */
  onEpoch(row: ResultRow, improved: boolean, state: RunState): Promise<void>;
  /** When a stage begins, also the one that a resumed run is in. */
  onStage?(stage: StagePlan, index: number): void;
  /** When the run is asked to stop within an epoch: what is needed to go on. */
  onInterrupt(state: RunState): Promise<void>;
  /**
   * When training has gone astray: puts the last saved state back with one setback more, and saves that. Without it the
   * run ends.
   */
  goBack?(setback: Setback): Promise<RunState>;
  /** True once the user wants to stop. */
  shouldStop(): boolean;
  /** Seconds of a clock that only counts up. */
  now(): number;
}

/** Training gone astray. */
export interface Setback {
  /** What happened on which batch: "cls_loss is NaN on a batch of scan1.png". */
  readonly what: string;
  /** `epoch 1, batch 3`. */
  readonly at: string;
  readonly files: readonly string[];
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
  /** What it was best by, as `monitor` says; absent without validation. */
  readonly bestValue?: number;
  readonly end: "finished" | "stopped early" | "out of time" | "interrupted";
}

/** Training went astray and may be taken up again from before. */
class Astray {
  readonly setback: Setback;

  constructor(setback: Setback) {
    this.setback = setback;
  }
}

/** Trains to the last epoch, to early stopping or until interrupted. */
export async function loop(inputs: LoopInputs, events: LoopEvents): Promise<LoopResult> {
  let { state } = inputs;
  for (;;) {
    const started = events.now() - (state?.seconds ?? 0);
    try {
      return await attempt({ ...inputs, state }, events, started);
    } catch (error) {
      if (!(error instanceof Astray)) throw error;
      const { what, at } = error.setback;
      const tries = state?.setbacks ?? 0;
      if (tries >= MOST_SETBACKS || !events.goBack) {
        const often = tries > 0 ? `, even at 1/${2 ** tries} of the rate` : "";
        const message = `${what}${often}; lower lr0 or check these images and labels`;
        throw new FoveaError("loss_not_finite", message, { at });
      }
      const seconds = events.now() - started;
      state = { ...(await events.goBack(error.setback)), seconds };
    }
  }
}

/** Where the run stands among its stages. */
interface InStage {
  readonly stage: number;
  /** Epoch, iteration and updates at which it began; the updates of all so far. */
  readonly stageEpoch: number;
  readonly stageIteration: number;
  readonly stageUpdates: readonly number[];
}

const FIRST_STAGE: InStage = { stage: 0, stageEpoch: 0, stageIteration: 0, stageUpdates: [0] };

async function attempt(inputs: LoopInputs, events: LoopEvents, started: number): Promise<LoopResult> {
  const { args, stages, step, loader, validate, threads, state } = inputs;
  const stopping = new EarlyStopping(args.patience);
  const rows: ResultRow[] = [...(state?.rows ?? [])];
  let iteration = state?.iteration ?? 0;
  let lastUpdate = state?.lastUpdate ?? -1;
  let recent: RecentLosses = state?.recent ?? [];
  const setbacks = state?.setbacks ?? 0;
  if (state && state.bestFitness !== null) stopping.note(state.bestEpoch, state.bestFitness);
  let at: InStage = state ?? FIRST_STAGE;
  let inStage = new EarlyStopping(stages[at.stage].patience ?? 0);
  if (state && state.stageBest !== null) inStage.note(state.stageBestEpoch, state.stageBest);

  const snapshot = (epoch: number, batches: number, lossSums: readonly number[], finished = false): RunState => ({
    epoch,
    batches,
    iteration,
    lastUpdate,
    updates: step.updates,
    pending: step.pending,
    lossSums,
    bestFitness: finiteOrNull(stopping.best),
    bestEpoch: stopping.bestEpoch,
    stage: at.stage,
    stageEpoch: at.stageEpoch,
    stageIteration: at.stageIteration,
    stageUpdates: at.stageUpdates,
    stageBest: finiteOrNull(inStage.best),
    stageBestEpoch: inStage.bestEpoch,
    setbacks,
    recent,
    finished,
    seconds: events.now() - started,
    threads,
    rows,
  });
  const result = (end: LoopResult["end"]): LoopResult => {
    const value = validate && Number.isFinite(stopping.best) ? { bestValue: stopping.best } : {};
    return { rows, bestEpoch: stopping.bestEpoch + 1, ...value, end };
  };
  const none = step.lossNames.map(() => 0);
  if (!state) await events.onBegin?.(snapshot(0, 0, none));
  events.onStage?.(stages[at.stage], at.stage);

  for (let epoch = state?.epoch ?? 0; ; epoch++) {
    const plan = stages[at.stage];
    const end = stages.slice(at.stage).reduce((sum, one) => sum + one.epochs, at.stageEpoch);
    const warmUp = warmUpOf(plan, stages.length, loader.batchesPerEpoch);
    const resumed = state && epoch === state.epoch;
    const lossSums = resumed ? [...state.lossSums] : [...none];
    let batches = resumed ? state.batches : 0;
    const rates = () => learningRates(inputs, at, epoch, iteration - at.stageIteration, warmUp, setbacks);

    let lr = rates();
    const mosaic = epoch < end - args.close_mosaic;
    for await (const batch of loader.epoch(epoch, { mosaic, skipBatches: batches })) {
      lr = rates();
      const items = await step.accumulate(batch);
      const wrong = divergence(items, step.lossNames, batch, recent);
      if (wrong !== undefined) throw astray(wrong, batch, epoch, batches);
      recent = withLoss(recent, items, batch);
      batch.release();
      items.forEach((item, i) => {
        lossSums[i] += item;
      });
      const inWarmUp = iteration - at.stageIteration;
      if (iteration - lastUpdate >= accumulation(inWarmUp, warmUp, args.batch, args.nbs)) {
        step.update({
          lr,
          weightDecay: plan.args.weight_decay * decayScale(args),
          momentum: momentumAt(inputs, plan, inWarmUp, warmUp),
          averageDecay: averageDecay(step.updates + 1),
          classes: plan.classes.map(({ share, since }) => ({ share, updatesBefore: at.stageUpdates[since] })),
        });
        lastUpdate = iteration;
      }
      iteration++;
      batches++;
      events.onBatch?.({
        epoch,
        epochs: end,
        batch: batches,
        batches: loader.batchesPerEpoch,
        lossNames: step.lossNames,
        loss: lossSums.map((sum) => sum / batches),
      });
      if (events.shouldStop() && batches < loader.batchesPerEpoch) {
        await events.onInterrupt(snapshot(epoch, batches, lossSums));
        return result("interrupted");
      }
    }

    const validation = await validate?.();
    // Without validation every epoch counts as the best so far: the last one is kept.
    const fitness = validation ? inputs.monitor(validation) : 0;
    const { improved, stop } = stopping.note(epoch, fitness);
    const stageStop = inStage.note(epoch, fitness).stop;
    const row = resultRow({
      epoch: epoch + 1,
      time: events.now() - started,
      lossNames: step.lossNames,
      trainLoss: lossSums.map((sum) => sum / Math.max(1, batches)),
      valLoss: validation?.loss,
      metrics: validation?.metrics.summary(),
      lr,
      ...(isStaged(stages) && { stage: at.stage + 1, partLr: partRates(plan, lr.weight) }),
    });
    rows.push(row);

    const stageOver = stageStop || epoch + 1 - at.stageEpoch >= plan.epochs;
    const late = args.time > 0 && events.now() - started >= 3600 * args.time;
    const finished = stageOver && at.stage === stages.length - 1;
    const over = finished || stop || late;
    if (stageOver && !over) {
      const stage = at.stage + 1;
      await step.enter(stage);
      at = {
        stage,
        stageEpoch: epoch + 1,
        stageIteration: iteration,
        stageUpdates: [...at.stageUpdates, step.updates],
      };
      // A stage's warm-up begins with an update after every batch.
      lastUpdate = iteration - 1;
      inStage = new EarlyStopping(stages[stage].patience ?? 0);
      recent = [];
    }
    await events.onEpoch(row, improved, snapshot(epoch + 1, 0, none, over));
    if (over) {
      const how = epoch + 1 >= end ? "finished" : late && !stop && !finished ? "out of time" : "stopped early";
      return result(how);
    }
    if (at.stageEpoch === epoch + 1) events.onStage?.(stages[at.stage], at.stage);
    if (events.shouldStop()) return result("interrupted");
  }
}

/** Iterations of warm-up; in a run of several stages a third of the stage at most, which may be a short one. */
function warmUpOf({ args, epochs }: StagePlan, stages: number, batchesPerEpoch: number): number {
  const usual = warmUpIterations(args.warmup_epochs, batchesPerEpoch);
  return stages > 1 ? Math.min(usual, Math.floor((epochs * batchesPerEpoch) / 3)) : usual;
}

const finiteOrNull = (x: number) => (Number.isFinite(x) ? x : null);

function astray(wrong: string, batch: Batch, epoch: number, done: number): Astray {
  const setback = {
    what: `${wrong} ${filesText(batch)}`,
    at: `epoch ${epoch + 1}, batch ${done + 1}`,
    files: [...new Set(batch.files)],
  };
  batch.release();
  return new Astray(setback);
}

/**
 * Learning rate of each group: biases start warm-up high, everything else at zero. Warm-up and fall are those of the
 * stage; a run that has gone astray goes on at half the rate.
 *
 * @param iteration since the stage began
 */
function learningRates(
  { stages, optimiser }: LoopInputs,
  { stage, stageEpoch }: InStage,
  epoch: number,
  iteration: number,
  warmUp: number,
  setbacks: number,
) {
  const { args, epochs, lr0 = optimiser.lr0 } = stages[stage];
  const { lrf, cos_lr: cosLr } = args;
  const target = lr0 * learningRateFactor(epoch - stageEpoch, { epochs, lrf, cosLr });
  const rate = (group: GroupName) => {
    return warmed(iteration, warmUp, group === "bias" ? biasStart(args, optimiser) : 0, target) * 0.5 ** setbacks;
  };
  return Object.fromEntries(GROUPS.map((group) => [group, rate(group)])) as Record<GroupName, number>;
}

/** Momentum rises during the warm-up of SGD; Adam's stays. */
function momentumAt({ optimiser }: LoopInputs, { args }: StagePlan, iteration: number, warmUp: number): number {
  const momentum = args.optimizer === "auto" ? optimiser.momentum : args.momentum;
  return optimiser.name === "SGD" ? warmed(iteration, warmUp, args.warmup_momentum, momentum) : momentum;
}

const biasStart = ({ optimizer, warmup_bias_lr: own }: TrainingArguments, { warmupBiasLr }: OptimiserChoice) =>
  optimizer === "auto" ? warmupBiasLr : own;

/** Weight decay is meant for the nominal batch size. */
function decayScale({ batch, nbs }: TrainingArguments): number {
  return (batch * Math.max(Math.round(nbs / batch), 1)) / nbs;
}

/** Whether rates differ between rows or stages, so that the results say which. */
function isStaged(stages: readonly StagePlan[]): boolean {
  return stages.length > 1 || stages.some(({ classes }) => classes.length > 1);
}

/** Learning rate of each part's fastest rows; 0 where it is frozen. */
function partRates({ partShares }: StagePlan, lr: number): Readonly<Record<string, number>> {
  return Object.fromEntries(PARTS.map((part) => [part, partShares[part] * lr]));
}
