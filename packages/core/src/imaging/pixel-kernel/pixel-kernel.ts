/**
 * @file Loops over the pixels of 8-bit images in WebAssembly with vector instructions (`kernel.as`), several times as
 * fast as JavaScript (docs/performance.md).
 *
 * They compute in a memory of their own. An image that lies in it already (`frameMemory`) is changed where it is; any other is
 * copied in and out.
 */
import { loadKernel } from "../../math/web-assembly";
import { KERNEL } from "./generated/kernel-wasm";

/** The functions of `kernel.as`; places are offsets into the kernel's memory. */
interface Functions {
  planes(image: number, pixels: number, out: number): void;
  applyTable(image: number, n: number, table: number): void;
  median3(image: number, copy: number, width: number, height: number, channels: number, lines: number): void;
  gaussian(...[image, copy, width, height, channels, weights, size, padded, lines]: readonly number[]): void;
  meanOf(...[image, copy, width, height, channels, points, count, reach, padded, sums]: readonly number[]): void;
  sampleColour(...[source, stride, maxX, maxY, u, v, stepX, stepY, out, n]: readonly number[]): void;
  sampleGrey(...[source, stride, maxX, maxY, u, v, stepX, stepY, out, n, channels]: readonly number[]): void;
  luma(image: number, pixels: number, out: number): void;
  addGain(image: number, pixels: number, before: number, after: number): void;
  count(at: number, stride: number, width: number, height: number, counts: number): void;
  blendTables(line: number, n: number, cells: number, weights: number, below: number): void;
  addNoise(image: number, n: number, table: number, seeds: number): void;
  shiftHsv(image: number, pixels: number, hue: number, saturation: number, value: number): void;
}

/** Anything that can be put beside an image. */
type Table = Uint8Array | Int16Array | Int32Array | Uint32Array | Float32Array;

/** What the kernel's own data needs at the beginning of its memory. */
const RESERVED = 2048;
/** Room behind each image that vectors may read and write. */
const SLACK = 64;
const LINE = 64;

const aligned = (bytes: number) => Math.ceil(bytes / LINE) * LINE;

export class PixelKernel {
  readonly run: Functions;
  /** Longest image, and room beside images, bytes. */
  readonly longest: number;
  readonly work: number;
  readonly #bytes: Uint8Array;
  /** Room for the longest image, bytes. */
  readonly #longest: number;
  #used = 0;

  /** @param longest image that will be given, bytes @param work room beside images, bytes */
  constructor(longest: number, work: number) {
    this.longest = longest;
    this.work = work;
    this.#longest = aligned(longest + SLACK);
    const { buffer, exports } = loadKernel<Functions>(KERNEL, RESERVED + 3 * this.#longest + aligned(work));
    this.#bytes = new Uint8Array(buffer);
    this.run = exports;
  }

  fits(longest: number, work: number): boolean {
    return longest <= this.longest && work <= this.work;
  }

  /** Memory for one image, the same each time: it is used by one at a time. */
  frame(length: number): Uint8Array {
    return this.#bytes.subarray(RESERVED, RESERVED + length);
  }

  /** Calls `change` with the place of an image, which it changes. */
  edit(data: Uint8Array, change: (at: number) => void): void {
    this.look(data, (at) => {
      change(at);
      if (data.buffer !== this.#bytes.buffer) data.set(this.view(at, data.length));
    });
  }

  /** Calls `use` with the place of an image, which it leaves as it is. */
  look(data: Uint8Array, use: (at: number) => void): void {
    this.#used = 0;
    const at = RESERVED + this.#longest;
    if (data.buffer !== this.#bytes.buffer) this.#bytes.set(data, at);
    use(data.buffer === this.#bytes.buffer ? data.byteOffset : at);
  }

  /** A copy of an image, or of what lies at a place; the one before is gone. @returns its place */
  copy(from: Uint8Array | number, length: number): number {
    const at = RESERVED + 2 * this.#longest;
    if (typeof from === "number") this.#bytes.copyWithin(at, from, from + length);
    else this.#bytes.set(from, at);
    return at;
  }

  /** Puts a table beside the image, until the next image is edited. @returns its place */
  put(table: Table): number {
    const at = this.room(table.byteLength);
    this.#bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), at);
    return at;
  }

  /** Room beside the image, until the next image is edited; what is in it is not defined. @returns its place */
  room(bytes: number): number {
    const at = RESERVED + 3 * this.#longest + this.#used;
    this.#used += aligned(bytes);
    if (this.#used > aligned(this.work)) throw new Error("unreachable: more room than was asked for");
    return at;
  }

  /** What lies at a place. */
  view(at: number, length: number): Uint8Array {
    return this.#bytes.subarray(at, at + length);
  }
}

let shared: PixelKernel | undefined;

/**
 * The kernel of this thread, for images of up to `longest` bytes. One that is too small is replaced by one that has room for
 * both.
 *
 * @param work room beside the image, bytes, the sum of what will be asked for and 64 for each time
 */
export function pixelKernel(longest: number, work = 0): PixelKernel {
  if (!shared?.fits(longest, work)) {
    shared = new PixelKernel(Math.max(longest, shared?.longest ?? 1 << 20), Math.max(work, shared?.work ?? 1 << 19));
  }
  return shared;
}

/**
 * Memory for an image of `length` bytes in which it is changed without being copied; the same for all that ask. There is
 * room beside it for its planes.
 */
export function frameMemory(length: number): Uint8Array {
  return pixelKernel(length, length + LINE).frame(length);
}
