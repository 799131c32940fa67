/**
 * @file Stand-ins for the training step and the loader, to watch the loop without a network and images.
 */
import type { Batch } from "../../src/data/batch";
import type { EpochOptions } from "../../src/data/loader-options";
import type { UpdateSettings } from "../../src/train/train-step";

const FILES = ["scan1.png", "scan2.png", "scan2.png"];

/** A step whose loss is whatever the batch's number makes it, and which notes how it is updated. */
export class RecordingStep {
  readonly lossNames = ["box_loss", "cls_loss"];
  readonly received: UpdateSettings[] = [];
  /** Batches seen when each update came. */
  readonly updatedAfter: number[] = [];
  updates = 0;
  pending = 0;
  seen = 0;
  readonly #lossOf: (batch: number) => readonly number[];

  constructor(lossOf: (batch: number) => readonly number[] = (batch) => [batch, 1]) {
    this.#lossOf = lossOf;
  }

  async accumulate(batch: Batch): Promise<Float32Array> {
    this.seen++;
    this.pending++;
    return Float32Array.from(this.#lossOf(batch.targets[0]));
  }

  /** Stages entered. */
  readonly stages: number[] = [];

  async enter(stage: number): Promise<void> {
    this.stages.push(stage);
    this.pending = 0;
  }

  update(settings: UpdateSettings): number {
    this.received.push(settings);
    this.updatedAfter.push(this.seen);
    this.updates++;
    this.pending = 0;
    return 1;
  }
}

/** Batches that carry their number within the epoch as their only target. */
export class CountingLoader {
  readonly batchesPerEpoch: number;
  readonly asked: (EpochOptions & { readonly epoch: number })[] = [];
  released = 0;

  constructor(batchesPerEpoch: number) {
    this.batchesPerEpoch = batchesPerEpoch;
  }

  async *epoch(epoch: number, options: EpochOptions = {}): AsyncGenerator<Batch, void> {
    this.asked.push({ epoch, ...options });
    for (let i = options.skipBatches ?? 0; i < this.batchesPerEpoch; i++) {
      yield {
        images: new Uint8Array(),
        size: 3,
        width: 32,
        height: 32,
        targets: Float32Array.of(i, 0, 0.5, 0.5, 0.5, 0.5),
        files: FILES,
        sources: [],
        release: () => {
          this.released++;
        },
      };
    }
  }
}
