/**
 * @file What the blob store asks of the file system; a seam, so that a full disk can be played.
 */
import { renameSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";

export interface BlobFileSystem {
  open(path: string, flags: string, mode?: number): Promise<FileHandle>;
  mkdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A file or a folder with all in it; no error if it is not there. */
  remove(path: string): Promise<void>;
  /** Names in a folder; none if it is not there. */
  list(path: string): Promise<string[]>;
  exists(path: string): Promise<boolean>;
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
};

/**
 * A disk of this machine, which is not waited for: a new name is a matter of microseconds there, less than a tenth of what it
 * takes to hand the question to another thread.
 */
export const LOCAL_DISK: BlobFileSystem = {
  ...DISK,
  async rename(from, to) {
    renameSync(from, to);
  },
};
