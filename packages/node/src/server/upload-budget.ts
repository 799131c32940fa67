/**
 * @file Memory for uploads that are under way, all requests together.
 */
import { FoveaError } from "@fovea/core/errors";

export class UploadBudget {
  readonly #most: number;
  #used = 0;

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most;
  }

  get used(): number {
    return this.#used;
  }

  /** @throws {FoveaError} `busy` if there is not so much left */
  take(bytes: number): void {
    if (this.#used + bytes > this.#most) throw new FoveaError("busy", "uploads: no memory left for another");
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}
