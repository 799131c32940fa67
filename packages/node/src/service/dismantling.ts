/**
 * @file What was put together, taken apart in the opposite order.
 */

export class Dismantling {
  readonly #closers: (() => Promise<void>)[] = [];
  #closing: Promise<void> | undefined;

  /** Remembers how `part` is closed. @returns it */
  add<T>(part: T, close: (part: T) => Promise<unknown>): T {
    this.#closers.push(async () => void (await close(part)));
    return part;
  }

  /** Closes all, the last one first; one that fails does not keep the others open. Twice is once. @throws the first failure */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes all because of `reason`, which counts: whatever closing then meets comes of it. @throws `reason` */
  async abandon(reason: unknown): Promise<never> {
    await this.close().catch(() => undefined);
    throw reason;
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
