/**
 * @file What the blob store asks of the file system; a seam, so that a full disk can be played.
 */
import { closeSync, fdatasync, openSync, renameSync, write, writev, writevSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { promisify } from "node:util";

/** A new file, as it is written. */
export interface WritingFile {
  writev(parts: readonly Uint8Array[]): Promise<{ readonly bytesWritten: number }>;
  write(bytes: Uint8Array): Promise<{ readonly bytesWritten: number }>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface BlobFileSystem {
  open(path: string, flags: string, mode?: number): Promise<FileHandle>;
  /** A new file that nobody else may read. @default `open` */
  create?(path: string): Promise<WritingFile>;
  mkdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A file or a folder with all in it; no error if it is not there. */
  remove(path: string): Promise<void>;
  /** Names in a folder; none if it is not there. */
  list(path: string): Promise<string[]>;
  exists(path: string): Promise<boolean>;
  /** When it was last written, ms since 1970; undefined if it is not there. */
  touchedMs(path: string): Promise<number | undefined>;
}

export const DISK: BlobFileSystem = {
  open,
  rename,
  async mkdir(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async remove(path) {
    await rm(path, { recursive: true, force: true });
  },
  async list(path) {
    return readdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
  },
  async exists(path) {
    return (await stat(path).catch(() => undefined)) !== undefined;
  },
  async touchedMs(path) {
    return (await stat(path).catch(() => undefined))?.mtimeMs;
  },
};

/** As much of a file is written at once; of what is longer, the rest goes by other threads, as the disk may be slower than we are. */
const AT_ONCE_BYTES = 4 * 2 ** 20;

const later = { write: promisify(write), writev: promisify(writev), fdatasync: promisify(fdatasync) };

class LocalFile implements WritingFile {
  readonly #file: number;
  #written = 0;
  #isOpen = true;

  constructor(file: number) {
    this.#file = file;
  }

  async writev(parts: readonly Uint8Array[]): Promise<{ readonly bytesWritten: number }> {
    const atOnce = this.#written < AT_ONCE_BYTES;
    const bytesWritten = atOnce
      ? writevSync(this.#file, parts)
      : (await later.writev(this.#file, [...parts])).bytesWritten;
    this.#written += bytesWritten;
    return { bytesWritten };
  }

  write(bytes: Uint8Array): Promise<{ readonly bytesWritten: number }> {
    return later.write(this.#file, bytes);
  }

  datasync(): Promise<void> {
    return later.fdatasync(this.#file);
  }

  async close(): Promise<void> {
    // Its number may be another file's by now.
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

/**
 * A disk of this machine, which is not waited for: a new name, or a file's first bytes on their way into the system's memory,
 * are a matter of microseconds there, less than it takes to hand the question to another thread and to hear its answer.
 */
export const LOCAL_DISK: BlobFileSystem = {
  ...DISK,
  async rename(from, to) {
    renameSync(from, to);
  },
  async create(path) {
    return new LocalFile(openSync(path, "wx", 0o600));
  },
};
