/**
 * @file Ctrl-C, and `kill`, as a request to finish what is at hand.
 */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Listens for the first interruption only: the second one finds no listener, so that the system ends the process at
 * once, even while it computes.
 */
export class Interruption {
  #asked = false;
  readonly #onSignal: () => void;

  /** @param onFirst tells the user what happens now */
  constructor(onFirst: () => void) {
    this.#onSignal = () => {
      this.#asked = true;
      this.stop();
      onFirst();
    };
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** Whether somebody wants an end. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Listens no more. */
  stop(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }
}
