/**
 * @file Requests that were accepted and have not begun, bounded by their number and their bytes.
 */
import { FoveaError } from "@fovea/core/errors";
import type { PendingAnalysis } from "./pending-analysis";

export interface QueueLimits {
  /** Requests that wait. */
  readonly requests: number;
  /** Bytes of the files that wait; one larger file may wait alone. */
  readonly bytes: number;
}

export class RequestQueue {
  readonly #limits: QueueLimits;
  #waiting: PendingAnalysis[] = [];
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {FoveaError} `busy` if there is no room for so many bytes more */
  checkRoom(bytes: number): void {
    const { requests, bytes: most } = this.#limits;
    if (this.#waiting.length >= requests) {
      throw new FoveaError(
        "busy",
        `${this.#waiting.length} images wait already, at most ${requests} may; ask again later`,
      );
    }
    if (this.#waiting.length > 0 && this.#bytes + bytes > most) {
      throw new FoveaError("busy", `files of ${this.#bytes} bytes wait already, at most ${most} may; ask again later`);
    }
  }

  push(pending: PendingAnalysis): void {
    this.#waiting.push(pending);
    this.#bytes += pending.bytes;
  }

  shift(): PendingAnalysis | undefined {
    const [first] = this.#waiting;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes a request out, if it is still here. */
  remove(pending: PendingAnalysis): void {
    const left = this.#waiting.filter((one) => one !== pending);
    if (left.length === this.#waiting.length) return;
    this.#waiting = left;
    this.#bytes -= pending.bytes;
  }
}
