/**
 * @file The files of the record in a folder, encrypted, at the paths that their keys name (`blob-key.ts`).
 *
 * A file is written elsewhere (`half-written.ts`), and takes its name once it is whole. Acknowledged means: survives the end of
 * the process; with `sync` also that of the machine.
 */
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Vault } from "../vault/vault";
import { ContainerCipher, containerHead, HEAD_BYTES, parseHead, SALT_BYTES } from "./blob-container";
import { folderAway, isMissing, readingFailure, writingFailure } from "./blob-failure";
import { type BlobFileSystem, DISK, LOCAL_DISK, type WritingFile } from "./blob-file-system";
import { AREAS, type Area, isKey, newKey, partsOf, placesOf, settledKey } from "./blob-key";
import { BlobReading } from "./blob-reading";
import type { BlobDraft, BlobStore } from "./blob-store";
import { BlobWriting } from "./blob-writing";
import { fileDraft } from "./file-draft";
import { HalfWritten } from "./half-written";

export interface BlobFilesOptions {
  /** Wait for the disk before a file counts: survives a power failure too. @default false */
  readonly sync?: boolean;
  /** No other process writes here, as with PGlite: all that is half written is left over. @default false */
  readonly alone?: boolean;
  /** @default the disk */
  readonly fileSystem?: BlobFileSystem;
  /** Name of a file in the folder that is there whenever the folder is: without it, no file is said to be missing. @default none */
  readonly marker?: string;
}

export class BlobFiles implements BlobStore {
  readonly #folder: string;
  readonly #vault: () => Vault;
  readonly #sync: boolean;
  readonly #files: BlobFileSystem;
  readonly #marker: string | undefined;
  readonly #halfWritten: HalfWritten;
  readonly #made = new Set<string>();

  private constructor(
    folder: string,
    vault: () => Vault,
    { sync = false, fileSystem = sync ? DISK : LOCAL_DISK, marker }: BlobFilesOptions,
  ) {
    this.#folder = folder;
    this.#vault = vault;
    this.#sync = sync;
    this.#files = fileSystem;
    this.#marker = marker;
    this.#halfWritten = new HalfWritten(folder, fileSystem);
  }

  /**
   * @param vault asked for each file: keys may be added while it is open
   * @throws {FoveaError} `write_failed` if the folder cannot be made
   */
  static async open(folder: string, vault: () => Vault, options: BlobFilesOptions = {}): Promise<BlobFiles> {
    const store = new BlobFiles(folder, vault, options);
    await store.#makeFolder(folder);
    await store.#halfWritten.sweep(options.alone ?? false);
    return store;
  }

  async draft(area: Area): Promise<BlobDraft> {
    return this.#draft(newKey(area));
  }

