/**
 * @file A training step that goes from stage to stage: each has a graph of its own, with its frozen rows folded.
 *
 * Weights, their average and the count of updates go on. So does the optimiser's state of rows that were trained in the
 * stage before as well; others begin with zeros. Gradients that wait for an update at the end of a stage are dropped.
 */
import type { Runtime } from "@fovea/core/graph/runtime";
import { ParameterStore } from "@fovea/core/nn/parameter-store";
import type { Parameter } from "@fovea/core/nn/parameters";
import type { NetworkRows } from "@fovea/core/nn/rows";
import type { StagePlan } from "@fovea/core/recipe/plan";
import type { Batch } from "../data/batch";
import { TrainStep, type TrainStepOptions, type UpdateSettings } from "./train-step";

export interface StagedStepOptions extends TrainStepOptions {
  readonly network: NetworkRows;
  readonly parameters: readonly Parameter[];
  readonly stages: readonly StagePlan[];
}

export class StagedStep {
  readonly #runtime: Runtime;
  readonly #options: StagedStepOptions;
  #step: TrainStep;
  #stage: number;

  /**
   * @param values weights to start from
   * @param stage to begin with, from 0
   */
  static async open(
    runtime: Runtime,
    values: ReadonlyMap<string, Float32Array>,
    stage: number,
    options: StagedStepOptions,
  ): Promise<StagedStep> {
    return new StagedStep(runtime, options, await openStage(runtime, values, stage, options), stage);
  }

  private constructor(runtime: Runtime, options: StagedStepOptions, step: TrainStep, stage: number) {
    this.#runtime = runtime;
    this.#options = options;
    this.#step = step;
    this.#stage = stage;
  }

  /** Goes on to another stage; nothing happens where it is the present one. */
  async enter(stage: number): Promise<void> {
    if (stage === this.#stage) return;
    const before = this.#step;
    const step = await openStage(this.#runtime, before.store.values, stage, this.#options);
    step.follow(before);
    [this.#step, this.#stage] = [step, stage];
    await before.release();
  }

  /**
   * Puts back what `memory` gave in some stage, and the counters.
   *
   * @param take is given the arrays to fill
   */
  async restore(
    { stage, ...counters }: { readonly stage: number; readonly updates: number; readonly pending: number },
    take: (memory: ReadonlyMap<string, Float32Array>) => void,
  ): Promise<void> {
    // Frozen rows and norms are constants of the graph: it is made anew where they may be others.
    const { parameters, stages, freezeNorms = false } = this.#options;
    const { frozen, classOfRow } = stages[stage];
    if (stage !== this.#stage || frozen.size > 0 || freezeNorms) {
      const stored = new ParameterStore(parameters, frozen, undefined, classOfRow);
      const arrays = new Map([["buffers", stored.buffers.data]]);
      take(arrays);
      const step = await openStage(this.#runtime, stored.values, stage, this.#options);
      await this.#step.release();
      [this.#step, this.#stage] = [step, stage];
    }
    take(this.#step.memory());
    this.#step.resume(counters);
  }

  get lossNames(): readonly string[] {
    return this.#step.lossNames;
  }

  get updates(): number {
    return this.#step.updates;
  }

  get pending(): number {
    return this.#step.pending;
  }

  get store(): ParameterStore {
    return this.#step.store;
  }

  get average(): ParameterStore {
    return this.#step.average;
  }

  accumulate(batch: Batch): Promise<Float32Array> {
    return this.#step.accumulate(batch);
  }

  update(settings: UpdateSettings): number {
    return this.#step.update(settings);
  }

  memory(): ReadonlyMap<string, Float32Array> {
    return this.#step.memory();
  }

  async release(): Promise<void> {
    await this.#step.release();
  }
}

async function openStage(
  runtime: Runtime,
  values: ReadonlyMap<string, Float32Array>,
  stage: number,
  { network, parameters, stages, ...options }: StagedStepOptions,
): Promise<TrainStep> {
  const { frozen, classOfRow, args } = stages[stage];
  const store = new ParameterStore(parameters, frozen, undefined, classOfRow);
  store.set(values);
  return TrainStep.open(runtime, network, store, { ...options, clip: args.clip });
}
