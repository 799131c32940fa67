/**
 * @file When to stop: no better epoch for `patience` epochs. An equal one counts as better.
 */
export class EarlyStopping {
  readonly #patience: number;
  best = Number.NEGATIVE_INFINITY;
  bestEpoch = 0;

  /** @param patience 0 never stops */
  constructor(patience: number) {
    this.#patience = patience > 0 ? patience : Number.POSITIVE_INFINITY;
  }

  /** Notes an epoch's fitness. */
  note(epoch: number, fitness: number): { readonly improved: boolean; readonly stop: boolean } {
    const improved = fitness >= this.best;
    if (improved) {
      this.best = fitness;
      this.bestEpoch = epoch;
    }
    return { improved, stop: epoch - this.bestEpoch >= this.#patience };
  }
}
