/**
 * @file Where the bytes of an object go until they count: into an encrypted file, or into memory first if they are changed.
 */
import { type FileHeader, readFileHeader } from "../pacs/part10";
import type { BlobDraft, BlobStore } from "../store/blob-store";
import { type ReadHead, readInstanceHead } from "./instance-head";
import type { Receipt, ReceiptNote } from "./receipt";

/** Where the bytes of a file go until they count. */
export interface IncomingTarget {
  write(piece: Uint8Array): Promise<void>;
  /** @returns where the file lies, and what its head says where that is not what came in */
  commit(note: (head?: ReadHead) => ReceiptNote): Promise<Receipt>;
  abandon(): Promise<void>;
}

export class FileTarget implements IncomingTarget {
  readonly #draft: BlobDraft;

  private constructor(draft: BlobDraft) {
    this.#draft = draft;
  }

  static async open(blobs: Pick<BlobStore, "draft">): Promise<FileTarget> {
    return new FileTarget(await blobs.draft("incoming"));
  }

  write(piece: Uint8Array): Promise<void> {
    // The callback comes once the piece is no longer needed: whoever reads from the network may use its memory again.
    return new Promise((resolve, reject) => {
      this.#draft.stream.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }

  async commit(note: (head?: ReadHead) => ReceiptNote): Promise<Receipt> {
    const written = note();
    return { ...(await this.#draft.commit(written)), note: written };
  }

  abandon(): Promise<void> {
    return this.#draft.abandon();
  }
}

/** A file that is changed before it is kept is kept in memory until then. */
export class MemoryTarget implements IncomingTarget {
  readonly #pieces: Uint8Array[] = [];
  readonly #blobs: Pick<BlobStore, "draft">;
  readonly #change: (file: Uint8Array) => Promise<Uint8Array>;

  constructor(blobs: Pick<BlobStore, "draft">, change: (file: Uint8Array) => Promise<Uint8Array>) {
    this.#blobs = blobs;
    this.#change = change;
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#pieces.push(Uint8Array.from(piece));
  }

  async commit(note: (head?: ReadHead) => ReceiptNote): Promise<Receipt> {
    const changed = await this.#change(Buffer.concat(this.#pieces.splice(0)));
    const header = wholeHeader(changed);
    const head = readInstanceHead(changed.subarray(header.dataSetStart), header);
    const target = await FileTarget.open(this.#blobs);
    try {
      await target.write(changed);
      return await target.commit(() => note(head));
    } catch (error) {
      await target.abandon();
      throw error;
    }
  }

  async abandon(): Promise<void> {
    this.#pieces.length = 0;
  }
}

function wholeHeader(file: Uint8Array): FileHeader {
  const header = readFileHeader(Buffer.from(file.buffer, file.byteOffset, file.length), true);
  if (header === undefined) throw new Error("unreachable: a whole file has a header");
  return header;
}
