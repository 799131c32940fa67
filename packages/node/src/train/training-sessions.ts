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

export interface LoadedGraph {
  readonly graph: Omit<TrainingGraph, "model">;
  readonly session: Session;
}

type Opener = (width: number, height: number) => Promise<LoadedGraph>;

const KEPT = 2;

export class TrainingSessions {
  /** Of the size opened first; but for the pixels of the norms the others are alike. */
  readonly first: LoadedGraph["graph"];
  readonly #open: Opener;
  /** By size, the one used last at the end. */
  readonly #loaded: Map<string, LoadedGraph>;

  /** @param start which rows are frozen, and their values, which must stay */
  static async open(
    runtime: Runtime,
    network: NetworkRows,
    start: ParameterStore,
    { imgsz, loss }: { readonly imgsz: number; readonly loss: LossOptions },
  ): Promise<TrainingSessions> {
    const lanes = await convolutionLanes(runtime);
    const { frozen, values, parameters } = start;
    const open = async (width: number, height: number): Promise<LoadedGraph> => {
      const { model, ...graph } = trainingGraph(network, parameters, { width, height, frozen, values, lanes, loss });
      // Frozen rows are a graph for inference, which the engine knows how to lay out.
      return { graph, session: await runtime.load(model, { optimise: frozen.size > 0 }) };
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
      const [[oldest, { session }]] = this.#loaded;
      this.#loaded.delete(oldest);
      await session.release();
    }
    const loaded = known ?? (await this.#open(width, height));
    this.#loaded.set(name, loaded);
    return loaded;
  }

  async release(): Promise<void> {
    for (const { session } of this.#loaded.values()) await session.release();
  }
}

const sizeName = (width: number, height: number) => `${width} x ${height}`;
