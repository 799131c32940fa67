/**
 * @file One lane: a thread with a session of each model; one run at a time.
 */
import { FoveaError } from "@fovea/core/errors";
import { AskedThread, ThreadLost } from "./asked-thread";
import type { LaneSetup, NetworkModel, NetworkTask, RunAnswer } from "./network-task";
import type { NetworkFrame } from "./prepared-frame";

/** Threads of one lane that may hang at one time: each keeps its sessions' memory, and a core that it may be busy with. */
const MOST_HANGING = 3;
/** Some devices build their kernels for minutes when a model is loaded, ms. */
const LOAD_MS = 30 * 60_000;

interface NetworkLaneOptions {
  readonly setup: LaneSetup;
  /** Whether this lane also keeps sessions that use all threads. */
  readonly wide: boolean;
  /** Of one run; then its thread is given up and replaced, ms. */
  readonly runMs: number;
  /** A thread was given up. */
  readonly onHung?: (error: FoveaError) => void;
}

export class NetworkLane {
  readonly #options: NetworkLaneOptions;
  readonly #models = new Map<number, NetworkModel>();
  #thread: AskedThread<NetworkTask>;
  /** A new thread is to have all models before it is shown a frame. */
  #revival: Promise<unknown> = Promise.resolve();
  /** Threads that were given up and are not gone. */
  #hanging = 0;
  #closed = false;
  /** Runs or loads just now. */
  busy = false;

  constructor(options: NetworkLaneOptions) {
    this.#options = options;
    this.#thread = this.#start();
  }

  #start(): AskedThread<NetworkTask> {
    return new AskedThread("inference/network-worker", {
      ...{ execArgv: [], workerData: this.#options.setup, endsItself: true },
      onGivenUp: (ended) => this.#gaveUp(ended),
    });
  }

  /** Threads that were given up and are not gone. */
  get hanging(): number {
    return this.#hanging;
  }

  /** So many threads hang that no other is started until one of them is gone. */
  get stuck(): boolean {
    return this.#hanging >= MOST_HANGING;
  }

  /** @throws {FoveaError} `runtime_failed`, `provider_unavailable`, `invalid_onnx` ...: the model does not run */
  async load(model: number, network: NetworkModel): Promise<void> {
    await this.#ask({ task: "load", model, network, wide: this.#options.wide }, LOAD_MS);
    this.#models.set(model, network);
  }

  async release(model: number): Promise<void> {
    if (!this.#models.delete(model) || !this.#thread.alive) return;
    await this.#ask({ task: "release", model }, LOAD_MS);
  }

  /** @throws {FoveaError} `runtime_failed`, `out_of_memory`; `network_hung` if it does not end in time; `busy` if the lane is stuck */
  run(model: number, frames: readonly NetworkFrame[], wide: boolean): Promise<RunAnswer> {
    const transfer = frames.map(({ value }) => value.data.buffer as ArrayBuffer);
    return this.#ask({ task: "run", model, frames, wide }, this.#options.runMs, transfer);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread.close();
  }

  async #ask<Answer>(task: NetworkTask, limitMs: number, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    await this.#revival;
    if (this.stuck) {
      const message = `device ${this.#options.setup.device}: ${this.#hanging} threads of the network hang; start the service again`;
      throw new FoveaError("busy", message);
    }
    if (!this.#thread.alive) {
      this.#revive();
      await this.#revival;
    }
    try {
      return await this.#thread.ask<Answer>(task, { transfer, limitMs });
    } catch (error) {
      if (!(error instanceof ThreadLost)) throw error;
      // It is warm when the next frame comes.
      this.#revive();
      throw this.#lost(error, task);
    }
  }

  #lost(error: ThreadLost, { task }: NetworkTask): FoveaError {
    const { setup, onHung } = this.#options;
    if (!error.timedOut) {
      const message = `device ${setup.device}: a thread of the network was lost (${error.message})`;
      return new FoveaError("runtime_failed", message, { cause: error });
    }
    const hint = task === "run" ? "; if it takes so long on this machine, raise inference.run_timeout" : "";
    const what = `a thread of the network was given up, which had a ${task} to do: ${error.message}`;
    const hung = new FoveaError("network_hung", `device ${setup.device}: ${what}${hint}`, { cause: error });
    onHung?.(hung);
    return hung;
  }

  #gaveUp(ended: Promise<void>): void {
    this.#hanging++;
    void ended.then(() => {
      this.#hanging--;
    });
  }

  #revive(): void {
    if (this.#closed || this.#thread.alive || this.stuck) return;
    this.#thread = this.#start();
    const loads = [...this.#models].map(([model, network]) =>
      this.#thread.ask({ task: "load", model, network, wide: this.#options.wide }, { limitMs: LOAD_MS }),
    );
    // A model that does not load any more says so when it is asked.
    this.#revival = Promise.allSettled(loads);
  }
}
