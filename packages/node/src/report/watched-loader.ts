/**
 * @file A loader as the loop sees it, with somebody looking on: what the first batches were, and how long each was waited
 * for.
 */
import type { Batch } from "../data/batch";
import type { Loader } from "../data/loader";

/** What the loop asks of a loader. */
export type BatchSourceOfLoop = Pick<Loader, "batchesPerEpoch" | "epoch">;

export interface LoaderWatch {
  /** Each batch before the loop has it; its memory must not be kept. */
  onBatch(batch: Batch, epoch: number): void;
  /** Seconds that the loop has waited for a batch, or for the end of the epoch. */
  onWait(seconds: number): void;
  /** When an epoch has no more batches. */
  onEnd(): void;
  /** Seconds of a clock that only counts up. */
  now(): number;
}

/** `loader`, watched. */
export function watchLoader(loader: BatchSourceOfLoop, watch: LoaderWatch): BatchSourceOfLoop {
  return {
    get batchesPerEpoch() {
      return loader.batchesPerEpoch;
    },
    async *epoch(...asked: Parameters<Loader["epoch"]>) {
      const batches = loader.epoch(...asked)[Symbol.asyncIterator]();
      try {
        for (;;) {
          const before = watch.now();
          const { value, done } = await batches.next();
          watch.onWait(watch.now() - before);
          if (done) {
            watch.onEnd();
            return;
          }
          watch.onBatch(value, asked[0]);
          yield value;
        }
      } finally {
        // The loop may leave early; the loader then stops making batches.
        await batches.return?.(undefined);
      }
    },
  };
}
