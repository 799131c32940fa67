/**
 * @file Feeds training and validation with batches, made ahead by threads.
 *
 * Which images a batch holds and how they are varied depends on the seed, the epoch and the data set alone: not on the
 * number of threads, on what is in the cache, or on where training was taken up again.
 */
import { availableParallelism, freemem } from "node:os";
import { EpochOrder } from "@fovea/core/dataset/epoch-order";
import { labelTable } from "@fovea/core/dataset/label-table";
import { type Dataset, errorOf, type Problem } from "@fovea/core/dataset/sample";
import { ArgumentError } from "@fovea/core/errors";
import { type Augmentation, type AugmentationOptions, augmentation } from "@fovea/core/imaging/augment/augmentation";
import { companySize, drawCompany } from "@fovea/core/imaging/augment/company";
import { hashSeed, Random } from "@fovea/core/math/random";
import type { Batch, BatchJob, BatchResult, Draft, LoaderSetup } from "./batch";
import { type BatchCrew, batchCrew } from "./batch-crew";
import { CacheSlots, createCacheMemory, fittedSides } from "./image-cache";
import { type BatchShape, rectBatches, squareBatches } from "./validation-batches";

export interface LoaderOptions {
  /** Side of the training images, pixels; a multiple of 4. */
  readonly imgsz: number;
  /** Images in a batch; the last one of an epoch may have fewer. */
  readonly batch: number;
  /** `train` shuffles and augments, `val` letterboxes in a fixed order. */
  readonly mode: "train" | "val";
  /** @default 0 */
  readonly seed?: number;
  /** For training; values as users of the YOLO tools know them. */
  readonly augmentation?: AugmentationOptions;
  /** In validation: batches of images of like proportions with little margin, instead of squares. @default false */
  readonly rect?: boolean;
  /** Sides of rectangular batches are multiples of it. @default 32 */
  readonly stride?: number;
  /** Make instance masks too. @default false */
  readonly masks?: boolean;
  /** Threads; 0 works in the caller's own. @default one per processor but one, 1 to 8 */
  readonly workers?: number;
  /** Batches made ahead. @default two more than threads */
  readonly prefetch?: number;
  /**
   * Keep decoded images in memory: all of them (`true`, `"ram"`), all if they fit into a quarter of the free memory
   * (`"auto"`), or none but those that the next mosaics may need (`false`). @default "auto"
   */
  readonly cache?: boolean | "ram" | "auto";
  /** What becomes of a file that turns out unreadable: replaced (in validation left out) or an error. @default "skip" */
  readonly onProblem?: "skip" | "refuse";
}

export interface EpochOptions {
  /**
   * Put images together (mosaic, mixup, cutmix, copy_paste), with the probabilities that the augmentation says.
   * @default true
   */
  readonly mosaic?: boolean;
  /** Batches at the start of the epoch that training has seen already. @default 0 */
  readonly skipBatches?: number;
}

/** Mosaics draw from this many recent images at most, and from at most eight batches. */
const MAX_WINDOW = 1000;

export class Loader {
  readonly #dataset: Dataset;
  readonly #options: LoaderOptions;
  readonly #seed: number;
  readonly #prefetch: number;
  readonly #augmentation: Augmentation | undefined;
  /** In validation, what each batch holds. */
  readonly #shapes: readonly BatchShape[];
  readonly #window: number;
  readonly #slots: CacheSlots | undefined;
  readonly #crew: BatchCrew;
  readonly #bufferBytes: number;
  readonly #buffers: ArrayBuffer[] = [];
  readonly #problems = new Map<string, Problem>();
  #nextId = 0;
  #running = false;

  /**
   * @throws {ArgumentError} if an option is out of range or the data set empty
   * @throws {FoveaError} `out_of_memory` if the cache is not to be had
   */
  constructor(dataset: Dataset, options: LoaderOptions) {
    const { imgsz, batch, mode, seed = 0, rect = false, stride = 32, masks = false } = options;
    const { workers = defaultWorkers(), prefetch = workers + 2 } = options;
    requireInteger("imgsz", imgsz, 32);
    requireInteger("batch", batch, 1);
    requireInteger("workers", workers, 0);
    requireInteger("prefetch", prefetch, 1);
    if (imgsz % 4 !== 0) throw new ArgumentError(`imgsz is ${imgsz}, expected a multiple of 4`);
    if (rect && mode === "train")
      throw new ArgumentError("rect is true, expected false in training: mosaics are square");
    const { samples } = dataset;
    if (samples.length === 0) throw new ArgumentError(`Loader: no image in ${dataset.split} of ${dataset.name}`);

    this.#dataset = dataset;
    this.#options = options;
    this.#seed = seed;
    this.#prefetch = prefetch;
    this.#augmentation = mode === "train" ? augmentation(options.augmentation) : undefined;
    this.#shapes = rect ? rectBatches(samples, imgsz, batch, stride) : squareBatches(samples.length, imgsz, batch);
    this.#window = Math.min(samples.length, 8 * batch, MAX_WINDOW);
    this.#slots = this.#makeSlots();
    this.#bufferBytes = 3 * batch * this.#shapes.reduce((most, { width, height }) => Math.max(most, width * height), 0);
    const setup: LoaderSetup = {
      files: samples.map(({ file }) => file),
      labels: labelTable(samples),
      cache: this.#slots?.memory,
      imgsz,
      masks,
      augmentation: this.#augmentation,
    };
    this.#crew = batchCrew(workers, setup);
    if (masks) this.#report(outlinesMissing(dataset));
  }

