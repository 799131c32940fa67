/**
 * @file Decoded images in memory that all loader threads share, so that each file is decoded once.
 *
 * Images are kept resized to fit the training size, the longer side equal to it, in slots of equal length: three bytes a
 * pixel, in which two bytes of a measured value have room. The loader says which image has which slot; the first thread that
 * needs an empty slot fills it, others wait for that.
 */
import type { MeasuredImage } from "@fovea/core/dicom/measured-image";
import { FoveaError } from "@fovea/core/errors";
import type { ByteImage } from "@fovea/core/imaging/image";
import { resizeBilinear, resizeBilinear16 } from "@fovea/core/imaging/resample";
import { DISPLAY_NUMBERS, packDisplay, unpackDisplay } from "./packed-display";

interface SourceSize {
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

export interface FittedBytes extends SourceSize {
  readonly image: ByteImage;
  readonly display?: undefined;
}

export interface FittedValues extends SourceSize, MeasuredImage {}

/** An image as training reads it, and the size it had. */
export type FittedImage = FittedBytes | FittedValues;

/** The shared memory; handed to threads as it is. */
export interface CacheMemory {
  /** One slot for each image of the data set, with its number: none is ever given up. */
  readonly whole: boolean;
  readonly slotBytes: number;
  readonly slotsPerChunk: number;
  /** Several, because one block of memory may not be as long as all images are. */
  readonly chunks: readonly SharedArrayBuffer[];
  /** `FIELDS` integers per slot: state, width, height, channels, source width, source height, bytes of a value. */
  readonly fields: Int32Array;
  /** `DISPLAY_NUMBERS` per slot: how its values are shown, if they have two bytes. */
  readonly displays: Float64Array;
}

const FIELDS = 7;
const MAX_CHUNK_BYTES = 2 ** 29;

const EMPTY = 0;
const FILLING = 1;
const READY = 2;
/** The file cannot be decoded. */
const FAILED = 3;
/** The image does not fit its slot. */
const TOO_LARGE = 4;

/**
 * @param whole whether every image of the data set has a slot
 * @throws {FoveaError} `out_of_memory` if the memory is not to be had
 */
export function createCacheMemory(slots: number, imageBytes: number, whole: boolean): CacheMemory {
  // Values of two bytes begin at even places.
  const slotBytes = imageBytes + (imageBytes % 2);
  const slotsPerChunk = Math.max(1, Math.floor(MAX_CHUNK_BYTES / slotBytes));
  try {
    const chunks = Array.from({ length: Math.ceil(slots / slotsPerChunk) }, (_, i) => {
      const inChunk = Math.min(slotsPerChunk, slots - i * slotsPerChunk);
      return new SharedArrayBuffer(inChunk * slotBytes);
    });
    const fields = new Int32Array(new SharedArrayBuffer(4 * FIELDS * slots));
    const displays = new Float64Array(new SharedArrayBuffer(8 * DISPLAY_NUMBERS * slots));
    return { whole, slotBytes, slotsPerChunk, chunks, fields, displays };
  } catch (cause) {
    const megabytes = Math.round((slots * slotBytes) / 2 ** 20);
    throw new FoveaError("out_of_memory", `no ${megabytes} MB for an image cache; set cache to disk or false`, {
      cause,
    });
  }
}

/**
 * Which image has which slot; least recently used ones are given up. A slot is held from `take` until `release`.
 */
export class CacheSlots {
  readonly memory: CacheMemory;
  readonly #holders: Int32Array;
  /** Slot by image, least recently used first. */
  readonly #slots = new Map<number, number>();
  #used = 0;

  constructor(memory: CacheMemory) {
    this.memory = memory;
    this.#holders = new Int32Array(memory.fields.length / FIELDS);
  }

  /** Slot for image `index`, held; -1 if every slot is held for another. */
  take(index: number): number {
    if (this.memory.whole) return index;
    let slot = this.#slots.get(index);
    if (slot === undefined) {
      slot = this.#used < this.#holders.length ? this.#used++ : this.#giveUpOldest();
      if (slot < 0) return -1;
    }
    this.#slots.delete(index);
    this.#slots.set(index, slot);
    this.#holders[slot]++;
    return slot;
  }

  release(slot: number): void {
    if (slot >= 0 && !this.memory.whole) this.#holders[slot]--;
  }

