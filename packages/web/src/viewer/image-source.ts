/**
 * @file Images from the service as Cornerstone3D takes them: a loader and a provider of metadata for addresses `fovea:UID:FRAME`.
 */
import { cache, Enums, imageLoader, metaData, type Types } from "@cornerstonejs/core";
import type { InstanceImage } from "@fovea/core/contract/image";
import type { Client } from "../api/client";
import { waited } from "../api/repeated-question";
import { RequestError } from "../api/request-error";
import { type DisplayValues, displayValues } from "./display-values";
import { frameImage } from "./frame-image";
import type { ImageReference } from "./image-reference";
import type { ImageShape } from "./image-view";

/** Decoded frames kept in the browser. */
const CACHE_BYTES = 512 * 1024 * 1024;
const SCHEME = "fovea";
const ATTEMPTS = 4;
const LONGEST_WAIT_S = 10;

/** A frame with what is needed to show it. */
export interface LoadedImage {
  readonly reference: ImageReference;
  /** As the frame itself has it: `frameImage`. */
  readonly image: InstanceImage;
  readonly display: DisplayValues;
}

export function imageId({ sopUid, frame }: ImageReference): string {
  return `${SCHEME}:${sopUid}:${frame}`;
}

/** Pixels' sides: millimetres where known. */
export function shapeOf({ rows, columns, pixel_spacing: spacing, pixel_aspect }: InstanceImage): ImageShape {
  return { rows, columns, columnSide: spacing?.column ?? 1, rowSide: spacing?.row ?? pixel_aspect };
}

export interface LoadOptions {
  readonly signal: AbortSignal;
  /** How often a busy service is asked. @default 4 */
  readonly attempts?: number;
}

interface Loading {
  readonly promise: Promise<void>;
  readonly signal: AbortSignal;
}

/** Fetches each instance's metadata and each frame once; one at a time is in charge of Cornerstone's loader. */
export class ImageSource {
  readonly #client: Client;
  /** Aborted when the reader has left: nothing that comes after that is kept. */
  readonly #leaving = new AbortController();
  readonly #loading = new Map<string, Loading>();
  readonly #images = new Map<string, Promise<InstanceImage>>();
  readonly #known = new Map<string, InstanceImage>();
  /** On their way into Cornerstone's cache. */
  readonly #made = new Map<string, Types.IImage>();
  readonly #displays = new WeakMap<Types.IImage, DisplayValues>();

