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
import { composition, type EpochComposition, type SamplingPlan, samplingPlan } from "@fovea/core/dataset/sampling";
import { ArgumentError } from "@fovea/core/errors";
import { type Augmentation, augmentation } from "@fovea/core/imaging/augment/augmentation";
import { wantsValues } from "@fovea/core/imaging/augment/choose-transforms";
import { companySize, drawCompany } from "@fovea/core/imaging/augment/company";
import { hashSeed, Random } from "@fovea/core/math/random";
import type { Batch, BatchJob, BatchResult, Draft, LoaderSetup } from "./batch";
import { type BatchCrew, batchCrew } from "./batch-crew";
import { CacheSlots, createCacheMemory, fittedSides } from "./image-cache";
import type { EpochOptions, LoaderOptions } from "./loader-options";
import { outlinesMissing, tilesWithoutCache } from "./loader-warnings";
import { largestSide, sideAt, type TrainingBatchOptions, trainingBatches } from "./training-batches";
import { type BatchShape, proportions, rectBatches, squareBatches } from "./validation-batches";

/** Mosaics draw from this many recent images at most, and from at most eight batches. */
const MAX_WINDOW = 1000;

export class Loader {
  readonly #dataset: Dataset;
  readonly #options: LoaderOptions;
  readonly #seed: number;
  readonly #prefetch: number;
  readonly #augmentation: Augmentation | undefined;
  readonly #plan: SamplingPlan | undefined;
  readonly #shaping: TrainingBatchOptions;
  /** Side that images are fitted to. */
  readonly #side: number;
  /** In validation, what each batch holds. */
  readonly #shapes: readonly BatchShape[];
  readonly #batches: number;
  readonly #window: number;
  readonly #slots: CacheSlots | undefined;
  readonly #crew: BatchCrew;
  readonly #bufferBytes: number;
  readonly #buffers: ArrayBuffer[] = [];
  readonly #problems = new Map<string, Problem>();
  #nextId = 0;
  #running = false;
  #waitedMs = 0;

