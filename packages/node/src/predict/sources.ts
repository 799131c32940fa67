/**
 * @file From what the user names - files, folders, patterns, lists - to image files.
 */
import { open, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { hasDicomPrefix } from "@fovea/core/dicom/data-set";
import { FoveaError } from "@fovea/core/errors";
import { IMAGE_ENDINGS } from "../data/source-image";
import { readText } from "../read-file";

export interface ListSourcesOptions {
  /** Folder whose files are no sources: that of the results, which may lie among the images. @default none */
  readonly except?: string;
}

/**
 * Image files of `sources`, each once, in the order named; those of a folder or pattern sorted.
 *
 * A folder is searched with all below it, for the endings of images and for DICOM files without ending. A text file
 * (`.txt`) lists paths, one a line, relative to itself. A file named outright is taken whatever it is called.
 *
 * @returns paths as the user can open them from where the command was given
 * @throws {FoveaError} `file_not_found` if a source does not exist or holds no image
 */
export async function listSources(sources: readonly string[], { except }: ListSourcesOptions = {}): Promise<string[]> {
  const files = new Map<string, string>();
  const own = except === undefined ? undefined : resolve(except);
  for (const source of sources) {
    const found = (await expand(source)).filter((file) => own === undefined || !isWithin(resolve(file), own));
    if (found.length === 0) throw nothingIn(source);
    for (const file of found) if (!files.has(resolve(file))) files.set(resolve(file), file);
  }
  if (files.size === 0)
    throw new FoveaError("file_not_found", "no source was named; give files, a folder or a pattern");
  return [...files.values()];
}

function nothingIn(source: string): FoveaError {
  const kinds = [...IMAGE_ENDINGS].join(" ");
  return new FoveaError("file_not_found", `no image found (${kinds}, or DICOM without ending)`, { file: source });
}

async function expand(source: string): Promise<string[]> {
  const kind = await kindOf(source);
  if (kind === "folder") return imagesMatching("**/*", source);
  if (kind === "file") return extname(source).toLowerCase() === ".txt" ? listedIn(source) : [source];
  if (!/[*?[\]{}()!]/.test(source)) {
    throw new FoveaError("file_not_found", "no such file or folder", { file: source });
  }
  return imagesMatching(source);
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch {
    return undefined;
  }
}

function isWithin(file: string, folder: string): boolean {
  const path = relative(folder, file);
  return path !== "" && path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}

/** Images that match a pattern, taken from `folder` or from the working directory. */
async function imagesMatching(pattern: string, folder?: string): Promise<string[]> {
  // Cold, a single file must not pay for the search of folders.
  const { glob } = await import("tinyglobby");
  const found = await glob(folder === undefined ? pattern.replaceAll("\\", "/") : pattern, {
    cwd: folder ?? process.cwd(),
    onlyFiles: true,
    dot: false,
    expandDirectories: false,
  });
  const images: string[] = [];
  // By code unit, not by the machine's language: the order of results must not depend on it.
  for (const name of found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    const file = folder === undefined ? name : join(folder, name);
    if (IMAGE_ENDINGS.has(extname(file).toLowerCase()) || (await isNamelessDicom(file))) images.push(file);
  }
  return images;
}

/** Archives and media hold DICOM files named `IM000001` or `1.2.840.113619.2`; a DICOMDIR is their index, no image. */
async function isNamelessDicom(file: string): Promise<boolean> {
  if (!/^(\.\d+|\.ima)?$/i.test(extname(file)) || basename(file).toUpperCase() === "DICOMDIR") return false;
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const head = new Uint8Array(132);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    return hasDicomPrefix(head.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

async function listedIn(list: string): Promise<string[]> {
  const text = await readText(list, "list of images");
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const paths = lines.map((line) => line.trim()).filter((line) => line !== "");
  return paths.map((path) => (isAbsolute(path) ? path : join(dirname(list), path)));
}