  #giveUpOldest(): number {
    for (const [index, slot] of this.#slots) {
      if (this.#holders[slot] > 0) continue;
      this.#slots.delete(index);
      Atomics.store(this.memory.fields, slot * FIELDS, EMPTY);
      return slot;
    }
    return -1;
  }
}

/**
 * The image of a slot, decoded by `decode` if nobody has done so yet; slot -1 stands for none.
 *
 * @returns `undefined` if another thread, or this one before, could not decode the file
 * @throws what `decode` throws, the first time
 */
export async function fetchImage(
  memory: CacheMemory | undefined,
  slot: number,
  decode: () => Promise<FittedImage>,
): Promise<FittedImage | undefined> {
  if (memory === undefined || slot < 0) return decode();
  const { fields } = memory;
  const state = slot * FIELDS;
  switch (Atomics.compareExchange(fields, state, EMPTY, FILLING)) {
    case EMPTY:
      return fill(memory, slot, decode);
    case FILLING:
      // A thread that fills a slot waits for nobody, so this ends.
      Atomics.wait(fields, state, FILLING);
      return fetchImage(memory, slot, decode);
    case READY:
      return view(memory, slot);
    case FAILED:
      return undefined;
    default:
      return decode();
  }
}

async function fill(memory: CacheMemory, slot: number, decode: () => Promise<FittedImage>): Promise<FittedImage> {
  const { fields } = memory;
  const state = slot * FIELDS;
  let outcome = FAILED;
  try {
    const fitted = await decode();
    outcome = store(memory, slot, fitted);
    return fitted;
  } finally {
    Atomics.store(fields, state, outcome);
    Atomics.notify(fields, state);
  }
}

/** Puts the image that `make` gives into `slot`, unless somebody has filled it or is about to. */
export function offerImage(memory: CacheMemory, slot: number, make: () => FittedImage): void {
  const { fields } = memory;
  const state = slot * FIELDS;
  if (Atomics.compareExchange(fields, state, EMPTY, FILLING) !== EMPTY) return;
  let outcome = EMPTY;
  try {
    outcome = store(memory, slot, make());
  } finally {
    Atomics.store(fields, state, outcome);
    Atomics.notify(fields, state);
  }
}

/** Copies an image into a slot; the state that the slot then has. */
function store(memory: CacheMemory, slot: number, fitted: FittedImage): number {
  const { image, display, sourceWidth, sourceHeight } = fitted;
  const { width, height, channels, data } = image;
  const { fields, displays, slotBytes } = memory;
  if (data.byteLength > slotBytes) return TOO_LARGE;
  const { chunk, offset } = placeOf(memory, slot);
  const room = display ? new Uint16Array(chunk, offset, data.length) : new Uint8Array(chunk, offset, data.length);
  room.set(data);
  if (display) displays.set(packDisplay(display), slot * DISPLAY_NUMBERS);
  const { BYTES_PER_ELEMENT } = data;
  fields.set([width, height, channels, sourceWidth, sourceHeight, BYTES_PER_ELEMENT], slot * FIELDS + 1);
  return READY;
}

function placeOf({ chunks, slotsPerChunk, slotBytes }: CacheMemory, slot: number) {
  const chunk = chunks[Math.floor(slot / slotsPerChunk)];
  return { chunk, offset: (slot % slotsPerChunk) * slotBytes };
}

function view(memory: CacheMemory, slot: number): FittedImage {
  const [, width, height, channels, sourceWidth, sourceHeight, bytes] = memory.fields.subarray(slot * FIELDS);
  const { chunk, offset } = placeOf(memory, slot);
  const source = { sourceWidth, sourceHeight };
  if (bytes === 1) {
    const data = new Uint8Array(chunk, offset, width * height * channels);
    return { image: { width, height, channels: channels === 3 ? 3 : 1, data }, ...source };
  }
  const display = unpackDisplay(memory.displays.subarray(slot * DISPLAY_NUMBERS, (slot + 1) * DISPLAY_NUMBERS));
  const data = new Uint16Array(chunk, offset, width * height);
  return { image: { width, height, channels: 1, data }, display, ...source };
}

/** Sides of an image of `width` x `height` pixels whose longer side is brought to `size`; 2 px at least. */
export function fittedSides(width: number, height: number, size: number): [width: number, height: number] {
  const ratio = size / Math.max(width, height);
  const side = (length: number) => Math.max(2, Math.min(Math.ceil(length * ratio), size));
  return [side(width), side(height)];
}

/** `image` with its longer side brought to `size`, in one channel if all its pixels are grey. */
export function fitImage(image: ByteImage, size: number): FittedBytes {
  const [width, height] = fittedSides(image.width, image.height, size);
  const source = { sourceWidth: image.width, sourceHeight: image.height };
  // Radiographs are often stored in colour; a third of the pixels is a third of the work, in every epoch.
  return { image: resizeBilinear(greyIfGrey(image), width, height), ...source };
}

/**
 * Measured values with the longer side brought to `size`. Training shows them through their window afterwards, where validation
 * and prediction resize what is shown: at edges between what lies within the window and far beyond it the two differ.
 */
export function fitMeasured({ image, display }: MeasuredImage, size: number): FittedValues {
  const [width, height] = fittedSides(image.width, image.height, size);
  const source = { sourceWidth: image.width, sourceHeight: image.height };
  return { image: resizeBilinear16(image, width, height), display, ...source };
}

function greyIfGrey(image: ByteImage): ByteImage {
  const { data, channels, width, height } = image;
  if (channels === 1) return image;
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return image;
  const grey = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < grey.length; i++, p += 3) grey[i] = data[p];
  return { width, height, channels: 1, data: grey };
}