  get batchesPerEpoch(): number {
    return this.#shapes.length;
  }

  /** What turned out while batches were made, above all unreadable files; each file once. */
  get problems(): readonly Problem[] {
    return [...this.#problems.values()];
  }

  /**
   * Batches of one epoch, in order. Only one epoch can run at a time; leaving the loop early ends it.
   *
   * @param epochIndex from 0; validation gives the same batches for every one
   * @throws {FoveaError} under `refuse`, that of a file that cannot be read; `invalid_dataset` if none can
   */
  async *epoch(epochIndex: number, { mosaic = true, skipBatches = 0 }: EpochOptions = {}): AsyncGenerator<Batch, void> {
    if (this.#running) throw new ArgumentError("Loader: the epoch before is not at its end");
    this.#running = true;
    const order = new EpochOrder(this.#dataset.samples.length, this.#seed, epochIndex);
    const pending: Promise<BatchResult>[] = [];
    let next = skipBatches;
    try {
      while (next < this.batchesPerEpoch || pending.length > 0) {
        while (next < this.batchesPerEpoch && pending.length < this.#prefetch) {
          const result = this.#start(this.#draftBatch(next++, order, epochIndex, mosaic));
          // Whoever awaits it below hears of a failure; until then it must not end the process.
          result.catch(() => undefined);
          pending.push(result);
        }
        const result = await pending.shift();
        if (result === undefined) throw new Error("unreachable: nothing is pending");
        this.#report(result.problems);
        if (result.size > 0) yield this.#batchOf(result);
      }
    } finally {
      for (const late of await Promise.allSettled(pending)) {
        if (late.status === "fulfilled") this.#buffers.push(late.value.buffer);
      }
      this.#running = false;
    }
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await this.#crew.close();
  }

  #draftBatch(index: number, order: EpochOrder, epoch: number, mosaic: boolean): Omit<BatchJob, "id" | "buffer"> {
    const { width, height, positions } = this.#shapes[index];
    const drafts = positions.map((position): Draft => {
      if (this.#augmentation === undefined) return { fetches: [this.#fetch(position)] };
      const sample = order.at(position);
      const random = new Random(hashSeed(this.#seed, epoch, sample));
      const company = drawCompany(this.#augmentation, mosaic, random);
      const others = order.recent(position, this.#window, companySize(company) - 1, random);
      return { fetches: [sample, ...others].map((i) => this.#fetch(i)), company, random: random.state };
    });
    return { width, height, drafts };
  }

  #fetch(index: number) {
    return { index, slot: this.#slots?.take(index) ?? -1 };
  }

  async #start(draft: Omit<BatchJob, "id" | "buffer">): Promise<BatchResult> {
    const buffer = this.#buffers.pop() ?? new ArrayBuffer(this.#bufferBytes);
    try {
      return await this.#crew.make({ id: this.#nextId++, buffer, ...draft });
    } finally {
      for (const { fetches } of draft.drafts) for (const { slot } of fetches) this.#slots?.release(slot);
    }
  }

  #batchOf({ buffer, problems: _, id: __, ...batch }: BatchResult): Batch {
    const images = new Uint8Array(buffer, 0, batch.size * 3 * batch.height * batch.width);
    let released = false;
    const release = () => {
      if (!released) this.#buffers.push(buffer);
      released = true;
    };
    return { ...batch, images, release };
  }

  #report(problems: readonly Problem[]): void {
    for (const problem of problems) {
      if (problem.severity === "error" && this.#options.onProblem === "refuse") throw errorOf(problem);
      if (!this.#problems.has(problem.file)) this.#problems.set(problem.file, problem);
    }
  }

  #makeSlots(): CacheSlots | undefined {
    const { imgsz, batch, cache = "auto" } = this.#options;
    const { samples } = this.#dataset;
    const slotBytes = samples.reduce((most, { width = 1, height = 1 }) => {
      const [w, h] = fittedSides(width, height, imgsz);
      return Math.max(most, 3 * w * h);
    }, 0);
    const affordable = Math.floor(freemem() / 4 / slotBytes);
    const all = cache === true || cache === "ram" || (cache === "auto" && samples.length <= affordable);
    const window = this.#augmentation?.mosaic ? this.#window + this.#prefetch * batch : 0;
    const slots = all ? samples.length : Math.min(window, affordable, samples.length);
    return slots > 0 ? new CacheSlots(createCacheMemory(slots, slotBytes)) : undefined;
  }
}

/** Masks need outlines; boxes are filled where there is none, which teaches boxes. */
function outlinesMissing({ samples }: Dataset): Problem[] {
  const boxes = samples.filter(({ labels }) => labels.some(({ polygon }) => polygon === undefined));
  if (boxes.length === 0) return [];
  const message = `lesions without outline here and in ${boxes.length - 1} more images: their boxes are taken for outlines`;
  return [{ severity: "warning", code: "invalid_label", file: boxes[0].file, message }];
}

/** The trainer needs nearly all processors; two of them leave one thread to the loader. */
function defaultWorkers(): number {
  return Math.min(8, Math.max(1, availableParallelism() - 1));
}

function requireInteger(name: string, value: number, least: number): void {
  if (!(Number.isInteger(value) && value >= least)) {
    throw new ArgumentError(`${name} is ${value}, expected an integer, ${least} or more`);
  }
}
