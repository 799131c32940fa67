/**
 * @file Requests in, findings out: takes what there is room for, begins what there is a place for, and keeps the count.
 */
import { FoveaError } from "@fovea/core/errors";
import { analyseFile } from "./analyse-file";
import type { AnalysisRequest, AnalysisTiming, ImageAnalysis, InferencePool, PoolLoad } from "./inference-pool";
import type { Models } from "./model-registry";
import type { NetworkLanes } from "./network-lanes";
import { PendingAnalysis } from "./pending-analysis";
import type { Preparer } from "./preparer";
import { type QueueLimits, RequestQueue } from "./request-queue";

export interface AnalysisPoolOptions {
  readonly models: Models;
  readonly lanes: NetworkLanes;
  readonly preparers: readonly Preparer[];
  /** Files under way at one time. */
  readonly concurrency: number;
  readonly queue: QueueLimits;
  /** From acceptance to the answer, of a file of one frame, ms. */
  readonly timeoutMs: number;
  readonly onTiming?: (timing: AnalysisTiming) => void;
}

/** How much the latest time counts in the mean that `retryAfterSeconds` goes by. */
const NEWEST = 0.1;

export class AnalysisPool implements InferencePool {
  readonly models: Models;
  readonly #options: AnalysisPoolOptions;
  readonly #queue: RequestQueue;
  readonly #idle: Preparer[];
  /** Begun, wanted or not. */
  readonly #running = new Set<PendingAnalysis>();
  /** Accepted and not answered. */
  readonly #unanswered = new Set<PendingAnalysis>();
  /** From a place taken to its being free again, ms. */
  #meanMs = 100;
  #closing: Promise<void> | undefined;
  #onRest: (() => void) | undefined;

  constructor(options: AnalysisPoolOptions) {
    this.#options = options;
    this.models = options.models;
    this.#queue = new RequestQueue(options.queue);
    this.#idle = [...options.preparers];
  }

  async analyse(request: AnalysisRequest): Promise<ImageAnalysis> {
    if (this.#closing) throw new FoveaError("interrupted", "the service is closing and takes no more images");
    if (request.signal?.aborted) throw new FoveaError("interrupted", "the one who asked has left");
    const { model } = request;
    if (!this.#hasPlace()) this.#queue.checkRoom(request.bytes.byteLength);
    const use = model === undefined ? undefined : this.models.use({ model });
    const pending: PendingAnalysis = new PendingAnalysis(request, this.#options.timeoutMs, (outcome) =>
      this.#answered(pending, outcome),
    );
    // A version that is asked for by name stays until it has answered, though it may be retired meanwhile.
    pending.use = use;
    this.#unanswered.add(pending);
    this.#queue.push(pending);
    this.#begin();
    return pending.answer;
  }

  get load(): PoolLoad {
    const capacity = this.#options.concurrency;
    const before = this.#queue.length + this.#running.size;
    return {
      waiting: this.#queue.length,
      waitingBytes: this.#queue.bytes,
      running: this.#running.size,
      capacity,
      hanging: this.#options.lanes.hanging,
      stuck: this.#options.lanes.stuck,
      retryAfterSeconds: Math.max(1, Math.ceil((before * this.#meanMs) / capacity / 1000)),
    };
  }

  /** Runs of networks so far, and the frames in them; for metrics. */
  get runs(): { readonly runs: number; readonly frames: number } {
    return this.#options.lanes.counts;
  }

  /** Whether frames are still being prepared, which may share a run. */
  get preparing(): boolean {
    return this.#idle.length < this.#options.preparers.length;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#unanswered.size + this.#running.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onRest = resolve;
      });
    }
    const { preparers, lanes } = this.#options;
    await Promise.all([...preparers.map((preparer) => preparer.close()), lanes.close()]);
  }

  #hasPlace(): boolean {
    return this.#queue.length === 0 && this.#idle.length > 0 && this.#running.size < this.#options.concurrency;
  }

  #begin(): void {
    while (this.#queue.length > 0 && this.#idle.length > 0 && this.#running.size < this.#options.concurrency) {
      const pending = this.#queue.shift();
      const preparer = this.#idle.pop();
      if (pending && preparer) void this.#work(pending, preparer);
    }
  }

  async #work(pending: PendingAnalysis, preparer: Preparer): Promise<void> {
    const { models, lanes } = this.#options;
    this.#running.add(pending);
    pending.spent.waitMs = pending.elapsedMs;
    const begin = performance.now();
    let held = true;
    const onPrepared = () => {
      if (!held) return;
      held = false;
      preparer.release();
      this.#idle.push(preparer);
      this.#begin();
    };
    try {
      pending.succeed(await analyseFile(pending, { preparer, models, lanes, onPrepared }));
    } catch (error) {
      pending.fail(error);
    } finally {
      this.#running.delete(pending);
      pending.use?.done();
      this.#meanMs += NEWEST * (performance.now() - begin - this.#meanMs);
      onPrepared();
      this.#begin();
      this.#rest();
    }
  }

  #answered(pending: PendingAnalysis, outcome: string): void {
    // What waits goes at once; what runs ends by itself, and nobody hears of it.
    this.#queue.remove(pending);
    this.#unanswered.delete(pending);
    const { waitMs, ...spent } = pending.spent;
    const begun = this.#running.has(pending);
    if (!begun) pending.use?.done();
    this.#options.onTiming?.({
      ...spent,
      outcome,
      waitMs: begun ? waitMs : pending.elapsedMs,
      totalMs: pending.elapsedMs,
    });
    this.#rest();
  }

  #rest(): void {
    if (this.#unanswered.size + this.#running.size === 0) this.#onRest?.();
  }
}
