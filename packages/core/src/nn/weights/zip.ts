/**
 * @file A zip archive read strictly, as material from strangers.
 *
 * PKWARE APPNOTE 6.3.10. fflate inflates, but reads directories trustingly: it clips entries that run past the end and
 * looks at no checksum. A detector with a damaged weight would still find something, so here every size is checked
 * against the file and every entry against its CRC-32. Sizes of inflated data are believed only as far as the bytes
 * given could fill them. Multi-volume and encrypted archives are refused.
 */
import { getTextEncoding } from "@bufbuild/protobuf/wire";
import { Inflate } from "fflate";
import { FoveaError } from "../../errors";
import { crc32 } from "../../math/crc32";

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

const END_BYTES = 22;
const LOCATOR64_BYTES = 20;
const END64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;

/** Deflate cannot do better than this (zlib technical details: 1032 to 1). */
const MAX_RATIO = 1032;
const INFLATE_CHUNK = 1 << 14;

/** Where one file stands in the archive. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Offset of the local header. */
  readonly header: number;
}

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/** An archive whose directory has been read and checked; entries are checked when read. */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #entries = new Map<string, ZipEntry>();
  readonly #file: string | undefined;

  /**
   * @param file path for messages
   * @throws {FoveaError} `invalid_checkpoint` if the bytes are no zip archive, or one that is cut off or contradicts itself
   */
  constructor(bytes: Uint8Array, file?: string) {
    // A Node Buffer's `slice` would be a view and never aligned.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
    const directory = this.#directory();
    let at = directory.start;
    for (let i = 0; i < directory.count; i++) at = this.#readEntry(at, directory);
    this.#checkOverlap(directory.start);
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Uncompressed bytes of all entries together. */
  get totalSize(): number {
    let sum = 0;
    for (const { size } of this.#entries.values()) sum += size;
    return sum;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * Content of an entry: a view of the archive if stored, new bytes if deflated.
   *
   * @param maxBytes larger entries are refused
   * @throws {FoveaError} `invalid_checkpoint` if it is missing, too large, cut off or damaged
   */
  read(name: string, maxBytes = Number.POSITIVE_INFINITY): Uint8Array {
    const entry = this.#entries.get(name);
    if (!entry) throw this.#fail(name, "is missing from the archive");
    if (entry.size > maxBytes) throw this.#fail(name, `holds ${entry.size} bytes, at most ${maxBytes} are believed`);
    const start = this.#dataStart(entry);
    const packed = this.#bytes.subarray(start, start + entry.packed);
    const content = entry.method === 0 ? packed : this.#inflate(entry, packed);
    if (crc32(content) !== entry.crc) {
      throw this.#fail(name, "does not match its checksum: the file is damaged, copy or download it again");
    }
    return content;
  }

  #fail(at: string | undefined, message: string, cause?: unknown): FoveaError {
    return new FoveaError("invalid_checkpoint", message, { file: this.#file, at, cause });
  }

  #directory(): Directory {
    const view = this.#view;
    const lowest = Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT);
    let end = view.byteLength - END_BYTES;
    // The comment must reach the end of the file exactly, or the end is cut off or not this archive's.
    while (end >= lowest && !(view.getUint32(end, true) === END && this.#u16(end + 20) === view.byteLength - end - 22))
      end--;
    if (end < lowest) throw this.#fail(undefined, "no zip directory at its end: cut off, or not a PyTorch checkpoint");
    const disk = this.#u16(end + 4);
    let count = this.#u16(end + 10);
    let size = this.#u32(end + 12);
    let start = this.#u32(end + 16);
    let limit = end;
    const locator = end - LOCATOR64_BYTES;
    if (locator >= 0 && this.#u32(locator) === LOCATOR64) {
      const at = this.#u64(locator + 8);
      if (at + END64_BYTES > locator || this.#u32(at) !== END64)
        throw this.#fail(undefined, "its zip64 directory is damaged");
      count = this.#u64(at + 32);
      size = this.#u64(at + 40);
      start = this.#u64(at + 48);
      limit = at;
    }
    if (disk !== 0 && disk !== 0xffff)
      throw this.#fail(undefined, "is one volume of several; only whole archives are read");
    if (start + size !== limit || count * CENTRAL_BYTES > size) {
      throw this.#fail(
        undefined,
        `its zip directory of ${count} entries in ${size} bytes at ${start} does not fit the file`,
      );
    }
    return { count, start, end: limit };
  }

  /** Reads the directory entry at `at`, returns where the next one stands. */
  #readEntry(at: number, { end }: Directory): number {
    if (at + CENTRAL_BYTES > end || this.#u32(at) !== CENTRAL)
      throw this.#fail(undefined, `its zip directory is damaged at byte ${at}`);
    const nameEnd = at + CENTRAL_BYTES + this.#u16(at + 28);
    const extraEnd = nameEnd + this.#u16(at + 30);
    const next = extraEnd + this.#u16(at + 32);
    if (next > end) throw this.#fail(undefined, `its zip directory is damaged at byte ${at}`);
    const name = this.#text(at + CENTRAL_BYTES, nameEnd);
    const method = this.#u16(at + 10);
    const { size, packed, header } = this.#sizes(at, nameEnd, extraEnd, name);
    if (this.#u16(at + 8) & 1) throw this.#fail(name, "is encrypted");
    if (method !== 0 && method !== 8)
      throw this.#fail(name, `is packed by method ${method}; only stored and deflated entries are read`);
    if (method === 0 ? packed !== size : size > MAX_RATIO * packed) {
      throw this.#fail(name, `claims ${size} bytes from ${packed}, more than they can hold`);
    }
    if (this.#entries.has(name)) throw this.#fail(name, "stands in the archive twice");
    this.#entries.set(name, { name, method, crc: this.#u32(at + 16), packed, size, header });
    return next;
  }

  /** Sizes and offset of a directory entry; those of all ones stand in its zip64 extra field. */
  #sizes(at: number, extraStart: number, extraEnd: number, name: string) {
    let size = this.#u32(at + 24);
    let packed = this.#u32(at + 20);
    let header = this.#u32(at + 42);
    for (let field = extraStart; field + 4 <= extraEnd; field += 4 + this.#u16(field + 2)) {
      if (this.#u16(field) !== 1) continue;
      let value = field + 4;
      const fieldEnd = Math.min(extraEnd, value + this.#u16(field + 2));
      const wide = (narrow: number): number => {
        if (narrow !== 0xffffffff) return narrow;
        value += 8;
        if (value > fieldEnd) throw this.#fail(name, "its zip64 sizes are missing");
        return this.#u64(value - 8);
      };
      size = wide(size);
      packed = wide(packed);
      header = wide(header);
      break;
    }
    return { size, packed, header };
  }

  /** Entries that share bytes are how a small archive claims endless data. */
  #checkOverlap(directoryStart: number): void {
    const sorted = [...this.#entries.values()].sort((a, b) => a.header - b.header);
    sorted.forEach((entry, i) => {
      const limit = sorted[i + 1]?.header ?? directoryStart;
      if (entry.header + LOCAL_BYTES + entry.packed > limit) {
        throw this.#fail(entry.name, "runs past its end in the archive: cut off, or a forged directory");
      }
    });
  }

  #dataStart(entry: ZipEntry): number {
    const at = entry.header;
    if (this.#u32(at) !== LOCAL) throw this.#fail(entry.name, "is not where the zip directory says");
    const nameEnd = at + LOCAL_BYTES + this.#u16(at + 26);
    const start = nameEnd + this.#u16(at + 28);
    if (start + entry.packed > this.#bytes.length) throw this.#fail(entry.name, "is cut off");
    if (this.#text(at + LOCAL_BYTES, nameEnd) !== entry.name)
      throw this.#fail(entry.name, "has another name in the zip directory");
    return start;
  }

  #inflate(entry: ZipEntry, packed: Uint8Array): Uint8Array {
    const content = new Uint8Array(entry.size);
    let filled = 0;
    const stream = new Inflate((chunk) => {
      // Checked chunk by chunk: data that inflates beyond its claim must not keep us busy.
      if (filled + chunk.length > content.length) throw new RangeError("longer than claimed");
      content.set(chunk, filled);
      filled += chunk.length;
    });
    try {
      for (let at = 0; at < packed.length; at += INFLATE_CHUNK) {
        stream.push(packed.subarray(at, at + INFLATE_CHUNK), at + INFLATE_CHUNK >= packed.length);
      }
    } catch (cause) {
      throw this.#fail(entry.name, "cannot be inflated: the file is damaged", cause);
    }
    if (filled !== content.length)
      throw this.#fail(entry.name, `inflates to ${filled} bytes, ${content.length} claimed`);
    return content;
  }

  #text(start: number, end: number): string {
    return getTextEncoding().decodeUtf8(this.#bytes.subarray(start, end));
  }

  #u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** Exact up to 2^53; larger ones fit no file and fail the next check. */
  #u64(at: number): number {
    return this.#u32(at) + this.#u32(at + 4) * 2 ** 32;
  }
}
