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

export class PendingAnalysis {
  readonly request: AnalysisRequest;
  readonly bytes: number;
  readonly answer: Promise<ImageAnalysis>;
  readonly spent: SpentTime = { waitMs: 0, prepareMs: 0, inferenceMs: 0, frames: 0 };
  /** The version that was asked for, or was found to be the default; held until the work is over. */
  use: ModelUse | undefined;
  readonly #accepted = performance.now();
  readonly #timeoutMs: number;
  readonly #timer: NodeJS.Timeout;
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
    this.#timeoutMs = request.timeoutMs ?? timeoutMs;
    this.#onSettled = onSettled;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asked may have stopped listening.
    this.answer.catch(() => undefined);
    this.#timer = setTimeout(() => this.fail(this.#timedOut()), this.#timeoutMs);
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

  #timedOut(): FoveaError {
    const seconds = this.#timeoutMs / 1000;
    return new FoveaError("timed_out", `no answer within ${seconds} s; ask again, or raise inference.timeout`);
  }
}
