/**
 * @file Files that are there whole or not at all, whatever happens while they are written.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FoveaError } from "@fovea/core/errors";

/** What the operating system's codes mean for somebody who wanted to keep a file. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist; make it first",
  ENOTDIR: "a part of its path is a file, not a folder",
  EISDIR: "there is a folder of this name",
  EEXIST: "there is a file of this name",
  EACCES: "not allowed here; choose a folder you may write to",
  EPERM: "not allowed here; choose a folder you may write to",
  EROFS: "the disk is read-only; choose another folder",
};

/** The error of a failed write, with the code `disk_full` or `write_failed`; an error that is no file error stays as it is. */
export function writeFailure(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  // What a piece of the content fails of is no matter of the file.
  if (error instanceof FoveaError) return error;
  const place = { file: path, cause: error };
  if (error.code === "ENOSPC" || error.code === "EDQUOT") {
    return new FoveaError("disk_full", "cannot be written: no space left; free some and run again", place);
  }
  return new FoveaError("write_failed", `cannot be written: ${ADVICE[error.code] ?? error.message}`, place);
}

/**
 * Writes a file so that its path holds either what it held before or all of `content`: into a neighbour first, which is
 * brought to the disk and then takes the name. Content may come in pieces. A device or a pipe, such as `/dev/stdout`, is written to as it is.
 *
 * @param mode who may read the new file. @default as the process has it
 * @throws {FoveaError} `disk_full` or `write_failed`; the neighbour is removed
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array>,
  { mode }: { readonly mode?: number } = {},
): Promise<void> {
  if (await isDevice(path)) {
    try {
      await writeHandle(path, content);
    } catch (error) {
      throw writeFailure(path, error);
    }
    return;
  }
  const neighbour = `${path}.${process.pid}.tmp`;
  try {
    await writeHandle(neighbour, content, { sync: true, mode });
    await rename(neighbour, path);
    await syncFolder(dirname(path));
  } catch (error) {
    // The first failure is the one to tell; where nothing could be made, nothing can be removed.
    await rm(neighbour, { force: true }).catch(() => undefined);
    throw writeFailure(path, error);
  }
}

/**
 * The same at once, for threads that write many files and have nothing else to do. It does not wait for the disk: where the
 * power fails, a file may be there without its content, and who must know keeps its size elsewhere.
 *
 * @throws {FoveaError} `disk_full` or `write_failed`; the neighbour is removed
 */
export function writeAtOnce(path: string, content: Uint8Array): void {
  const neighbour = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(neighbour, content);
    renameSync(neighbour, path);
  } catch (error) {
    try {
      rmSync(neighbour, { force: true });
    } catch {
      // The first failure is the one to tell.
    }
    throw writeFailure(path, error);
  }
}

async function writeHandle(
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array>,
  { sync = false, mode }: { readonly sync?: boolean; readonly mode?: number } = {},
): Promise<void> {
  const handle = await open(path, "w", mode);
  try {
    // Pieces too: Node's types do not know of them.
    await handle.writeFile(content as Uint8Array);
    if (sync) await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether something stands at `path` that is neither file nor folder: a rename would put a file in its place. */
async function isDevice(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/** Brings all files below a folder to the disk, and their names. Those that are removed meanwhile need not be there. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    try {
      if (entry.isDirectory()) await syncTree(path);
      // Windows brings to the disk only what may be written.
      else if (entry.isFile()) await synced(path, "r+");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  await syncFolder(folder);
}

/** Brings the new name to the disk; Windows does so by itself and cannot be asked. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  await synced(folder, "r");
}

async function synced(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
