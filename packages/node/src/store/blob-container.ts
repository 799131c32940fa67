/**
 * @file How a file of the record lies on the disk: encrypted in chunks, so that it streams and every change is noticed.
 *
 *     "FVB1" | key id (8 bytes) | salt (16)      head, in clear
 *     chunk of 64 KiB, encrypted | tag (16)      the last one may be shorter; none in an empty file
 *     trailer, encrypted | tag (16)              JSON: bytes and SHA-256 of what was kept, the note
 *     length of the encrypted trailer            4 bytes, big-endian
 *
 * AES-256-GCM under a key of this file alone (HKDF of a key of the vault with the salt and the file's name), so that nonces
 * count: kind (0 chunk, 1 trailer), 7 zero bytes, number of the chunk (4 bytes). The trailer says how long the file is: one
 * that was cut, lengthened, put together anew or given another's name does not open.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { FoveaError } from "@fovea/core/errors";
import { KEY_ID_BYTES } from "../vault/key-ring";
import type { Vault } from "../vault/vault";

export const CHUNK_BYTES = 65_536;
export const TAG_BYTES = 16;
export const SALT_BYTES = 16;
export const HEAD_BYTES = 4 + KEY_ID_BYTES + SALT_BYTES;
export const LENGTH_BYTES = 4;
/** A trailer holds a small note; a length beyond it is damage. */
export const MAX_TRAILER_BYTES = 1 << 20;

const MAGIC = "FVB1";
const CHUNK = 0;
const TRAILER = 1;

export interface Trailer {
  readonly bytes: number;
  /** Of the plain bytes, hexadecimal. */
  readonly sha256: string;
  readonly note?: unknown;
}

export function containerHead(keyId: string, salt: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(MAGIC, "latin1"), Buffer.from(keyId, "hex"), salt]);
}

/** @throws {FoveaError} `file_unreadable` if it is no such head */
export function parseHead(head: Uint8Array, blob: string): { readonly keyId: string; readonly salt: Uint8Array } {
  const buffer = Buffer.from(head);
  if (buffer.length < HEAD_BYTES || buffer.toString("latin1", 0, 4) !== MAGIC) throw damaged(blob);
  return { keyId: buffer.toString("hex", 4, 4 + KEY_ID_BYTES), salt: buffer.subarray(4 + KEY_ID_BYTES, HEAD_BYTES) };
}

/** Seals and opens the parts of one file. */
export class ContainerCipher {
  readonly #key: Uint8Array;
  readonly #head: Uint8Array;
  readonly #blob: string;

  /**
   * @param blob its key in the blob store, for messages; its last part is the file's name
   * @throws {FoveaError} `wrong_key`, `file_unreadable`
   */
  constructor(vault: Vault, head: Uint8Array, blob: string) {
    const { keyId, salt } = parseHead(head, blob);
    this.#key = vault.fileKey(salt, blob.slice(blob.lastIndexOf("/") + 1), keyId);
    this.#head = head;
    this.#blob = blob;
  }

  sealChunk(index: number, plain: Uint8Array): readonly Uint8Array[] {
    return this.#seal(nonce(CHUNK, index), plain);
  }

  sealTrailer(trailer: Trailer): Uint8Array {
    const sealed = Buffer.concat(this.#seal(nonce(TRAILER, 0), Buffer.from(JSON.stringify(trailer), "utf8")));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(sealed.length);
    return Buffer.concat([sealed, length]);
  }

  /** @throws {FoveaError} `file_unreadable` if it was changed */
  openChunk(index: number, sealed: Uint8Array): Uint8Array {
    return this.#open(nonce(CHUNK, index), sealed);
  }

  /** @throws {FoveaError} `file_unreadable` if it was changed */
  openTrailer(sealed: Uint8Array): Trailer {
    return JSON.parse(Buffer.from(this.#open(nonce(TRAILER, 0), sealed)).toString("utf8")) as Trailer;
  }

  #seal(iv: Uint8Array, plain: Uint8Array): readonly Uint8Array[] {
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv).setAAD(this.#head);
    const body = cipher.update(plain);
    cipher.final();
    return [body, cipher.getAuthTag()];
  }

  #open(iv: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (sealed.length < TAG_BYTES) throw damaged(this.#blob);
    const decipher = createDecipheriv("aes-256-gcm", this.#key, iv).setAAD(this.#head);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch (cause) {
      throw damaged(this.#blob, cause);
    }
    return plain;
  }
}

function nonce(kind: number, index: number): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes[0] = kind;
  bytes.writeUInt32BE(index, 8);
  return bytes;
}

export function damaged(blob: string, cause?: unknown): FoveaError {
  return new FoveaError("file_unreadable", "a file of the record was changed or damaged; bring it back from a backup", {
    file: blob,
    cause,
  });
}

/** Bytes of chunks and tags for so many plain bytes. */
export function sealedBytes(bytes: number): number {
  return bytes + TAG_BYTES * Math.ceil(bytes / CHUNK_BYTES);
}
