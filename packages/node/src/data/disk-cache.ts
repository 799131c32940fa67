/**
 * @file Decoded images in files, so that each is decoded once for all runs.
 *
 * A file holds a header of 80 bytes, little-endian, and the pixels; measured values, which have two bytes each, after the 56
 * bytes that say how they are shown. The header says what the image was when it was decoded: time of change and length of
 * its file, the size it was fitted to, the part that was cut out, and the checksum of what follows. Where anything differs the image is decoded again and the file written anew; a file is put
 * in place whole. The files stand in a folder `.fovea-cache` beside their images, so that pixels of patients stay where
 * they were put, or in the folder that the user names; they may be deleted at any time.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { threadId } from "node:worker_threads";
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import type { PixelRect } from "@fovea/core/geometry/tiling";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import { crc32 } from "@fovea/core/math/crc32";
import { writeFailure } from "./atomic-write";
import type { FittedImage } from "./image-cache";
import { DISPLAY_NUMBERS, packDisplay, unpackDisplay } from "./packed-display";

export interface DiskCacheOptions {
  /** Side that images are fitted to, pixels. */
  readonly side: number;
  /** Whether images are kept as they were measured, where there is more than bytes; in files of their own. @default false */
  readonly measured?: boolean;
  /** What images are brought to; each kind is kept in files of its own. @default "none" */
  readonly normalize?: Normalisation;
  /** Where the files stand. @default a folder beside the images of each folder */
  readonly folder?: string;
}

/** An image file as it was at one time. */
export interface FileStamp {
  /** Absolute path. */
  readonly file: string;
  /** Time of its last change, milliseconds. */
  readonly changedMs: number;
  readonly bytes: number;
}

const MAGIC = "FoveaPx1";
const HEADER = 80;
/** The fields after the two numbers of the stamp are 32-bit integers. */
const FIELDS_AT = 24;
const DISPLAY_BYTES = 8 * DISPLAY_NUMBERS;

/** @throws {FoveaError} none: a file that is not there has a stamp that fits no cache file, and is reported by its reader */
export async function stampOf(file: string): Promise<FileStamp> {
  const path = resolve(file);
  const found = await stat(path).catch(() => undefined);
  return { file: path, changedMs: found?.mtimeMs ?? -1, bytes: found?.size ?? -1 };
}

export class DiskCache {
  readonly #side: number;
  /** What tells the files of one kind from others of the same image. */
  readonly #kind: readonly string[];
  readonly #folder: string | undefined;
  #given = false;

  constructor({ side, measured = false, normalize = "none", folder }: DiskCacheOptions) {
    this.#side = side;
    this.#kind = [...(measured ? ["measured"] : []), ...(normalize === "none" ? [] : [normalize])];
    this.#folder = folder;
  }

  /** The image, or the part `crop` of it; `undefined` if it is not there, is outdated or damaged. */
  async read(stamp: FileStamp, crop?: PixelRect): Promise<FittedImage | undefined> {
    const bytes = await readFile(this.path(stamp.file, crop)).catch(() => undefined);
    if (bytes === undefined || bytes.length < HEADER) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
    const field = (i: number) => view.getUint32(FIELDS_AT + 4 * i, true);
    const fields = [0, 1, 2, 3, 4, 5, 6].map((i) => field(5 + i));
    const [width, height, channels, sourceWidth, sourceHeight, checksum, measured] = fields;
    const header = this.#header(stamp, crop, fields);
    if (!header.equals(bytes.subarray(0, HEADER))) return undefined;
    const content = new Uint8Array(bytes.buffer, bytes.byteOffset + HEADER, bytes.length - HEADER);
    const length = measured ? DISPLAY_BYTES + 2 * width * height : width * height * channels;
    if (content.length !== length || crc32(content) !== checksum) return undefined;
    const source = { sourceWidth, sourceHeight };
    if (!measured) return { image: { width, height, channels: channels === 3 ? 3 : 1, data: content }, ...source };
    // Copied, so that numbers begin where numbers may.
    const { buffer } = content.slice();
    const display = unpackDisplay(new Float64Array(buffer, 0, DISPLAY_NUMBERS));
    return { image: { width, height, channels: 1, data: new Uint16Array(buffer, DISPLAY_BYTES) }, display, ...source };
  }

  /**
   * Keeps an image. Once that fails, because the disk is full or the folder closed to us, nothing more is written.
   *
   * @returns a warning, the first time that it fails
   */
  async write(stamp: FileStamp, crop: PixelRect | undefined, fitted: FittedImage): Promise<Problem | undefined> {
    if (this.#given) return undefined;
    const path = this.path(stamp.file, crop);
    const { image, display, sourceWidth, sourceHeight } = fitted;
    const { width, height, channels } = image;
    const content = display ? withDisplay(image.data, packDisplay(display)) : image.data;
    const fields = [width, height, channels, sourceWidth, sourceHeight, crc32(content), display ? 1 : 0];
    // Not brought to the disk at once, as other files of ours are: the checksum tells of a half-written one.
    const neighbour = `${path}.${process.pid}.${threadId}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(neighbour, [this.#header(stamp, crop, fields), content]);
      await rename(neighbour, path);
      return undefined;
    } catch (error) {
      this.#given = true;
      await rm(neighbour, { force: true }).catch(() => undefined);
      const failure = writeFailure(dirname(path), error);
      if (!(failure instanceof FoveaError)) throw failure;
      const problem = problemOf(failure, "warning");
      return { ...problem, message: `image cache: ${problem.message}; going on without` };
    }
  }

  /** Path of the cache file of an image, or of the part `crop` of it. */
  path(file: string, crop?: PixelRect): string {
    const whole = resolve(file);
    const part = crop ? [crop.x, crop.y, crop.width, crop.height] : null;
    const key = JSON.stringify([whole, this.#side, part, ...this.#kind]);
    const name = `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.pixels`;
    return join(this.#folder ?? join(dirname(whole), ".fovea-cache"), name);
  }

  /** @param fields width, height, channels, source width, source height, checksum, 1 if measured */
  #header({ changedMs, bytes }: FileStamp, crop: PixelRect | undefined, fields: readonly number[]): Buffer {
    const header = Buffer.alloc(HEADER);
    header.write(MAGIC, "latin1");
    header.writeDoubleLE(changedMs, 8);
    header.writeDoubleLE(bytes, 16);
    const { x = 0, y = 0, width = 0, height = 0 } = crop ?? {};
    for (const [i, value] of [this.#side, x, y, width, height, ...fields].entries()) {
      header.writeUInt32LE(value, FIELDS_AT + 4 * i);
    }
    return header;
  }
}

/** The row that says how values are shown, and the values. */
function withDisplay(values: Uint16Array, display: Float64Array): Uint8Array {
  const content = new Uint8Array(DISPLAY_BYTES + values.byteLength);
  content.set(new Uint8Array(display.buffer));
  content.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), DISPLAY_BYTES);
  return content;
}
