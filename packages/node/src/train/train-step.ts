/**
 * @file One training step: gradients of a batch, and the update of the weights.
 *
 * The network's numbers live in a few flat arrays that ONNX Runtime reads and writes in place, so that nothing is
 * allocated from step to step.
 */

import type { Runtime, Value } from "@fovea/core/graph/runtime";
import { type AnchorGrid, truthFeeds, truthsOf } from "@fovea/core/nn/candidates";
import { WIOU_MOMENTUM } from "@fovea/core/nn/iou";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import { clippingScale, OptimiserMemory, type OptimiserName, STATES } from "@fovea/core/nn/optimiser";
import {
  type FlatArray,
  flatArray,
  GROUPS,
  type GroupName,
  groupedArrays,
  type ParameterStore,
} from "@fovea/core/nn/parameter-store";
import type { NetworkRows } from "@fovea/core/nn/rows";
import { MOMENTUM, moveTowards, unbias } from "@fovea/core/nn/running-statistics";
import type { TrainingGraph } from "@fovea/core/nn/training-graph";
import type { Batch } from "../data/batch";
import { runParts } from "./run-parts";
import { TrainingSessions } from "./training-sessions";

export interface TrainStepOptions {
  readonly imgsz: number;
  readonly optimiser: OptimiserName;
  /** @default the loss of the public tools */
  readonly loss?: LossOptions;
  /** Largest norm of all gradients together; 0 does not clip. @default 10 */
  readonly clip?: number;
  /** Batch norms go by their running statistics, which stay; scale and shift are trained. @default false */
  readonly freezeNorms?: boolean;
  /**
   * Engines on further devices of the same kind, which compute a part of each batch: in threads of their own, or they wait
   * for one another. Not for segmenting networks. @default none
   */
  readonly others?: readonly Runtime[];
}

/** What an update is told. */
export interface UpdateSettings {
  readonly lr: Readonly<Record<GroupName, number>>;
  readonly weightDecay: number;
  /** Momentum of SGD, beta1 of Adam. */
  readonly momentum: number;
  /** Decay of the weights' moving average. */
  readonly averageDecay: number;
  /** Each class of rows: its learning rate as a share of `lr`, and updates before it began. @default 1 and 0 */
  readonly classes?: readonly ClassSettings[];
}

export interface ClassSettings {
  readonly share: number;
  /** Updates of the run before the class was trained: Adam's correction counts from there. */
  readonly updatesBefore: number;
}

const PLAIN_CLASS: ClassSettings = { share: 1, updatesBefore: 0 };

export class TrainStep {
  readonly lossNames: readonly string[];
  /** Weights as training moves them. */
  readonly store: ParameterStore;
  /** Their moving average, which is validated and kept. */
  readonly average: ParameterStore;
  /** Updates so far. */
  updates = 0;
  readonly #network: NetworkRows;
  readonly #graph: TrainingSessions["first"];
  readonly #sessions: TrainingSessions;
  readonly #optimiser: OptimiserName;
  readonly #clip: number;
  readonly #loss: LossOptions;
  readonly #memory: OptimiserMemory;
  /** Gradients summed since the last update. */
  readonly #sums: Readonly<Record<GroupName, FlatArray>>;
  readonly #fresh: Readonly<Record<GroupName, FlatArray>>;
  readonly #statistics: FlatArray;
  /** Mean of 1 - IoU over the batches so far, for WIoU. */
  readonly #iouMean = Float32Array.of(1);
  /** Names of the running statistics that move. */
  readonly #moving: readonly string[];
  readonly #states = new Map<string, Float32Array>();
  readonly #parameterFeeds: Record<string, Value> = {};
  readonly #intoSums: Record<string, Value> = {};
  readonly #intoFresh: Record<string, Value> = {};
  /** Batches whose gradients are in the sums. */
  #summed = 0;

  /** @param start starting weights, copied, and which rows are frozen */
  static async open(
    runtime: Runtime,
    network: NetworkRows,
    start: ParameterStore,
    { imgsz, optimiser, loss = {}, clip = 10, freezeNorms = false, others = [] }: TrainStepOptions,
  ): Promise<TrainStep> {
    const sessions = await TrainingSessions.open([runtime, ...others], network, start, { imgsz, loss, freezeNorms });
    return new TrainStep(network, start, sessions, optimiser, clip, loss);
  }

