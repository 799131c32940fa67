/**
 * @file One lane: a thread with a session of each model; one run at a time.
 */
import { FoveaError } from "@fovea/core/errors";
import { AskedThread, ThreadLost } from "./asked-thread";
import type { LaneSetup, NetworkModel, NetworkTask, RunAnswer } from "./network-task";
import type { NetworkFrame } from "./prepared-frame";

export class NetworkLane {
  readonly #setup: LaneSetup;
  /** Whether this lane also keeps sessions that use all threads. */
  readonly #wide: boolean;
  readonly #models = new Map<number, NetworkModel>();
  #thread: AskedThread<NetworkTask>;
  /** A new thread is to have all models before it is shown a frame. */
  #revival: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Runs or loads just now. */
  busy = false;

  constructor(setup: LaneSetup, wide: boolean) {
    this.#setup = setup;
    this.#wide = wide;
    this.#thread = this.#start();
  }

  #start(): AskedThread<NetworkTask> {
    return new AskedThread("inference/network-worker", { execArgv: [], workerData: this.#setup });
  }

  /** @throws {FoveaError} `runtime_failed`, `provider_unavailable`, `invalid_onnx` ...: the model does not run */
  async load(model: number, network: NetworkModel): Promise<void> {
    await this.#ask({ task: "load", model, network, wide: this.#wide });
    this.#models.set(model, network);
  }

  async release(model: number): Promise<void> {
    if (!this.#models.delete(model)) return;
    await this.#ask({ task: "release", model });
  }

  /** @throws {FoveaError} `runtime_failed`, `out_of_memory` */
  run(model: number, frames: readonly NetworkFrame[], wide: boolean): Promise<RunAnswer> {
    const transfer = frames.map(({ value }) => value.data.buffer as ArrayBuffer);
    return this.#ask({ task: "run", model, frames, wide }, transfer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread.close();
  }

  async #ask<Answer>(task: NetworkTask, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    await this.#revival;
    try {
      return await this.#thread.ask<Answer>(task, { transfer });
    } catch (error) {
      if (!(error instanceof ThreadLost)) throw error;
      if (!this.#closed && !this.#thread.alive) this.#revive();
      const message = `device ${this.#setup.device}: a thread of the network was lost (${error.message})`;
      throw new FoveaError("runtime_failed", message, { cause: error });
    }
  }

  #revive(): void {
    this.#thread = this.#start();
    const loads = [...this.#models].map(([model, network]) =>
      this.#thread.ask({ task: "load", model, network, wide: this.#wide }),
    );
    // A model that does not load any more says so when it is asked.
    this.#revival = Promise.allSettled(loads);
  }
}
