/**
 * @file What the record has already, asked while an object comes in; a record that does not answer does not hold it up.
 */

/** A record that answers takes milliseconds. */
const PATIENCE_MS = 1000;

export class RecordLookup {
  readonly #ask: (sopUid: string) => Promise<string | undefined>;
  readonly #patienceMs: number;
  /** Questions that were waited for in vain, and are not answered yet. */
  #unanswered = 0;

  /** @param ask gives the SHA-256 of the file that the record holds under a SOP Instance UID */
  constructor(ask: (sopUid: string) => Promise<string | undefined>, patienceMs = PATIENCE_MS) {
    this.#ask = ask;
    this.#patienceMs = patienceMs;
  }

  /**
   * @returns undefined also where the record does not say: the importer asks again. While a question goes unanswered no other
   *   one is put, so that objects are not held up one by one while the database is away.
   */
  async sha256Of(sopUid: string): Promise<string | undefined> {
    if (this.#unanswered > 0) return undefined;
    const answer = this.#ask(sopUid).catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), this.#patienceMs);
    });
    const first = await Promise.race([answer, late]);
    clearTimeout(timer);
    if (first !== "late") return first;
    this.#unanswered++;
    void answer.then(() => this.#unanswered--);
    return undefined;
  }
}
