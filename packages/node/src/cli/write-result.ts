/**
 * @file A result that a command was asked to put somewhere.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { writeAtomically, writeFailure } from "../data/atomic-write";

/**
 * Writes a file whole or not at all, and makes its folder where that is missing.
 *
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function writeResult(
  path: string,
  content: Uint8Array | string | AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw writeFailure(path, error);
  }
  await writeAtomically(path, content);
}
