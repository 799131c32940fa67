/**
 * @file The images of a data set, fitted to the size of training: from the disk's cache, or decoded.
 *
 * A thread holds one decoded image at a time. Where a data set shows several tiles of one file, they are all cut when
 * the first of them is needed, for every cache that has room for them, so that the file is decoded once.
 */
import type { Problem } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { cropImage } from "@fovea/core/imaging/crop";
import type { FrameDecoder } from "../dicom/frame-decoder";
import type { LoaderSetup } from "./batch";
import { DiskCache, type FileStamp, stampOf } from "./disk-cache";
import { type FittedImage, fitImage, fitMeasured, offerImage } from "./image-cache";
import { isMeasured, readMeasuredImage, readSourceImage, type SourceImage } from "./source-image";

export class FittedSource {
  readonly #setup: LoaderSetup;
  readonly #decoder: FrameDecoder;
  readonly #disk: DiskCache | undefined;
  /** Numbers of the samples that show parts of each file. */
  readonly #tiles = new Map<string, number[]>();

  constructor(setup: LoaderSetup, decoder: FrameDecoder) {
    const { files, crops, diskCache } = setup;
    this.#setup = setup;
    this.#decoder = decoder;
    this.#disk = diskCache && new DiskCache(diskCache);
    for (const [index, crop] of crops.entries()) {
      if (crop === undefined) continue;
      const tiles = this.#tiles.get(files[index]);
      if (tiles) tiles.push(index);
      else this.#tiles.set(files[index], [index]);
    }
  }

  /**
   * Image of sample `index`.
   *
   * @param problems gets a warning when the disk's cache turns out to be of no use
   * @throws {FoveaError} as `readSourceImage`; `invalid_image` if the file is smaller by now than its tile
   */
  async read(index: number, problems: Problem[]): Promise<FittedImage> {
    const { files, crops, measured, normalize } = this.#setup;
    const stamp = this.#disk && (await stampOf(files[index]));
    const kept = stamp && (await this.#disk?.read(stamp, crops[index]));
    if (kept) return kept;
    const read = measured ? readMeasuredImage : readSourceImage;
    const source = await read(files[index], { decoder: this.#decoder, normalize });
    const fitted = this.#fit(index, source);
    await this.#keep(index, stamp, fitted, problems);
    if (crops[index]) await this.#keepNeighbours(index, source, stamp, problems);
    return fitted;
  }

  #fit(index: number, source: SourceImage): FittedImage {
    const { files, crops, side } = this.#setup;
    const crop = crops[index];
    const image = isMeasured(source) ? source.image : source;
    if (crop && (crop.x + crop.width > image.width || crop.y + crop.height > image.height)) {
      const message = `${image.width} x ${image.height} pixels, smaller than when the data set was opened; run again`;
      throw new FoveaError("invalid_image", message, { file: files[index] });
    }
    if (isMeasured(source)) {
      return fitMeasured(crop ? { ...source, image: cropImage(source.image, crop) } : source, side);
    }
    return fitImage(crop ? cropImage(source, crop) : source, side);
  }

  async #keep(index: number, stamp: FileStamp | undefined, fitted: FittedImage, problems: Problem[]): Promise<void> {
    const problem = stamp && (await this.#disk?.write(stamp, this.#setup.crops[index], fitted));
    if (problem) problems.push(problem);
  }

  async #keepNeighbours(
    index: number,
    source: SourceImage,
    stamp: FileStamp | undefined,
    problems: Problem[],
  ): Promise<void> {
    const { files, cache } = this.#setup;
    if (stamp === undefined && !cache?.whole) return;
    for (const other of this.#tiles.get(files[index]) ?? []) {
      if (other === index) continue;
      if (stamp) await this.#keep(other, stamp, this.#fit(other, source), problems);
      if (cache?.whole) offerImage(cache, other, () => this.#fit(other, source));
    }
  }
}
