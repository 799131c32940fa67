/**
 * @file Where the bytes of an object go until they count: into an encrypted file, by way of another one if they are changed.
 */
import { type FileHeader, readFileHeader } from "../pacs/part10";
import { type BlobDraft, type BlobStore, writePiece } from "../store/blob-store";
import { type ReadHead, type ReadHeadOptions, readInstanceHead } from "./instance-head";
import type { MemoryShare } from "./memory-share";
import type { Receipt, ReceiptNote } from "./receipt";

type SpoolStore = Pick<BlobStore, "draft" | "read" | "remove">;

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
    return writePiece(this.#draft, piece);
  }

  async commit(note: (head?: ReadHead) => ReceiptNote): Promise<Receipt> {
    const written = note();
    return { ...(await this.#draft.commit(written)), note: written };
  }

  abandon(): Promise<void> {
    return this.#draft.abandon();
  }
}

/** Takes a whole file, and gives what is kept in its place; where the files wait for that, and the memory for it. */
export interface FileChange extends ReadHeadOptions {
  readonly change: (file: Uint8Array) => Promise<Uint8Array>;
  readonly memory: MemoryShare;
}

/** Copies of a file in memory while it is changed: as it came, and as it is kept. */
const COPIES = 2;

/**
 * A file that is changed before it is kept lies encrypted among uploads until all of it is here: only then it is read whole, when
 * its turn comes. What an ended process leaves there is no job's upload, and swept (`upload-sweep.ts`).
 */
export class ChangingTarget implements IncomingTarget {
  readonly #spool: BlobDraft;
  readonly #blobs: SpoolStore;
  readonly #options: FileChange;

  private constructor(spool: BlobDraft, blobs: SpoolStore, options: FileChange) {
    this.#spool = spool;
    this.#blobs = blobs;
    this.#options = options;
  }

  static async open(blobs: SpoolStore, options: FileChange): Promise<ChangingTarget> {
    return new ChangingTarget(await blobs.draft("uploads"), blobs, options);
  }

  write(piece: Uint8Array): Promise<void> {
    return writePiece(this.#spool, piece);
  }

  async commit(note: (head?: ReadHead) => ReceiptNote): Promise<Receipt> {
    const { blob, bytes } = await this.#spool.commit();
    try {
      return await this.#options.memory.within(COPIES * bytes, async () => {
        const changed = await this.#options.change(await this.#blobs.read(blob));
        const header = wholeHeader(changed);
        const head = readInstanceHead(changed.subarray(header.dataSetStart), header, this.#options);
        const target = await FileTarget.open(this.#blobs);
        try {
          await target.write(changed);
          return await target.commit(() => note(head));
        } catch (error) {
          await target.abandon();
          throw error;
        }
      });
    } finally {
      await this.#blobs.remove(blob);
    }
  }

  abandon(): Promise<void> {
    return this.#spool.abandon();
  }
}

function wholeHeader(file: Uint8Array): FileHeader {
  const header = readFileHeader(file, true);
  if (header === undefined) throw new Error("unreachable: a whole file has a header");
  return header;
}
