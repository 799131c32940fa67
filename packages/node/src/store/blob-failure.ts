/**
 * @file What the file system says of a file of the record, as our errors: by its key, never by its path.
 */
import { FoveaError } from "@fovea/core/errors";
import { writeFailure } from "../data/atomic-write";

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** Errors of writing: `disk_full` or `write_failed`. */
export function writingFailure(error: unknown): unknown {
  return writeFailure("the record's files", error);
}

/**
 * Errors of reading and moving: a file that is not there, though its folder is, is missing; what else the system says is not the
 * file's fault. Other errors stay as they are.
 *
 * @param isFolderHere asked only for errors of the system
 */
export async function readingFailure(
  error: unknown,
  blob: string,
  isFolderHere: () => Promise<boolean>,
): Promise<unknown> {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof FoveaError || code === undefined) return error;
  if (!(await isFolderHere())) return folderAway(blob, error);
  if (!isMissing(error)) return unavailable(blob, code, error);
  return new FoveaError("file_not_found", "a file of the record is missing; bring it back from a backup", {
    file: blob,
    cause: error,
  });
}

export function folderAway(blob: string, cause?: unknown): FoveaError {
  return unavailable(blob, "their folder is away", cause);
}

function unavailable(blob: string, why: string, cause: unknown): FoveaError {
  return new FoveaError("files_unavailable", `the record's files cannot be reached at the moment (${why})`, {
    file: blob,
    cause,
  });
}