  constructor(client: Client) {
    this.#client = client;
    cache.setMaxCacheSize(CACHE_BYTES);
    imageLoader.registerImageLoader(SCHEME, (id: string) => ({
      promise: Promise.resolve(this.#made.get(id) ?? this.#make(referenceOf(id), this.#leaving.signal)),
    }));
    metaData.addProvider(this.#provide, 1000);
  }

  /**
   * Asks again, a few times and as late as the service wants it, while that is busy.
   *
   * @throws {RequestError} if the service does not give it
   * @throws the reason of `signal`, if that is aborted
   */
  async load(reference: ImageReference, { signal, attempts = ATTEMPTS }: LoadOptions): Promise<LoadedImage> {
    const until = AbortSignal.any([signal, this.#leaving.signal]);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#loadOnce(reference, until);
      } catch (error) {
        const isBusy = error instanceof RequestError && error.fault === "busy";
        if (!isBusy || attempt >= attempts) throw error;
        await waited(1000 * Math.min(LONGEST_WAIT_S, error.retryAfter ?? attempt), until);
      }
    }
  }

  async #loadOnce(reference: ImageReference, signal: AbortSignal): Promise<LoadedImage> {
    const id = imageId(reference);
    if (!cache.isLoaded(id)) await this.#fetched(id, signal);
    signal.throwIfAborted();
    const display = this.#displays.get(cache.getImage(id) as Types.IImage);
    if (!display) throw new Error("unreachable: an image without its values");
    return { reference, image: frameImage(await this.#image(reference.sopUid), reference.frame), display };
  }

  /** Waits for who fetches it already, unless that is about to end without it. What that one fails of may be over: then it is fetched anew. */
  #fetched(id: string, signal: AbortSignal): Promise<void> {
    const known = this.#loading.get(id);
    if (known && !known.signal.aborted) return known.promise.catch(() => this.#fetched(id, signal));
    const loading = { promise: this.#fetch(id, signal), signal };
    this.#loading.set(id, loading);
    const forget = () => this.#loading.get(id) === loading && this.#loading.delete(id);
    loading.promise.then(forget, forget);
    return loading.promise;
  }

  /** What Cornerstone is given to load cannot fail any more: it would keep the failure, and tell the console of it. */
  async #fetch(id: string, signal: AbortSignal): Promise<void> {
    const made = await this.#make(referenceOf(id), signal);
    signal.throwIfAborted();
    this.#made.set(id, made);
    await imageLoader.loadAndCacheImage(id).finally(() => this.#made.delete(id));
  }

  dispose(): void {
    this.#leaving.abort();
    metaData.removeProvider(this.#provide);
    cache.purgeCache();
  }

  #image(sopUid: string): Promise<InstanceImage> {
    const asked = this.#images.get(sopUid);
    if (asked) return asked;
    const asking = this.#client.image(sopUid, this.#leaving.signal);
    this.#images.set(sopUid, asking);
    asking.then(
      (image) => this.#known.set(sopUid, image),
      () => this.#images.delete(sopUid),
    );
    return asking;
  }

  async #make(reference: ImageReference, signal: AbortSignal): Promise<Types.IImage> {
    const { sopUid, frame } = reference;
    const [image, bytes] = await Promise.all([this.#image(sopUid), this.#client.pixels(sopUid, frame, signal)]);
    const display = displayValues(bytes, image, frame);
    const loaded = cornerstoneImage(reference, frameImage(image, frame), display);
    this.#displays.set(loaded, display);
    return loaded;
  }

  /** Images lie in a world of their own: row along x, column along y, the centre of pixel (0, 0) at the origin. */
  readonly #provide = (type: string, id: unknown): unknown => {
    if (typeof id !== "string" || !id.startsWith(`${SCHEME}:`)) return undefined;
    const { sopUid, frame } = referenceOf(id);
    const known = this.#known.get(sopUid);
    if (!known) return undefined;
    const image = frameImage(known, frame);
    const shape = shapeOf(image);
    if (type === Enums.MetadataModules.IMAGE_PLANE) {
      return {
        rows: image.rows,
        columns: image.columns,
        rowCosines: [1, 0, 0],
        columnCosines: [0, 1, 0],
        imageOrientationPatient: [1, 0, 0, 0, 1, 0],
        imagePositionPatient: [0, 0, 0],
        columnPixelSpacing: shape.columnSide,
        rowPixelSpacing: shape.rowSide,
        frameOfReferenceUID: SCHEME,
      };
    }
    if (type === Enums.MetadataModules.GENERAL_SERIES) return { modality: image.modality ?? "OT" };
    if (type === Enums.MetadataModules.IMAGE_PIXEL) {
      const color = image.photometric_interpretation === "RGB";
      const bits = Math.min(16, image.bits_allocated);
      return {
        samplesPerPixel: color ? 3 : 1,
        // Inversion is the viewer's own matter, MONOCHROME1 included.
        photometricInterpretation: color ? "RGB" : "MONOCHROME2",
        bitsAllocated: bits,
        bitsStored: bits,
        highBit: bits - 1,
        pixelRepresentation: image.signed && image.bits_allocated <= 16 ? 1 : 0,
      };
    }
    return undefined;
  };
}

function referenceOf(id: string): ImageReference {
  const [, sopUid, frame] = id.split(":");
  return { sopUid, frame: Number(frame) };
}

function cornerstoneImage(reference: ImageReference, image: InstanceImage, display: DisplayValues): Types.IImage {
  const { rows, columns } = image;
  const { pixels, channels, min, max } = display;
  const shape = shapeOf(image);
  return {
    imageId: imageId(reference),
    rows,
    columns,
    height: rows,
    width: columns,
    color: channels === 3,
    rgba: false,
    numberOfComponents: channels,
    minPixelValue: min,
    maxPixelValue: max,
    slope: 1,
    intercept: 0,
    windowCenter: (min + max + 1) / 2,
    windowWidth: max - min + 1,
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR,
    columnPixelSpacing: shape.columnSide,
    rowPixelSpacing: shape.rowSide,
    invert: false,
    sizeInBytes: pixels.byteLength,
    dataType: pixels.constructor.name as Types.PixelDataTypedArrayString,
    getPixelData: () => pixels,
    // No ready canvas: undefined makes the renderer draw one.
    getCanvas: () => undefined as unknown as HTMLCanvasElement,
    imageFrame: {} as Types.IImageFrame,
  };
}