  private constructor(
    network: NetworkRows,
    start: ParameterStore,
    sessions: TrainingSessions,
    optimiser: OptimiserName,
    clip: number,
    loss: LossOptions,
  ) {
    this.#network = network;
    const graph = sessions.first;
    this.#graph = graph;
    this.#sessions = sessions;
    this.#optimiser = optimiser;
    this.#clip = clip;
    this.#loss = loss;
    this.lossNames = graph.lossNames;
    const lengths = GROUPS.map((group) => start.groups[group].data.length);
    // Weights, their average, two arrays of gradients, and the optimiser's states.
    this.#memory = new OptimiserMemory((4 + STATES[optimiser].length) * lengths.reduce((a, b) => a + b));
    const { allocate } = this.#memory;
    this.store = start.clone(allocate);
    this.average = start.clone(allocate);
    this.#sums = groupedArrays(start.trained, allocate);
    this.#fresh = groupedArrays(start.trained, allocate);
    this.#statistics = flatArray(new Map(graph.norms.flatMap(({ path }) => statisticsOf(path, start))));
    this.#moving = graph.norms.flatMap(({ path }) => [`${path}.running_mean`, `${path}.running_var`]);
    for (const state of STATES[optimiser]) {
      for (const group of GROUPS) this.#states.set(`${state}:${group}`, allocate(start.groups[group].data.length));
    }
    this.#bind();
  }

