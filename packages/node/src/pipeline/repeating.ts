/**
 * @file Work that is done again and again: at intervals, and sooner when somebody knows that there is some.
 */

/** When the next round is due, as far as the last one can tell: in so many ms. */
export interface NextRound {
  readonly inMs: number;
}

export interface RepeatingOptions {
  /** Between two rounds at most, ms. */
  readonly everyMs: number;
  /** After a round that threw, ms. @default `everyMs` */
  readonly afterFailureMs?: number;
  readonly onError: (error: unknown) => void;
}

/** One round at a time; a round that throws is told of, and the next one comes. */
export class Repeating {
  readonly #work: (signal: AbortSignal) => Promise<NextRound | undefined>;
  readonly #options: RepeatingOptions;
  readonly #end = new AbortController();
  /** The next round, by `performance.now()`. */
  #dueAt = Number.POSITIVE_INFINITY;
  #lookAtTheTime: () => void = () => undefined;
  #stopping = false;
  #done: Promise<void> = Promise.resolve();

  /** @param work a round */
  constructor(work: (signal: AbortSignal) => Promise<NextRound | undefined>, options: RepeatingOptions) {
    this.#work = work;
    this.#options = options;
  }

  start(): void {
    this.#done = this.#loop();
  }

  /** The next round comes within `inMs`; if one is under way, another follows it. */
  wake(inMs = 0): void {
    this.#dueAt = Math.min(this.#dueAt, performance.now() + inMs);
    this.#lookAtTheTime();
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
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.wake(Math.min(await this.#round(), this.#options.everyMs));
      await this.#due();
    }
  }

  /** @returns ms until the next one, as far as it is known */
  async #round(): Promise<number> {
    const { everyMs, afterFailureMs = everyMs, onError } = this.#options;
    try {
      return (await this.#work(this.#end.signal))?.inMs ?? everyMs;
    } catch (error) {
      onError(error);
      return afterFailureMs;
    }
  }

  async #due(): Promise<void> {
    for (;;) {
      const leftMs = this.#dueAt - performance.now();
      if (leftMs <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#lookAtTheTime = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
