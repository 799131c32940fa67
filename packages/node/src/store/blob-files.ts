/**
 * @file The files of the record in a folder: `area/ab/abcd...`, encrypted. Names are random, never anybody's input.
 *
 * A file is written under `writing/`, in a folder of this process, and takes its name once it is whole. What a process that
 * ended left there is swept when the store opens. Acknowledged means: survives the end of the process; with `sync` also that of
 * the machine.
 */
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { FoveaError } from "@fovea/core/errors";
import { writeFailure } from "../data/atomic-write";
import type { Vault } from "../vault/vault";
import { ContainerCipher, containerHead, HEAD_BYTES, parseHead, SALT_BYTES } from "./blob-container";
import { type BlobFileSystem, DISK, LOCAL_DISK, type WritingFile } from "./blob-file-system";
import { BlobReading } from "./blob-reading";
import type { BlobDraft, BlobStore } from "./blob-store";
import { BlobWriting } from "./blob-writing";
import { isAlive, type ProcessIdentity, thisProcess } from "./process-identity";

const AREAS = ["incoming", "images", "objects", "uploads"] as const;
type Area = (typeof AREAS)[number];

/** What nobody has written to for so long, in the folder of a process that cannot be asked, is left over. */
const LEFT_OVER_MS = 24 * 3_600_000;

const NAME = /^(incoming|images|objects|uploads)\/([0-9a-f]{2})\/(\2[0-9a-f]{30})$/;

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
  /** Folder of what this process is writing. */
  readonly #writing: string;
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
    this.#writing = join(folder, "writing", encodeIdentity(thisProcess()));
  }

  /**
   * @param vault asked for each file: keys may be added while it is open
   * @throws {FoveaError} `write_failed` if the folder cannot be made
   */
  static async open(folder: string, vault: () => Vault, options: BlobFilesOptions = {}): Promise<BlobFiles> {
    const store = new BlobFiles(folder, vault, options);
    await store.#sweep(options.alone ?? false);
    return store;
  }

  async draft(area: Area): Promise<BlobDraft> {
    return this.#draft(newName(area));
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
        if (NAME.test(blob)) yield blob;
      }
    }
  }

  async settle(blob: string): Promise<string> {
    const [, , fan, name] = parts(blob);
    const settled = `images/${fan}/${name}`;
    const from = this.#path(blob);
    const to = this.#path(settled);
    if (from === to) return settled;
    await this.#makeFolder(dirname(to));
    try {
      await this.#files.rename(from, to);
      if (this.#sync) await Promise.all([this.#syncFolder(dirname(to)), this.#syncFolder(dirname(from))]);
    } catch (error) {
      const before = (error as NodeJS.ErrnoException).code === "ENOENT" && (await this.#files.exists(to));
      if (!before) throw await this.#failure(error, blob);
    }
    return settled;
  }

  async remove(blob: string): Promise<void> {
    await this.#files.remove(this.#path(blob));
    // A file is not there either while its folder is away, and comes back with it.
    if (!(await this.#isHere())) throw away(blob);
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
    const path = join(this.#writing, randomBytes(16).toString("hex"));
    await this.#makeFolder(this.#writing);
    const handle = await this.#create(path);
    const stream = new BlobWriting(handle, new ContainerCipher(vault, head, blob), head);
    // Whoever writes hears of it through `write`'s callback and `commit`.
    let failure: Error | undefined;
    stream.on("error", (error) => {
      failure ??= error;
    });
    const drop = async () => {
      stream.destroy();
      await stream.settled();
      await handle.close().catch(() => undefined);
      await this.#files.remove(path);
    };
    return {
      ...{ blob, stream },
      abandon: drop,
      commit: async (note) => {
        try {
          await ended(stream, failure);
          const { bytes, sha256 } = await stream.conclude(note);
          await this.#place(handle, path, blob, sync);
          return { blob, bytes, sha256 };
        } catch (error) {
          await drop();
          throw failed(error);
        }
      },
    };
  }

  async #create(path: string): Promise<WritingFile> {
    try {
      return await (this.#files.create?.(path) ?? this.#files.open(path, "wx", 0o600));
    } catch (error) {
      throw failed(error);
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
    // An image's row names its place before the file has moved there; and it may move while we look.
    const places = blob.startsWith("images/") ? [blob, unsettled(blob), blob] : [blob];
    let failure: unknown;
    for (const place of places) {
      try {
        return await this.#files.open(this.#path(place), "r");
      } catch (error) {
        failure = error;
        if (!isMissing(error)) break;
      }
    }
    throw await this.#failure(failure, blob);
  }

  /** A file that is not there, though its folder is, is missing; what else the system says is not the file's fault. */
  async #failure(error: unknown, blob: string): Promise<unknown> {
    const code = (error as NodeJS.ErrnoException).code;
    if (error instanceof FoveaError || code === undefined) return error;
    const here = await this.#isHere();
    if (isMissing(error) && here) {
      return new FoveaError("file_not_found", "a file of the record is missing; bring it back from a backup", {
        file: blob,
        cause: error,
      });
    }
    return here ? unavailable(blob, code, error) : away(blob, error);
  }

  async #isHere(): Promise<boolean> {
    return this.#marker === undefined || this.#files.exists(join(this.#folder, this.#marker));
  }

  #path(blob: string): string {
    return join(this.#folder, ...parts(blob).slice(1));
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await this.#files.mkdir(folder).catch((error: unknown) => {
      throw failed(error);
    });
    this.#made.add(folder);
  }

  async #syncFolder(folder: string): Promise<void> {
    if (process.platform === "win32") return;
    const handle = await this.#files.open(folder, "r");
    await handle.sync().finally(() => handle.close());
  }

  async #sweep(alone: boolean): Promise<void> {
    await this.#makeFolder(this.#folder);
    const root = join(this.#folder, "writing");
    for (const name of await this.#files.list(root)) {
      const owner = decodeIdentity(name);
      const isLeft = alone || owner === undefined || isAlive(owner) === false;
      await (isLeft ? this.#files.remove(join(root, name)) : this.#sweepOld(join(root, name)));
    }
  }

  /** The folder stays: its process, on another machine perhaps, may come back to it. */
  async #sweepOld(folder: string): Promise<void> {
    for (const name of await this.#files.list(folder)) {
      const touched = await this.#files.touchedMs(join(folder, name));
      if (touched !== undefined && Date.now() - touched > LEFT_OVER_MS) await this.#files.remove(join(folder, name));
    }
  }
}

