/**
 * @file Pictures and values that are made and lie in memory until whoever asked has taken them.
 */
import { finished, type Writable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";

export class UnsentAnswers {
  readonly #most: number;
  #bytes = 0;

  /** @param most bytes that may lie here when others are added */
  constructor(most: number) {
    this.#most = most;
  }

  /** Before work is done for another. @throws {FoveaError} `busy` where too much lies here already */
  checkRoom(): void {
    if (this.#bytes >= this.#most) throw new FoveaError("busy", `${this.#bytes} bytes of pictures are not sent yet`);
  }

  /** Counts `bytes` until `response` has taken them, or is gone. @throws {FoveaError} as `checkRoom` */
  hold(response: Writable, bytes: number): void {
    this.checkRoom();
    this.#bytes += bytes;
    finished(response, () => {
      this.#bytes -= bytes;
    });
  }
}
