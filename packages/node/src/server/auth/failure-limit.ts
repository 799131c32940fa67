/**
 * @file Who guesses keys waits: failed authentications of an address, counted.
 */

export interface FailureLimitOptions {
  /** Failures of one address in a window. @default 20 */
  readonly most?: number;
  /** @default 60000 */
  readonly windowMs?: number;
  /** Addresses remembered; the oldest goes. @default 10000 */
  readonly addresses?: number;
  /** @default Date.now */
  readonly now?: () => number;
}

export class FailureLimit {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #addresses: number;
  readonly #now: () => number;
  readonly #failures = new Map<string, { count: number; readonly until: number }>();

  constructor({ most = 20, windowMs = 60_000, addresses = 10_000, now = Date.now }: FailureLimitOptions = {}) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#addresses = addresses;
    this.#now = now;
  }

  /** Milliseconds that an address has to wait; 0 if it may try. */
  waitOf(address: string): number {
    const entry = this.#current(address);
    return entry === undefined || entry.count < this.#most ? 0 : entry.until - this.#now();
  }

  failed(address: string): void {
    const entry = this.#current(address);
    if (entry !== undefined) {
      entry.count++;
      return;
    }
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= this.#addresses && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(address, { count: 1, until: this.#now() + this.#windowMs });
  }

  #current(address: string) {
    const entry = this.#failures.get(address);
    if (entry === undefined || entry.until > this.#now()) return entry;
    this.#failures.delete(address);
    return undefined;
  }
}