  async read(blob: string): Promise<Uint8Array> {
    return this.#reading(blob, async (reading) => {
      const whole = Buffer.allocUnsafe(reading.trailer.bytes);
      let filled = 0;
      for await (const piece of reading.pieces()) {
        whole.set(piece, filled);
        filled += piece.length;
      }
      return whole;
    });
  }

  stream(blob: string): Readable {
    return Readable.from(this.#pieces(blob), { objectMode: false });
  }

  async note(blob: string): Promise<unknown> {
    return this.#reading(blob, async ({ trailer }) => trailer.note);
  }

  /** Size and hash of what was kept, without reading it. @throws {FoveaError} as `read` */
  async facts(blob: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
    return this.#reading(blob, async ({ trailer: { bytes, sha256 } }) => ({ bytes, sha256 }));
  }

  async *list(area: Area): AsyncGenerator<string> {
    for (const fan of (await this.#files.list(join(this.#folder, area))).sort()) {
      for (const name of await this.#files.list(join(this.#folder, area, fan))) {
        const blob = `${area}/${fan}/${name}`;
        if (isKey(blob)) yield blob;
      }
    }
  }

  async settle(blob: string): Promise<string> {
    const settled = settledKey(blob);
    const from = this.#path(blob);
    const to = this.#path(settled);
    if (from === to) return settled;
    await this.#makeFolder(dirname(to));
    try {
      await this.#files.rename(from, to);
      if (this.#sync) await Promise.all([this.#syncFolder(dirname(to)), this.#syncFolder(dirname(from))]);
    } catch (error) {
      const before = isMissing(error) && (await this.#files.exists(to));
      if (!before) throw await this.#failure(error, blob);
    }
    return settled;
  }

  async remove(blob: string): Promise<void> {
    await this.#files.remove(this.#path(blob));
    // A file is not there either while its folder is away, and comes back with it.
    if (!(await this.#isHere())) throw folderAway(blob);
  }

  /**
   * Encrypts a file anew with the newest key, under the same name. Interrupted, the file is as it was. It is on the disk then,
   * as the old key may be let go of.
   *
   * @returns whether there was anything to do
   * @throws {FoveaError} as `read`, `disk_full`
   */
  async renew(blob: string): Promise<boolean> {
    if ((await this.#keyOf(blob)) === this.#vault().newestKey) return false;
    const draft = await this.#draft(blob, true);
    try {
      const note = await this.note(blob);
      for await (const piece of this.#pieces(blob)) {
        if (!draft.stream.write(piece)) await drained(draft.stream);
      }
      await draft.commit(note);
    } catch (error) {
      await draft.abandon();
      throw error;
    }
    return true;
  }

  /** Every file, for rotation and for finding those that nobody knows. */
  async *all(): AsyncGenerator<string> {
    for (const area of AREAS) yield* this.list(area);
  }

  async #draft(blob: string, sync = this.#sync): Promise<BlobDraft> {
    const vault = this.#vault();
    const head = containerHead(vault.newestKey, randomBytes(SALT_BYTES));
    const path = this.#halfWritten.newPath();
    await this.#makeFolder(this.#halfWritten.folder);
    const handle = await this.#create(path);
    return fileDraft({
      ...{ blob, handle },
      stream: new BlobWriting(handle, new ContainerCipher(vault, head, blob), head),
      place: () => this.#place(handle, path, blob, sync),
      remove: () => this.#files.remove(path),
    });
  }

  async #create(path: string): Promise<WritingFile> {
    try {
      return await (this.#files.create?.(path) ?? this.#files.open(path, "wx", 0o600));
    } catch (error) {
      throw writingFailure(error);
    }
  }

  async #place(handle: WritingFile, path: string, blob: string, sync: boolean): Promise<void> {
    const target = this.#path(blob);
    if (sync) await handle.datasync();
    // A network file system may tell only now that it could not write; a disk of this machine has told it by now.
    if (sync) await handle.close();
    await this.#makeFolder(dirname(target));
    await this.#files.rename(path, target);
    if (sync) await this.#syncFolder(dirname(target));
    else handle.close().catch(() => undefined);
  }

  async #keyOf(blob: string): Promise<string> {
    return this.#opened(blob, async (handle) => {
      const head = Buffer.alloc(HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
      return parseHead(head.subarray(0, bytesRead), blob).keyId;
    });
  }

  async *#pieces(blob: string): AsyncGenerator<Uint8Array> {
    const handle = await this.#openFile(blob);
    try {
      yield* (await BlobReading.open(handle, this.#vault(), blob)).pieces();
    } catch (error) {
      throw await this.#failure(error, blob);
    } finally {
      await handle.close();
    }
  }

  #reading<T>(blob: string, work: (reading: BlobReading) => Promise<T>): Promise<T> {
    return this.#opened(blob, async (handle) => work(await BlobReading.open(handle, this.#vault(), blob)));
  }

  async #opened<T>(blob: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const handle = await this.#openFile(blob);
    try {
      return await work(handle);
    } catch (error) {
      throw await this.#failure(error, blob);
    } finally {
      await handle.close();
    }
  }

  async #openFile(blob: string): Promise<FileHandle> {
    const places = placesOf(blob);
    let failure: unknown;
    // It may move while we look.
    for (const place of places.length > 1 ? [...places, blob] : places) {
      try {
        return await this.#files.open(this.#path(place), "r");
      } catch (error) {
        failure = error;
        if (!isMissing(error)) break;
      }
    }
    throw await this.#failure(failure, blob);
  }

  #failure(error: unknown, blob: string): Promise<unknown> {
    return readingFailure(error, blob, () => this.#isHere());
  }

  async #isHere(): Promise<boolean> {
    return this.#marker === undefined || this.#files.exists(join(this.#folder, this.#marker));
  }

  #path(blob: string): string {
    return join(this.#folder, ...partsOf(blob));
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await this.#files.mkdir(folder).catch((error: unknown) => {
      throw writingFailure(error);
    });
    this.#made.add(folder);
  }

  async #syncFolder(folder: string): Promise<void> {
    if (process.platform === "win32") return;
    const handle = await this.#files.open(folder, "r");
    await handle.sync().finally(() => handle.close());
  }
}

function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("drain", resolve);
    stream.once("error", reject);
  });
}
