/**
 * @file Files read whole, and what the operating system says where that fails in the user's words.
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { FoveaError } from "@fovea/core/errors";

/**
 * The error of a failed read, with the code `file_not_found` or `file_unreadable`; an error that is no file error stays
 * as it is.
 *
 * @param what ends the sentence "no such ..."
 */
export function readFailure(path: string, error: unknown, what: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || error instanceof FoveaError) return error;
  const place = { file: path, cause: error };
  switch (error.code) {
    case "ENOENT":
    case "ENOTDIR":
      return new FoveaError("file_not_found", `no such ${what}`, place);
    case "EISDIR":
      return new FoveaError("file_unreadable", "is a folder, expected a file", place);
    case "EACCES":
    case "EPERM":
      return new FoveaError("file_unreadable", "may not be read; check its permissions", place);
    case "ERR_FS_FILE_TOO_LARGE":
      return new FoveaError("file_unreadable", `is larger than 2 GB; no ${what} is`, place);
    default:
      return new FoveaError("file_unreadable", `cannot be read: ${error.message}`, place);
  }
}

/**
 * Content of the file at `path`.
 *
 * @param what it is, as messages call it
 * @throws {FoveaError} `file_not_found`, `file_unreadable`
 */
export async function readBytes(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw readFailure(path, error, what);
  }
}

/** As `readBytes`, at once: for threads that have nothing else to do and would wait for the event loop instead. */
export function readBytesAtOnce(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw readFailure(path, error, what);
  }
}

/**
 * Text of the file at `path`: UTF-8, or UTF-16 with its mark, as Windows' own tools write lists. A mark of UTF-8 stays.
 *
 * @param what it is, as messages call it
 * @throws {FoveaError} `file_not_found`, `file_unreadable`
 */
export async function readText(path: string, what: string): Promise<string> {
  const bytes = await readBytes(path, what);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  return bytes.toString("utf8");
}
