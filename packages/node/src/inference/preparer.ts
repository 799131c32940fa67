/**
 * @file Threads that decode and letterbox, one file each at a time.
 *
 * A file that crashes or hangs its decoder takes its thread along and no more: the next file gets a new one.
 */
import { FoveaError } from "@fovea/core/errors";
import type { DecodeLimits } from "../dicom/decode-limits";
import { AskedThread, ownError, ThreadLost } from "./asked-thread";
import type { OpenedFile, PreparationSettings, PreparedFrame, PrepareTask } from "./prepared-frame";

/** Whoever waits hears first that its time is over; then the thread is ended. */
const GRACE_MS = 50;

export interface PreparerOptions {
  readonly limits: DecodeLimits;
  /** For one file or frame, ms. */
  readonly stepMs: number;
  /** A thread was lost and replaced. */
  readonly onReplaced?: () => void;
}

/** A file for a preparer. */
export interface FileBytes {
  readonly bytes: Uint8Array;
  readonly filename: string;
  readonly handOver?: boolean;
}

export class Preparer {
  readonly #options: PreparerOptions;
  #thread!: AskedThread<PrepareTask>;
  /** The thread has loaded what it needs. */
  #ready: Promise<unknown> = Promise.resolve();
  #closed = false;
  #holdsFile = false;

  constructor(options: PreparerOptions) {
    this.#options = options;
    this.#start();
  }

  #start(): void {
    // No limit of its heap: a large array beyond one ends the process, not the thread. What fills it is counted before.
    this.#thread = new AskedThread("inference/prepare-worker", { execArgv: [] });
    this.#ready = this.#thread.ask({ task: "close" }).catch(() => undefined);
  }

  /**
   * Opens a file; the one before is forgotten.
   *
   * @param remainingMs that the request has left
   * @throws {FoveaError} as `openSourceBytes`; `timed_out`; `invalid_image` if it ends the thread
   */
  open({ bytes, filename, handOver = false }: FileBytes, remainingMs: number): Promise<OpenedFile> {
    const whole = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
    // A copy of the file alone: a view would be sent with all the memory that it looks at.
    const own = handOver && whole ? new Uint8Array(bytes.buffer as ArrayBuffer) : new Uint8Array(bytes);
    const { limits } = this.#options;
    if (!this.#thread.alive && !this.#closed) this.#start();
    this.#holdsFile = true;
    return this.#ask({ task: "open", bytes: own, filename, limits }, remainingMs, [own.buffer]);
  }

  /**
   * A frame of the open file.
   *
   * @param room memory to be used again
   * @throws {FoveaError} `invalid_image`, `invalid_dicom`, `unsupported_dicom`, `out_of_memory`, `timed_out`
   */
  frame(
    frame: number,
    settings: PreparationSettings,
    remainingMs: number,
    room: ArrayBuffer | undefined,
  ): Promise<PreparedFrame> {
    return this.#ask({ task: "frame", frame, settings, room }, remainingMs, room ? [room] : []);
  }

  /** When its thread has loaded what it needs. */
  get ready(): Promise<unknown> {
    return this.#ready;
  }

  /** Forgets the open file. */
  release(): void {
    if (this.#thread.alive) this.#thread.ask({ task: "close" }).catch(() => undefined);
  }

  /** Whether the open file is still there: a thread that was lost took it along. */
  get holdsFile(): boolean {
    return this.#holdsFile;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread.close();
  }

  async #ask<Answer>(task: PrepareTask, remainingMs: number, transfer: readonly ArrayBuffer[]): Promise<Answer> {
    // The limit is for the file, not for a thread that begins.
    await this.#ready;
    try {
      return await this.#thread.ask<Answer>(task, {
        transfer,
        limitMs: Math.min(this.#options.stepMs, remainingMs + GRACE_MS),
      });
    } catch (error) {
      if (error instanceof ThreadLost) this.#replace();
      if (error instanceof ThreadLost && error.timedOut)
        throw new FoveaError("timed_out", `the image was not decoded: ${error.message}`, { cause: error });
      if (error instanceof RangeError)
        throw new FoveaError("out_of_memory", `the image is too large: ${error.message}`);
      throw ownError(error, (why) => new FoveaError("invalid_image", `the image cannot be decoded: ${why}`));
    }
  }

  /** The new thread is warm when the next file comes. */
  #replace(): void {
    this.#holdsFile = false;
    this.#options.onReplaced?.();
    if (!this.#closed) this.#start();
  }
}
