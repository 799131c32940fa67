/**
 * @file Makes batches: fetches images, augments or letterboxes them, gathers their labels. Runs in the loader's threads.
 */
import { labelsOf } from "@fovea/core/dataset/label-table";
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { shownLevels } from "@fovea/core/dicom/measured-image";
import { FoveaError } from "@fovea/core/errors";
import { transformPoints } from "@fovea/core/geometry/affine";
import { augment } from "@fovea/core/imaging/augment/augment";
import { drawWindowShift } from "@fovea/core/imaging/augment/choose-transforms";
import { partSources } from "@fovea/core/imaging/augment/company";
import type { PlacedLabel } from "@fovea/core/imaging/augment/move-labels";
import { byDecreasingArea, MAX_INSTANCES, paintOverlapMask } from "@fovea/core/imaging/augment/overlap-mask";
import { type LabelRows, REGION } from "@fovea/core/imaging/augment/tile";
import { toPlanes } from "@fovea/core/imaging/color";
import type { PaintableImage } from "@fovea/core/imaging/grey-levels";
import { type LetterboxLayout, letterboxTensor } from "@fovea/core/imaging/letterbox";
import { frameMemory } from "@fovea/core/imaging/pixel-kernel/pixel-kernel";
import { shiftByteWindow, type WindowShift } from "@fovea/core/imaging/window-jitter";
import { Random } from "@fovea/core/math/random";
import { FrameDecoder } from "../dicom/frame-decoder";
import { type BatchJob, type BatchResult, type BatchSource, type Draft, type LoaderSetup, MASK_RATIO } from "./batch";
import { cutMiddle } from "./cut-middle";
import { FittedSource } from "./fitted-source";
import { type FittedImage, fetchImage, fitImage, fitMeasured } from "./image-cache";
import { isDicomName } from "./source-image";

/** Unreadable images in a row after which a batch is given up. */
const MAX_REPLACEMENTS = 20;

/** A batch as it grows. */
interface Growing {
  readonly job: BatchJob;
  readonly out: Uint8Array;
  readonly targets: number[];
  /** One for each target. */
  readonly weights: number[];
  readonly ignored: number[];
  readonly masks: Uint8Array<ArrayBuffer> | undefined;
  readonly files: string[];
  readonly sources: BatchSource[];
  readonly problems: Problem[];
}

export class BatchMaker {
  readonly #setup: LoaderSetup;
  readonly #decoder = new FrameDecoder();
  readonly #source: FittedSource;
  readonly #scratch: Uint8Array;

  constructor(setup: LoaderSetup) {
    this.#setup = setup;
    this.#source = new FittedSource(setup, this.#decoder);
    this.#scratch = setup.augmentation ? frameMemory(3 * setup.side ** 2) : new Uint8Array();
  }

  /**
   * The batch that `job` describes. An image that cannot be decoded is reported, and in training replaced by another
   * one that its random numbers choose; in validation it is left out.
   *
   * @throws {FoveaError} `invalid_dataset` if no image at all can be read
   */
  async make(job: BatchJob): Promise<BatchResult> {
    const { id, width, height, drafts, buffer } = job;
    const cells = (width / MASK_RATIO) * (height / MASK_RATIO);
    const masks = this.#setup.masks ? new Uint8Array(drafts.length * cells) : undefined;
    const batch: Growing = {
      job,
      out: new Uint8Array(buffer),
      targets: [],
      weights: [],
      ignored: [],
      masks,
      files: [],
      sources: [],
      problems: [],
    };
    for (const draft of drafts) {
      if (draft.random) await this.#addAugmented(batch, draft, new Random(draft.random));
      else await this.#addLetterboxed(batch, draft);
    }
    const { files, sources, problems } = batch;
    const size = files.length;
    return {
      ...{ id, width, height, size, buffer, files, sources, problems },
      targets: Float32Array.from(batch.targets),
      ...(batch.weights.some((weight) => weight !== 1) && { weights: Float32Array.from(batch.weights) }),
      ...(batch.ignored.some((mark) => mark === 1) && { ignored: Uint8Array.from(batch.ignored) }),
      masks: masks?.slice(0, size * cells),
    };
  }

  /** End what runs beside this thread. */
  close(): Promise<void> {
    return this.#decoder.close();
  }

