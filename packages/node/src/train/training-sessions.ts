/**
 * @file The training graph of a network at the sizes of the batches that come, loaded.
 *
 * A session keeps memory of its own and takes a second to open: two are kept, and the one that was used longest ago goes.
 */
import type { Runtime, Session } from "@fovea/core/graph/runtime";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import type { ParameterStore } from "@fovea/core/nn/parameter-store";
import type { NetworkRows } from "@fovea/core/nn/rows";
import { type TrainingGraph, trainingGraph } from "@fovea/core/nn/training-graph";
import { convolutionLanes } from "../runtime/lanes";
import { allDone } from "./run-parts";

export interface LoadedGraph {
  readonly graph: Omit<TrainingGraph, "model">;
  /** One for each device. */
  readonly sessions: readonly Session[];
}

export interface TrainingSessionsOptions {
  readonly imgsz: number;
  readonly loss: LossOptions;
  readonly freezeNorms: boolean;
}

type Opener = (width: number, height: number) => Promise<LoadedGraph>;

const KEPT = 2;

export class TrainingSessions {
  /** Of the size opened first; but for the pixels of the norms the others are alike. */
  readonly first: LoadedGraph["graph"];
  readonly #open: Opener;
  /** By size, the one used last at the end. */
  readonly #loaded: Map<string, LoadedGraph>;

  /**
   * @param runtimes of one kind of device; with several, the graph is that of a part of a batch
   * @param start which rows are frozen, and the values of what is, which must stay
   */
  static async open(
    runtimes: readonly Runtime[],
    network: NetworkRows,
    start: ParameterStore,
    { imgsz, ...options }: TrainingSessionsOptions,
  ): Promise<TrainingSessions> {
    const lanes = await convolutionLanes(runtimes[0]);
    const { frozen, values, parameters } = start;
    const fixed = { ...options, frozen, values, lanes, part: runtimes.length > 1 };
    const open = async (width: number, height: number): Promise<LoadedGraph> => {
      const { model, ...graph } = trainingGraph(network, parameters, { ...fixed, width, height });
      // Frozen rows are a graph for inference, which the engine knows how to lay out.
      return { graph, sessions: await loadAll(runtimes, model, frozen.size > 0) };
    };
    return new TrainingSessions(imgsz, await open(imgsz, imgsz), open);
  }

  private constructor(imgsz: number, first: LoadedGraph, open: Opener) {
    this.first = first.graph;
    this.#open = open;
    this.#loaded = new Map([[sizeName(imgsz, imgsz), first]]);
  }

  /** The graph for batches of this size. */
  async of(width: number, height: number): Promise<LoadedGraph> {
    const name = sizeName(width, height);
    const known = this.#loaded.get(name);
    this.#loaded.delete(name);
    if (!known && this.#loaded.size >= KEPT) {
      const [[oldest, { sessions }]] = this.#loaded;
      this.#loaded.delete(oldest);
      await releaseAll(sessions);
    }
    const loaded = known ?? (await this.#open(width, height));
    this.#loaded.set(name, loaded);
    return loaded;
  }

  async release(): Promise<void> {
    await releaseAll([...this.#loaded.values()].flatMap(({ sessions }) => sessions));
  }
}

/** Sessions of one graph; none is left behind where one cannot be loaded. */
async function loadAll(runtimes: readonly Runtime[], model: Uint8Array, optimise: boolean): Promise<Session[]> {
  const loading = runtimes.map((runtime) => runtime.load(model, { optimise }));
  try {
    return await allDone(loading);
  } catch (error) {
    const loaded = await Promise.allSettled(loading);
    await releaseAll(loaded.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])));
    throw error;
  }
}

async function releaseAll(sessions: readonly Session[]): Promise<void> {
  await allDone(sessions.map((session) => session.release()));
}

const sizeName = (width: number, height: number) => `${width} x ${height}`;
