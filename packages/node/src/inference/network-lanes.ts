/**
 * @file Who runs the network: lanes that take what is prepared, in order, several frames of one model and size at once
 * where that pays.
 *
 * On processors a batch costs as much as its images one after another, and lanes of one thread each lose nothing to
 * waiting for one another (docs/inference-pool.md): there a lane takes frame by frame. Accelerators want batches.
 */
import { FoveaError } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import { errorOfFailure } from "../thread-failure";
import { NetworkLane } from "./network-lane";
import type { LaneSetup, NetworkModel, RunAnswer } from "./network-task";
import type { NetworkFrame } from "./prepared-frame";

export interface LanesOptions extends LaneSetup {
  readonly lanes: number;
  /** Frames of one run at most. */
  readonly batch: number;
  /** How long the first frame of a batch waits for others, ms. */
  readonly batchWindowMs: number;
  /** Whether more frames may come soon: else a batch waits for nothing. */
  readonly moreToCome: () => boolean;
  /** Of one run, ms; then its thread is given up. */
  readonly runMs: number;
  /** A thread was given up. */
  readonly onHung?: (error: FoveaError) => void;
}

/** What the network says of one frame. */
export interface FrameFindings {
  readonly findings: readonly Finding[];
  /** The frame's share of the run's time, ms. */
  readonly ms: number;
  /** The frame's memory, to be used again. */
  readonly room: ArrayBuffer;
}

export interface RunOptions {
  /** Whether nobody wants the answer any more; asked before the frame is shown. */
  readonly unwanted: () => boolean;
  /** Whether the model takes several frames at once. */
  readonly openBatch: boolean;
}

interface Waiting extends RunOptions {
  readonly model: number;
  readonly frame: NetworkFrame;
  /** Frames of equal keys may share a run. */
  readonly key: string;
  readonly since: number;
  readonly resolve: (found: FrameFindings) => void;
  readonly reject: (error: unknown) => void;
}

export class NetworkLanes {
  readonly #options: LanesOptions;
  readonly #lanes: readonly NetworkLane[];
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Called when a lane has become free. */
  #freed: (() => void)[] = [];
  /** Runs so far, and the frames in them. */
  readonly counts = { runs: 0, frames: 0 };

  constructor(options: LanesOptions) {
    this.#options = options;
    const { device, threads, wideThreads, lanes, runMs, onHung } = options;
    const setup = { device, threads, wideThreads };
    this.#lanes = Array.from({ length: lanes }, (_, i) => {
      return new NetworkLane({ setup, runMs, onHung, wide: i === 0 && wideThreads > threads });
    });
  }

  /** Frames of one file that keep all lanes busy. */
  get appetite(): number {
    return Math.max(2, this.#options.lanes * this.#options.batch);
  }

  /** Threads that were given up within native code and are not gone. */
  get hanging(): number {
    return this.#lanes.reduce((sum, { hanging }) => sum + hanging, 0);
  }

  /** So many threads hang in each lane that nothing can be shown to a network until one of them is gone. */
  get stuck(): boolean {
    return this.#lanes.every(({ stuck }) => stuck);
  }

  /**
   * Loads a model in one lane after another, while the others go on.
   *
   * @throws {FoveaError} if it does not run; then no lane has it
   */
  async load(model: number, network: NetworkModel): Promise<void> {
    try {
      for (const lane of this.#lanes) await this.#alone(lane, () => lane.load(model, network));
    } catch (error) {
      await this.release(model);
      throw error;
    }
  }

  async release(model: number): Promise<void> {
    for (const lane of this.#lanes) await this.#alone(lane, () => lane.release(model));
  }

  /**
   * Findings in a frame, whose memory is handed over.
   *
   * @throws {FoveaError} `scores_not_finite` of this frame alone; `runtime_failed`, `out_of_memory`; `network_hung`; `busy` if
   *   all lanes are stuck; `interrupted` if it became unwanted
   */
  run(model: number, frame: NetworkFrame, options: RunOptions): Promise<FrameFindings> {
    const key = options.openBatch ? `${model} ${frame.value.shape.join()}` : "";
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...options, model, frame, key, since: performance.now(), resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  /** Has a lane to itself for `work`. */
  async #alone(lane: NetworkLane, work: () => Promise<void>): Promise<void> {
    while (lane.busy) await new Promise<void>((resolve) => this.#freed.push(resolve));
    lane.busy = true;
    try {
      await work();
    } finally {
      this.#free(lane);
    }
  }

  #free(lane: NetworkLane): void {
    lane.busy = false;
    const [freed, ...others] = this.#freed;
    this.#freed = others;
    freed?.();
    // Whoever waited for the lane takes it before the next frame does.
    queueMicrotask(() => this.#dispatch());
  }

  #dispatch(): void {
    clearTimeout(this.#timer);
    this.#dropUnwanted();
    while (this.#waiting.length > 0) {
      // Where all are stuck, one of them says so.
      const lane = this.#lanes.find(({ busy, stuck }) => !busy && (!stuck || this.stuck));
      if (lane === undefined) return;
      const group = this.#group();
      const patience = this.#patience(group);
      if (patience > 0) {
        this.#timer = setTimeout(() => this.#dispatch(), patience);
        return;
      }
      const taken = new Set(group);
      this.#waiting = this.#waiting.filter((one) => !taken.has(one));
      void this.#show(lane, group);
    }
  }

  #dropUnwanted(): void {
    const dropped = this.#waiting.filter((one) => one.unwanted());
    if (dropped.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !dropped.includes(one));
    for (const { reject } of dropped) reject(new FoveaError("interrupted", "nobody waits for this image any more"));
  }

  /** The frame that has waited longest, and those that may share its run. */
  #group(): Waiting[] {
    const [first] = this.#waiting;
    if (first.key === "" || this.#options.batch === 1) return [first];
    return this.#waiting.filter(({ key }) => key === first.key).slice(0, this.#options.batch);
  }

  /** How long a group waits for more, ms; 0: no longer. */
  #patience(group: readonly Waiting[]): number {
    const { batch, batchWindowMs, moreToCome } = this.#options;
    const [{ key, since }] = group;
    if (key === "" || group.length >= batch || !moreToCome()) return 0;
    return Math.max(0, Math.ceil(since + batchWindowMs - performance.now()));
  }

  async #show(lane: NetworkLane, group: readonly Waiting[]): Promise<void> {
    lane.busy = true;
    // With one image in the house all threads look at it.
    const wide = this.#waiting.length === 0 && !this.#options.moreToCome() && this.#othersRest(lane);
    this.counts.runs++;
    this.counts.frames += group.length;
    try {
      const frames = group.map(({ frame }) => frame);
      settle(group, await lane.run(group[0].model, frames, wide));
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#free(lane);
    }
  }

  #othersRest(lane: NetworkLane): boolean {
    return this.#lanes.every((one) => one === lane || !one.busy);
  }
}

function settle(group: readonly Waiting[], { results, ms, rooms }: RunAnswer): void {
  for (const [i, { resolve, reject }] of group.entries()) {
    const result = results[i];
    if ("failure" in result) reject(errorOfFailure(result.failure));
    else resolve({ findings: result.findings, ms: ms / group.length, room: rooms[i] });
  }
}
