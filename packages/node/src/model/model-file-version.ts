/**
 * @file The version of a model, as records and reports name it.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, extname } from "node:path";
import { readFailure } from "../read-file";

export interface ModelFileVersion {
  /** `name@first 12 digits of sha256`. */
  readonly modelId: string;
  readonly name: string;
  /** Of the file's bytes, hexadecimal. */
  readonly sha256: string;
}

/** The name in a version: all before its last `@`, since names may hold one too. A version without is a name. */
export function modelNameOf(modelId: string): string {
  const at = modelId.lastIndexOf("@");
  return at < 0 ? modelId : modelId.slice(0, at);
}

/**
 * Version of the model in the file at `path`.
 *
 * @param name @default the file's name without ending
 * @throws {FoveaError} `file_not_found`, `file_unreadable`
 */
export async function modelFileVersion(path: string, name = basename(path, extname(path))): Promise<ModelFileVersion> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path)) hash.update(piece);
  } catch (error) {
    throw readFailure(path, error, "file of weights");
  }
  const sha256 = hash.digest("hex");
  return { modelId: `${name}@${sha256.slice(0, 12)}`, name, sha256 };
}
