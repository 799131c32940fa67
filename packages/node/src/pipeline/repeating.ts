/**
 * @file Work that is done again and again: at intervals, and at once when somebody knows that there is some.
 */

export interface RepeatingOptions {
  /** Between two rounds, ms. */
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

/** One round at a time; a round that throws is told of, and the next one comes. */
export class Repeating {
  readonly #work: (signal: AbortSignal) => Promise<unknown>;
  readonly #options: RepeatingOptions;
  readonly #end = new AbortController();
  #wake: () => void = () => undefined;
  #woken = false;
  #stopping = false;
  #done: Promise<void> = Promise.resolve();

  /** @param work a round; what it returns as `true` means "there is more": the next follows at once */
  constructor(work: (signal: AbortSignal) => Promise<unknown>, options: RepeatingOptions) {
    this.#work = work;
    this.#options = options;
  }

  start(): void {
    this.#done = this.#loop();
  }

  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Lets the round under way finish within `graceMs`, then tells it to end. */
  async stop(graceMs = 0): Promise<void> {
    this.#stopping = true;
    this.wake();
    const timer = setTimeout(() => this.#end.abort(), graceMs);
    await this.#done;
    clearTimeout(timer);
  }

  async #loop(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false;
      let more: unknown = false;
      try {
        more = await this.#work(this.#end.signal);
      } catch (error) {
        this.#options.onError(error);
      }
      if (more === true || this.#woken) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#options.everyMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
