/**
 * @file A file of the record while it is read: its end first, which says how long it is, then chunk by chunk.
 */
import type { FileHandle } from "node:fs/promises";
import type { Vault } from "../vault/vault";
import {
  CHUNK_BYTES,
  ContainerCipher,
  damaged,
  HEAD_BYTES,
  LENGTH_BYTES,
  MAX_TRAILER_BYTES,
  parseHead,
  sealedBytes,
  TAG_BYTES,
  type Trailer,
} from "./blob-container";

/** Chunks that are read from the disk at once. */
const CHUNKS_AT_ONCE = 4;

export class BlobReading {
  readonly trailer: Trailer;
  /** Id of the key that sealed it. */
  readonly keyId: string;
  readonly #handle: FileHandle;
  readonly #cipher: ContainerCipher;
  readonly #blob: string;

  private constructor(handle: FileHandle, cipher: ContainerCipher, trailer: Trailer, keyId: string, blob: string) {
    this.#handle = handle;
    this.#cipher = cipher;
    this.trailer = trailer;
    this.keyId = keyId;
    this.#blob = blob;
  }

  /** @throws {FoveaError} `file_unreadable` if it is not whole or was changed, `wrong_key` */
  static async open(handle: FileHandle, vault: Vault, blob: string): Promise<BlobReading> {
    const { size } = await handle.stat();
    if (size < HEAD_BYTES + TAG_BYTES + LENGTH_BYTES) throw damaged(blob);
    const head = await readAt(handle, 0, HEAD_BYTES, blob);
    const length = (await readAt(handle, size - LENGTH_BYTES, LENGTH_BYTES, blob)).readUInt32BE();
    if (length > Math.min(MAX_TRAILER_BYTES, size - HEAD_BYTES - LENGTH_BYTES)) throw damaged(blob);
    const cipher = new ContainerCipher(vault, head, blob);
    const trailer = cipher.openTrailer(await readAt(handle, size - LENGTH_BYTES - length, length, blob));
    if (HEAD_BYTES + sealedBytes(trailer.bytes) + length + LENGTH_BYTES !== size) throw damaged(blob);
    return new BlobReading(handle, cipher, trailer, parseHead(head, blob).keyId, blob);
  }

  /** Plain bytes in order, each piece proven before it is given. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const total = sealedBytes(this.trailer.bytes);
    const sealedChunk = CHUNK_BYTES + TAG_BYTES;
    for (let at = 0, index = 0; at < total; ) {
      const length = Math.min(CHUNKS_AT_ONCE * sealedChunk, total - at);
      const sealed = await readAt(this.#handle, HEAD_BYTES + at, length, this.#blob);
      for (let from = 0; from < length; from += sealedChunk, index++) {
        yield this.#cipher.openChunk(index, sealed.subarray(from, from + sealedChunk));
      }
      at += length;
    }
  }
}

async function readAt(handle: FileHandle, position: number, length: number, blob: string): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) throw damaged(blob);
    filled += bytesRead;
  }
  return buffer;
}