  /**
   * Views of the flat arrays under the graph's names, made once. Each gradient is written to its place as it is
   * computed: one vector of all, put together in the graph, would keep them alive to the end and costs 5 % of the step.
   */
  #bind(): void {
    for (const { name, shape } of this.store.trained) {
      this.#parameterFeeds[name] = { dtype: "float32", shape, data: this.store.values.get(name)! };
    }
    for (const { name, shape } of this.#graph.trained) {
      const output = `gradient:${name}`;
      for (const group of GROUPS) {
        const [sum, fresh] = [this.#sums[group].views.get(name), this.#fresh[group].views.get(name)];
        if (sum && fresh) {
          this.#intoSums[output] = { dtype: "float32", shape, data: sum };
          this.#intoFresh[output] = { dtype: "float32", shape, data: fresh };
        }
      }
    }
    for (const [name, data] of this.#statistics.views) {
      const value: Value = { dtype: "float32", shape: [data.length], data };
      this.#intoSums[name] = value;
      this.#intoFresh[name] = value;
    }
    if (this.#graph.runningIou) this.#parameterFeeds.iou_mean = { dtype: "float32", shape: [1], data: this.#iouMean };
  }

  /** Batches whose gradients wait for an update. */
  get pending(): number {
    return this.#summed;
  }

  /**
   * Adds a batch's gradients to the sum and takes in its statistics.
   *
   * @returns the loss items, in the order of `lossNames`
   */
  async accumulate(batch: Batch): Promise<Float32Array> {
    const into = this.#summed === 0 ? this.#intoSums : this.#intoFresh;
    const { graph, sessions } = await this.#sessions.of(batch.width, batch.height);
    const feedsOf = (part: Batch) => ({ ...this.#parameterFeeds, ...batchFeeds(part, this.#network, this.#loss) });
    const results =
      sessions.length === 1
        ? await sessions[0].run(feedsOf(batch), into)
        : await runParts(sessions, batch, feedsOf, into);
    if (this.#summed > 0) {
      for (const group of GROUPS) this.#memory.add(this.#sums[group].data, this.#fresh[group].data);
    }
    this.#summed++;
    this.#moveStatistics(batch.size, graph.norms);
    const { batch_iou_mean: mean } = results;
    if (mean) moveTowards(this.#iouMean, mean.data as Float32Array, WIOU_MOMENTUM);
    return Float32Array.from(results.loss_items.data as Float32Array);
  }

  #moveStatistics(size: number, norms: TrainingGraph["norms"]): void {
    for (const { path, pixels } of norms) {
      const variance = this.#statistics.views.get(`variance:${path}`)!;
      unbias(variance, size * pixels);
      moveTowards(
        this.store.values.get(`${path}.running_mean`)!,
        this.#statistics.views.get(`mean:${path}`)!,
        MOMENTUM,
      );
      moveTowards(this.store.values.get(`${path}.running_var`)!, variance, MOMENTUM);
    }
  }

  /**
   * Moves the weights by the summed gradients, and their average after them.
   *
   * @returns the gradients' norm before clipping
   */
  update({ lr, weightDecay, momentum, averageDecay, classes = [] }: UpdateSettings): number {
    this.updates++;
    const norm = this.#memory.norm(GROUPS.map((group) => this.#sums[group].data));
    const gradientScale = clippingScale(norm, this.#clip);
    for (const group of GROUPS) {
      const whole = {
        parameters: this.store.groups[group].data,
        gradients: this.#sums[group].data,
        average: this.average.groups[group].data,
        states: STATES[this.#optimiser].map((state) => this.#states.get(`${state}:${group}`)!),
      };
      for (const { class: own, from, to } of this.store.spans[group]) {
        const { share, updatesBefore } = classes[own] ?? PLAIN_CLASS;
        const part = (array: Float32Array) => array.subarray(from, to);
        const arrays = {
          ...{ parameters: part(whole.parameters), gradients: part(whole.gradients), average: part(whole.average) },
          states: whole.states.map(part),
        };
        this.#memory.update(this.#optimiser, arrays, {
          lr: share * lr[group],
          weightDecay: group === "weight" ? weightDecay : 0,
          momentum,
          update: this.updates - updatesBefore,
          gradientScale,
          averageDecay,
        });
      }
    }
    this.#summed = 0;
    // Running statistics; nothing else that is not trained changes.
    for (const name of this.#moving) {
      moveTowards(this.average.values.get(name)!, this.store.values.get(name)!, 1 - averageDecay);
    }
    return norm;
  }

  /** All arrays that a run must keep to go on exactly where it stopped, by name; they are the step's own memory. */
  memory(): ReadonlyMap<string, Float32Array> {
    const arrays = new Map<string, Float32Array>([
      ["buffers", this.store.buffers.data],
      ["average:buffers", this.average.buffers.data],
    ]);
    for (const group of GROUPS) {
      arrays.set(`parameters:${group}`, this.store.groups[group].data);
      arrays.set(`average:${group}`, this.average.groups[group].data);
      arrays.set(`gradients:${group}`, this.#sums[group].data);
    }
    for (const [name, data] of this.#states) arrays.set(name, data);
    if (this.#graph.runningIou) arrays.set("iou_mean", this.#iouMean);
    return arrays;
  }

  /**
   * Goes on from another step of the same network, which may train other rows: weights, averages, running statistics
   * (WIoU's too), and the optimiser's state of what was trained there too. What was not begins with a state of zeros. Gradients that
   * wait for an update are left behind.
   */
  follow(before: TrainStep): void {
    this.store.set(before.store.values);
    this.average.set(before.average.values);
    this.updates = before.updates;
    this.#iouMean.set(before.#iouMean);
    const states = STATES[this.#optimiser];
    for (const group of GROUPS) {
      for (const state of states) {
        const [to, from] = [this, before].map((step) => step.#stateViews(state, group));
        for (const [name, view] of to) {
          const known = from.get(name);
          if (known) view.set(known);
        }
      }
    }
  }

  /** A state of the optimiser by parameter. */
  #stateViews(state: string, group: GroupName): ReadonlyMap<string, Float32Array> {
    const data = this.#states.get(`${state}:${group}`)!;
    const { data: whole, views } = this.store.groups[group];
    const at = (view: Float32Array) => (view.byteOffset - whole.byteOffset) / 4;
    return new Map([...views].map(([name, view]) => [name, data.subarray(at(view), at(view) + view.length)]));
  }

  /** Takes the counters up again; the arrays of `memory` are filled by the caller. */
  resume({ updates, pending }: { readonly updates: number; readonly pending: number }): void {
    this.updates = updates;
    this.#summed = pending;
  }

  async release(): Promise<void> {
    await this.#sessions.release();
  }
}

function statisticsOf(path: string, store: ParameterStore): [string, number][] {
  const size = store.values.get(`${path}.running_mean`)!.length;
  return [
    [`mean:${path}`, size],
    [`variance:${path}`, size],
  ];
}

/** Images and ground truths of a batch under the loss graph's names. */
export function batchFeeds(
  batch: Batch,
  network: NetworkRows,
  { assignAll = false, softLabels = false }: LossOptions = {},
): Record<string, Value> {
  const { size, width, height, masks, weights, ignored } = batch;
  const grid: AnchorGrid = { width, height, strides: network.strides };
  const soft = softLabels ? { weights, ignored } : undefined;
  const truths = truthsOf(batch.targets, grid, { assignAll, soft });
  const feeds: Record<string, Value> = {
    images: { dtype: "uint8", shape: [size, 3, height, width], data: batch.images },
    ...truthFeeds(truths),
  };
  if (network.task !== "segment" || !masks) return feeds;
  // Ten for each ground truth, and the one that is kept for it.
  const slots = BigInt64Array.of(BigInt((assignAll ? 11 : 10) * truths.most));
  return {
    ...feeds,
    masks: { dtype: "uint8", shape: [size, height / 4, width / 4], data: masks },
    truth_ranks: { dtype: "float32", shape: [truths.count], data: truths.ranks },
    mask_slots: { dtype: "int64", shape: [1], data: slots },
  };
}
