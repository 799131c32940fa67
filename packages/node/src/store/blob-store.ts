/**
 * @file Files of the record, encrypted at rest (AES-256-GCM in chunks), streamed in and out.
 */
import type { Readable, Writable } from "node:stream";
import type { Area } from "./blob-key";

/** A file that is being written; nobody sees it before `commit`. */
export interface BlobDraft {
  /** The key that `commit` will give it. */
  readonly blob: string;
  /** Takes plain bytes. */
  readonly stream: Writable;
  /**
   * The file is whole, on disk, and has its key.
   *
   * @param note kept in the file, encrypted: what a restart must know about it. Small.
   */
  commit(note?: unknown): Promise<{ readonly blob: string; readonly bytes: number; readonly sha256: string }>;
  abandon(): Promise<void>;
}

/** Writes bytes to a draft; they are no longer needed once it has: whoever reads from the network may use their memory again. */
export function writePiece({ stream }: Pick<BlobDraft, "stream">, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}

export interface BlobStore {
  /** @param area folder: `incoming` is looked through after a restart */
  draft(area: Area): Promise<BlobDraft>;
  /**
   * An image that is not settled yet is read where it lies.
   *
   * @throws {FoveaError} `file_not_found`; `file_unreadable` if it was changed or damaged, and for nothing else; `wrong_key`;
   *   `files_unavailable` for what may pass: the folder is away, too many files are open, it may not be read ...
   */
  read(blob: string): Promise<Uint8Array>;
  stream(blob: string): Readable;
  note(blob: string): Promise<unknown>;
  list(area: "incoming"): AsyncIterable<string>;
  /** Moves a file of `incoming` to its place; twice does no harm. @returns its new key */
  settle(blob: string): Promise<string>;
  /** @throws {FoveaError} `files_unavailable` if nobody can say whether it is gone: its folder is away */
  remove(blob: string): Promise<void>;
}