  async #addAugmented(batch: Growing, { fetches, company }: Draft, random: Random): Promise<void> {
    const { augmentation, files, labels: table } = this.#setup;
    if (augmentation === undefined || company === undefined)
      throw new Error("unreachable: augmentation without settings");
    const { width, height } = batch.job;
    const side = Math.max(width, height);
    const shift = drawWindowShift(augmentation.transforms, random);
    const sources = [];
    let file: string | undefined;
    for (const fetch of fetches) {
      const { fitted, index } = await this.#fetchOrReplace(fetch.index, fetch.slot, random, batch.problems);
      file ??= files[index];
      sources.push({ image: this.#shown(fitted, files[index], side, shift), labels: labelsOf(table, index) });
    }
    const { base, partners } = partSources(sources, company);
    const square = augment(base, augmentation, side, random, this.#scratch, partners);
    const { image, labels } = width === height ? square : cutMiddle(square, width, height);
    toPlanes(image, batch.out, batch.files.length * 3 * width * height);
    this.#addLabels(batch, labels, file ?? "");
    batch.files.push(file ?? "");
  }

  /** A source through its window, with the longer side brought to `side`. */
  #shown(fitted: FittedImage, file: string, side: number, shift: WindowShift | undefined): PaintableImage {
    // Under varying sizes images are kept for the largest one.
    const fits = side === this.#setup.side;
    if (fitted.display) return shownLevels(fits ? fitted : fitMeasured(fitted, side), shift);
    // Colours of a DICOM file are not shown through a window.
    const image = shift && !isDicomName(file) ? shiftByteWindow(fitted.image, shift) : fitted.image;
    return fits ? image : fitImage(image, side).image;
  }

  async #addLetterboxed(batch: Growing, { fetches: [{ index, slot }] }: Draft): Promise<void> {
    const fitted = await this.#fetch(index, slot, batch.problems);
    if (fitted === undefined) return;
    if (fitted.display) throw new Error("unreachable: measured values in validation");
    const { width, height } = batch.job;
    const { sourceWidth, sourceHeight, image } = fitted;
    const offset = batch.files.length * 3 * width * height;
    const layout = letterboxTensor(image, { width, height, scaleUp: false }, batch.out, offset);
    const file = this.#setup.files[index];
    this.#addLabels(batch, labelsInLetterbox(labelsOf(this.#setup.labels, index), layout), file);
    const transform = { scale: layout.contentHeight / sourceHeight, left: layout.left, top: layout.top };
    batch.files.push(file);
    batch.sources.push({ file, index, width: sourceWidth, height: sourceHeight, transform });
  }

  #addLabels(batch: Growing, placed: readonly PlacedLabel[], file: string): void {
    const { job, targets, weights, ignored, masks, files, problems } = batch;
    const { width, height } = job;
    let labels = placed;
    if (masks) {
      labels = byDecreasingArea(placed);
      if (labels.length > MAX_INSTANCES) {
        const message = `${labels.length} lesions in one image, of which masks keep the ${MAX_INSTANCES} largest`;
        problems.push({ severity: "warning", code: "invalid_label", file, message });
        labels = labels.slice(0, MAX_INSTANCES);
      }
      const columns = width / MASK_RATIO;
      const rows = height / MASK_RATIO;
      const start = files.length * rows * columns;
      paintOverlapMask(labels, masks.subarray(start, start + rows * columns), columns, rows, MASK_RATIO);
    }
    for (const { classId, x1, y1, x2, y2, weight = 1 } of labels) {
      const [cx, cy] = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height];
      targets.push(files.length, classId, cx, cy, (x2 - x1) / width, (y2 - y1) / height);
      weights.push(weight);
      ignored.push(classId === REGION ? 1 : 0);
    }
  }

  async #fetchOrReplace(
    index: number,
    slot: number,
    random: Random,
    problems: Problem[],
  ): Promise<{ readonly fitted: FittedImage; readonly index: number }> {
    const fitted = await this.#fetch(index, slot, problems);
    if (fitted) return { fitted, index };
    const { files } = this.#setup;
    for (let attempt = 0; attempt < MAX_REPLACEMENTS; attempt++) {
      const other = random.integer(0, files.length);
      // Not from the cache: whether it is there must not show in the batch, and this is rare.
      const replacement = await this.#fetch(other, -1, problems);
      if (replacement) return { fitted: replacement, index: other };
    }
    const message = `not to be read, nor were ${MAX_REPLACEMENTS} others in its place; check the disk`;
    throw new FoveaError("invalid_dataset", message, { file: files[index] });
  }

  async #fetch(index: number, slot: number, problems: Problem[]): Promise<FittedImage | undefined> {
    try {
      return await fetchImage(this.#setup.cache, slot, () => this.#source.read(index, problems));
    } catch (error) {
      if (!(error instanceof FoveaError)) throw error;
      problems.push(problemOf(error));
      return undefined;
    }
  }
}

/** Labels in pixels of a letterboxed image; none is dropped. */
function labelsInLetterbox(
  { rows, weights, outlines }: LabelRows,
  { left, top, contentWidth, contentHeight }: LetterboxLayout,
): PlacedLabel[] {
  return Array.from({ length: rows.length / 5 }, (_, i) => {
    const [classId, cx, cy, w, h] = rows.subarray(5 * i, 5 * i + 5);
    const outline = outlines?.[i];
    return {
      ...(weights && { weight: weights[i] }),
      classId,
      x1: left + (cx - w / 2) * contentWidth,
      y1: top + (cy - h / 2) * contentHeight,
      x2: left + (cx + w / 2) * contentWidth,
      y2: top + (cy + h / 2) * contentHeight,
      outline: outline && transformPoints([contentWidth, 0, left, 0, contentHeight, top], outline.slice()),
    };
  });
}