  /**
   * @throws {ArgumentError} if an option is out of range or the data set empty
   * @throws {FoveaError} `out_of_memory` if the cache is not to be had
   */
  constructor(dataset: Dataset, options: LoaderOptions) {
    const { imgsz, batch, mode, seed = 0, rect = false, stride = 32, masks = false } = options;
    const { multiScale = 0, cache = "auto", cacheFolder, normalize = "none" } = options;
    const { workers = defaultWorkers(), prefetch = workers + 2 } = options;
    requireInteger("imgsz", imgsz, 32);
    requireInteger("batch", batch, 1);
    requireInteger("workers", workers, 0);
    requireInteger("prefetch", prefetch, 1);
    if (imgsz % 4 !== 0) throw new ArgumentError(`imgsz is ${imgsz}, expected a multiple of 4`);
    const { samples } = dataset;
    if (samples.length === 0) throw new ArgumentError(`Loader: no image in ${dataset.split} of ${dataset.name}`);

    const training = mode === "train";
    this.#dataset = dataset;
    this.#options = options;
    this.#seed = seed;
    this.#prefetch = prefetch;
    this.#augmentation = training ? augmentation(options.augmentation) : undefined;
    this.#plan = training ? samplingPlan(samples, options.sampling) : undefined;
    this.#shaping = { imgsz, batch, seed, rect, multiScale: training ? multiScale : 0, stride };
    this.#side = training ? largestSide(this.#shaping) : imgsz;
    if (training && rect) proportions(samples);
    if (training) this.#shapes = [];
    else this.#shapes = rect ? rectBatches(samples, imgsz, batch, stride) : squareBatches(samples.length, imgsz, batch);
    const images = this.#plan?.length ?? samples.length;
    this.#batches = Math.ceil(images / batch);
    this.#window = Math.min(images, samples.length, 8 * batch, MAX_WINDOW);
    this.#slots = this.#makeSlots();
    const pixels = this.#shapes.reduce((most, { width, height }) => Math.max(most, width * height), this.#side ** 2);
    this.#bufferBytes = 3 * batch * pixels;
    const measured = this.#augmentation !== undefined && wantsValues(this.#augmentation.transforms);
    const setup: LoaderSetup = {
      files: samples.map(({ file }) => file),
      crops: samples.map(({ crop }) => crop),
      labels: labelTable(samples),
      cache: this.#slots?.memory,
      diskCache: cache === "disk" ? { side: this.#side, measured, normalize, folder: cacheFolder } : undefined,
      side: this.#side,
      masks,
      measured,
      normalize,
      augmentation: this.#augmentation,
    };
    this.#crew = batchCrew(workers, setup);
    if (masks) this.#report(outlinesMissing(dataset));
    if (cache !== "disk" && !this.#slots?.memory.whole) this.#report(tilesWithoutCache(dataset));
  }

  get batchesPerEpoch(): number {
    return this.#batches;
  }

  /** Milliseconds that the reader of the latest epoch has waited for batches so far. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** What an epoch shows; mosaics' further images are not counted. */
  composition(epochIndex: number): EpochComposition {
    const all = this.#dataset.samples.keys();
    return composition(this.#augmentation ? this.#orderOf(epochIndex) : all, this.#dataset);
  }

  /** Side of the training images of a batch, pixels; under `rect` that of the batch's longer side at most. */
  sizeAt(epochIndex: number, batchIndex: number): number {
    return sideAt(this.#shaping, epochIndex, batchIndex);
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
    this.#waitedMs = 0;
    const order = this.#orderOf(epochIndex);
    const shapes = this.#augmentation
      ? trainingBatches(order, this.#dataset.samples, epochIndex, this.#shaping)
      : this.#shapes;
    const mosaics = mosaic && this.#options.rect !== true;
    const pending: Promise<BatchResult>[] = [];
    let next = skipBatches;
    try {
      while (next < this.batchesPerEpoch || pending.length > 0) {
        while (next < this.batchesPerEpoch && pending.length < this.#prefetch) {
          const result = this.#start(this.#draftBatch(shapes[next++], order, epochIndex, mosaics));
          // Whoever awaits it below hears of a failure; until then it must not end the process.
          result.catch(() => undefined);
          pending.push(result);
        }
        const asked = performance.now();
        const result = await pending.shift();
        this.#waitedMs += performance.now() - asked;
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

  #orderOf(epoch: number): EpochOrder {
    return new EpochOrder(this.#dataset.samples.length, this.#seed, epoch, this.#plan);
  }

  #draftBatch(
    { width, height, positions }: BatchShape,
    order: EpochOrder,
    epoch: number,
    mosaic: boolean,
  ): Omit<BatchJob, "id" | "buffer"> {
    const drafts = positions.map((position): Draft => {
      if (this.#augmentation === undefined) return { fetches: [this.#fetch(position)] };
      const sample = order.at(position);
      const turn = order.turn(position);
      // An image that comes again in one epoch is varied in another way.
      const random = new Random(hashSeed(this.#seed, epoch, sample, ...(turn > 0 ? [turn] : [])));
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
    const { batch, cache = "auto" } = this.#options;
    const { samples } = this.#dataset;
    const slotBytes = samples.reduce((most, { width = 1, height = 1 }) => {
      const [w, h] = fittedSides(width, height, this.#side);
      return Math.max(most, 3 * w * h);
    }, 0);
    const affordable = Math.floor(freemem() / 4 / slotBytes);
    const all = cache === true || cache === "ram" || (cache === "auto" && samples.length <= affordable);
    const { mosaic = 0, mixup = 0, cutmix = 0, copy_paste = 0 } = this.#augmentation ?? {};
    const window = Math.max(mosaic, mixup, cutmix, copy_paste) > 0 ? this.#window + this.#prefetch * batch : 0;
    const slots = all ? samples.length : Math.min(window, affordable, samples.length);
    return slots > 0 ? new CacheSlots(createCacheMemory(slots, slotBytes, slots === samples.length)) : undefined;
  }
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
