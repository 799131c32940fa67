/**
 * @file Memory that several share: who wants some waits until so much is free.
 */

/** In the order of asking, so that a large share is not passed over for ever. */
export class MemoryShare {
  readonly #bytes: number;
  #used = 0;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  /** @param bytes of all shares together; one that is larger has the memory to itself */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Does `work` once `bytes` are free, and gives them back after it. */
  async within<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) {
      await new Promise<void>((go) => {
        this.#waiting.push({ bytes, go });
      });
    } else this.#used += bytes;
    try {
      return await work();
    } finally {
      this.#used -= bytes;
      this.#next();
    }
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#bytes;
  }

  #next(): void {
    for (let first = this.#waiting.at(0); first !== undefined && this.#fits(first.bytes); first = this.#waiting.at(0)) {
      this.#waiting.shift();
      this.#used += first.bytes;
      first.go();
    }
  }
}
