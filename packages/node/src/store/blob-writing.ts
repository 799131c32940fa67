/**
 * @file A file of the record while it is written: plain bytes in, encrypted chunks out, memory for a few chunks.
 */
import { createHash } from "node:crypto";
import { Writable } from "node:stream";
import { writeFailure } from "../data/atomic-write";
import { giveBack } from "../data/give-back";
import { CHUNK_BYTES, type ContainerCipher, type Trailer } from "./blob-container";
import type { WritingFile } from "./blob-file-system";

/** Encrypted bytes are written together: a C-STORE brings many small pieces. */
const WRITE_BYTES = 8 * CHUNK_BYTES;

/** Chunks of files that are written, for the next ones: hundreds of files a second need no memory of their own. */
const SPARE: Buffer[] = [];
const MAX_SPARE = 64;

export class BlobWriting extends Writable {
  readonly #handle: WritingFile;
  readonly #cipher: ContainerCipher;
  readonly #digest = createHash("sha256");
  readonly #chunk = SPARE.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #filled = 0;
  #chunks = 0;
  #bytes = 0;
  #pending: Uint8Array[];
  #pendingBytes: number;
  /** Never rejects. */
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #failure: Error | undefined;

  /** @param handle a new file; it is not closed here */
  constructor(handle: WritingFile, cipher: ContainerCipher, head: Uint8Array) {
    super({ highWaterMark: WRITE_BYTES });
    this.#handle = handle;
    this.#cipher = cipher;
    this.#pending = [head];
    this.#pendingBytes = head.length;
  }

  override _write(piece: Uint8Array, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#take(piece);
    if (this.#pendingBytes < WRITE_BYTES) done();
    // More may come in while it is written; but not more than that.
    else if (this.#isWriting) void this.#writing.then(() => this.#begin(done));
    else this.#begin(done);
  }

  override _final(done: (error?: Error) => void): void {
    if (this.#filled > 0) this.#sealChunk(this.#chunk.subarray(0, this.#filled));
    this.#filled = 0;
    done();
  }

  /** After the last byte, or in place of it: nothing is put into the chunk any more. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (SPARE.length < MAX_SPARE) SPARE.push(this.#chunk);
    done(error);
  }

  /** Writes the rest, after `end`. @returns what the trailer says */
  async conclude(note: unknown): Promise<Trailer> {
    const trailer: Trailer = { bytes: this.#bytes, sha256: this.#digest.digest("hex"), note };
    this.#push(this.#cipher.sealTrailer(trailer));
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
    await this.#flush();
    return trailer;
  }

  /** Until nothing is being written any more: only then may the file be closed. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #take(piece: Uint8Array): void {
    this.#digest.update(piece);
    this.#bytes += piece.length;
    for (let at = 0; at < piece.length; ) {
      if (this.#filled === 0 && piece.length - at >= CHUNK_BYTES) {
        this.#sealChunk(piece.subarray(at, at + CHUNK_BYTES));
        at += CHUNK_BYTES;
        continue;
      }
      const part = piece.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < CHUNK_BYTES) continue;
      this.#sealChunk(this.#chunk);
      this.#filled = 0;
    }
  }

  #sealChunk(plain: Uint8Array): void {
    for (const part of this.#cipher.sealChunk(this.#chunks, plain)) this.#push(part);
    this.#chunks++;
  }

  #push(part: Uint8Array): void {
    this.#pending.push(part);
    this.#pendingBytes += part.length;
  }

  #begin(begun: (error?: Error) => void): void {
    if (this.#failure === undefined) {
      this.#isWriting = true;
      this.#writing = this.#flush()
        .catch((error: Error) => {
          this.#failure = error;
        })
        .finally(() => {
          this.#isWriting = false;
        });
    }
    begun(this.#failure);
  }

  /** @throws {FoveaError} `disk_full`, `write_failed` */
  async #flush(): Promise<void> {
    const parts = this.#pending;
    const wanted = this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      await this.#write(parts, wanted);
      for (const part of parts) giveBack(part);
    } catch (error) {
      throw writeFailure("the record's files", error);
    }
  }

  /** On a disk that fills, less may be written than was given. */
  async #write(parts: readonly Uint8Array[], bytes: number): Promise<void> {
    const { bytesWritten } = await this.#handle.writev(parts);
    const left = bytes - bytesWritten;
    for (let rest = left > 0 ? Buffer.concat(parts).subarray(-left) : Buffer.alloc(0); rest.length > 0; ) {
      rest = rest.subarray((await this.#handle.write(rest)).bytesWritten);
    }
  }
}