/** Of 64 characters of a host's name the folder's name has 244; 255 are allowed. */
function encodeIdentity(identity: ProcessIdentity): string {
  return Buffer.from(JSON.stringify(identity), "utf8").toString("base64url");
}

function decodeIdentity(name: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(Buffer.from(name, "base64url").toString("utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function newName(area: Area): string {
  const name = randomBytes(16).toString("hex");
  return `${area}/${name.slice(0, 2)}/${name}`;
}

function parts(blob: string): readonly string[] {
  const match = NAME.exec(blob);
  if (match === null) throw new FoveaError("not_found", "no key of a file of the record");
  return match;
}

function ended(stream: BlobWriting, failure: Error | undefined): Promise<void> {
  if (failure !== undefined) return Promise.reject(failure);
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    if (stream.writableFinished) resolve();
    else if (stream.writableEnded) stream.once("finish", resolve);
    else stream.end((error?: Error | null) => (error ? reject(error) : resolve()));
  });
}

function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("drain", resolve);
    stream.once("error", reject);
  });
}

function unsettled(blob: string): string {
  return blob.replace(/^images\//, "incoming/");
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

function away(blob: string, cause?: unknown): FoveaError {
  return unavailable(blob, "their folder is away", cause);
}

function unavailable(blob: string, why: string, cause: unknown): FoveaError {
  return new FoveaError("files_unavailable", `the record's files cannot be reached at the moment (${why})`, {
    file: blob,
    cause,
  });
}

/** File system errors of writing, without the path: `disk_full` or `write_failed`. */
function failed(error: unknown): unknown {
  return writeFailure("the record's files", error);
}
