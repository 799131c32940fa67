/**
 * @file One request from acceptance to its answer: whichever comes first, the result, the time limit or the client's leaving.
 */
import { FoveaError } from "@fovea/core/errors";
import type { AnalysisRequest, ImageAnalysis } from "./inference-pool";
import type { ModelUse } from "./model-registry";

/** Where a request's time went so far, ms. */
export interface SpentTime {
  waitMs: number;
  prepareMs: number;
  inferenceMs: number;
  frames: number;
  modelId?: string;
}

/** A file of so many frames has twice the time of one of a single frame: 3 s for each where that has 60 s. */
const FRAMES_IN_TIME = 20;
/** Some 24 days: a timer of Node that is set for longer goes off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class PendingAnalysis {
  readonly request: AnalysisRequest;
  readonly bytes: number;
  readonly answer: Promise<ImageAnalysis>;
  readonly spent: SpentTime = { waitMs: 0, prepareMs: 0, inferenceMs: 0, frames: 0 };
  /** The version that was asked for, or was found to be the default; held until the work is over. */
  use: ModelUse | undefined;
  readonly #accepted = performance.now();
  #timeoutMs: number;
  #timer: NodeJS.Timeout;
  readonly #onSettled: (outcome: string) => void;
  readonly #onAbort = () => this.fail(new FoveaError("interrupted", "the one who asked has left"));
  #resolve!: (analysis: ImageAnalysis) => void;
  #reject!: (error: unknown) => void;
  #failure: unknown;
  #settled = false;

  /** @param onSettled told once: `done`, or the code of the error */
  constructor(request: AnalysisRequest, timeoutMs: number, onSettled: (outcome: string) => void) {
    this.request = request;
    this.bytes = request.bytes.byteLength;
    this.#timeoutMs = timeoutMs;
    this.#onSettled = onSettled;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asked may have stopped listening.
    this.answer.catch(() => undefined);
    this.#timer = this.#startTimer();
    request.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Since acceptance, ms. */
  get elapsedMs(): number {
    return performance.now() - this.#accepted;
  }

  /** Until the time limit, ms. */
  get remainingMs(): number {
    return Math.max(1, this.#timeoutMs - this.elapsedMs);
  }

  /** So many frames take their time: the limit grows with each but the first, to 24 days at most. */
  allowFrames(frames: number): void {
    if (this.#settled || frames <= 1) return;
    this.#timeoutMs = Math.min(this.#timeoutMs * (1 + (frames - 1) / FRAMES_IN_TIME), LONGEST_TIMER_MS);
    clearTimeout(this.#timer);
    this.#timer = this.#startTimer();
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** @throws what the request failed with meanwhile */
  check(): void {
    if (this.#settled) throw this.#failure;
  }

  succeed(analysis: ImageAnalysis): void {
    if (this.#settle("done")) this.#resolve(analysis);
  }

  fail(error: unknown): void {
    const code = error instanceof FoveaError ? error.code : "bug";
    this.#failure ??= error;
    if (this.#settle(code)) this.#reject(error);
  }

  #settle(outcome: string): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.request.signal?.removeEventListener("abort", this.#onAbort);
    this.#onSettled(outcome);
    return true;
  }

  #startTimer(): NodeJS.Timeout {
    return setTimeout(() => this.fail(this.#timedOut()), this.remainingMs);
  }

  #timedOut(): FoveaError {
    const seconds = this.#timeoutMs / 1000;
    return new FoveaError("timed_out", `no answer within ${seconds} s; ask again, or raise inference.timeout`);
  }
}
