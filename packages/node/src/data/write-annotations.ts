/**
 * @file Writes an annotation set in any format, with its pictures where that is wanted.
 */
import { copyFile, link, mkdir, open, readdir, rm, stat, symlink } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import type { WriteFormat } from "@fovea/core/dataset/formats/format-names";
import { type Loss, lossesOf } from "@fovea/core/dataset/formats/losses";
import { WRITERS } from "@fovea/core/dataset/formats/write-annotations";
import { pictureName, type WrittenFile } from "@fovea/core/dataset/formats/written-file";
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { hasDicomPrefix } from "@fovea/core/dicom/data-set";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { imageFormat } from "../imaging/image-format";
import { readFailure } from "../read-file";
import { writeAtomically, writeFailure } from "./atomic-write";
import { mapBounded } from "./map-bounded";
import { IMAGE_ENDINGS } from "./source-image";

export interface WriteAnnotationsOptions {
  readonly format: WriteFormat;
  /** Folder that the images' paths begin at. */
  readonly root: string;
  /** What becomes of the pictures. @default "leave" */
  readonly pictures?: "leave" | "copy" | "link";
  /** Write into a folder that holds other files. @default false */
  readonly overwrite?: boolean;
  /** Whether to stop before the next file. */
  readonly stopped?: () => boolean;
  /** Hears how many files and pictures are done, of how many images. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface WrittenAnnotations {
  /** Files of annotations, from `out`, or `out` itself. */
  readonly files: readonly string[];
  readonly pictures: number;
  readonly losses: readonly Loss[];
  readonly problems: readonly Problem[];
}

/** Pictures copied at one time. */
const CONCURRENCY = 8;

/**
 * Writes `set` to the folder `out`, or, of a format that is one file, to the file of this name. Two images whose files
 * would have one name are told, and the second one is left out.
 *
 * @throws {FoveaError} `invalid_argument` if `out` is a folder with something in it; `disk_full` or `write_failed`
 */
export async function writeAnnotations(
  set: AnnotationSet,
  out: string,
  options: WriteAnnotationsOptions,
): Promise<WrittenAnnotations> {
  const { format, pictures = "leave", overwrite = false, stopped = () => false, onProgress } = options;
  const { files, single } = WRITERS[format];
  const isFile = single !== undefined && extname(out).toLowerCase() === single;
  if (!isFile && !overwrite) await checkEmpty(out);
  const folder = isFile ? dirname(out) : out;
  const problems: Problem[] = [];
  // Beside copies of the pictures their paths must stay inside the folder.
  const named =
    pictures === "leave" ? set : { ...set, images: set.images.map((one) => ({ ...one, file: pictureName(one.file) })) };
  const written: string[] = [];
  const total = (pictures === "leave" ? 1 : 2) * set.images.length;
  const taken = new Set<string>();
  for (const { path, text } of files(named)) {
    if (stopped()) break;
    if (!isNew(path, taken, out, problems)) continue;
    const target = isFile ? out : join(out, path);
    await writeInFolder(target, text);
    written.push(target);
    onProgress?.(Math.min(written.length, set.images.length), total);
  }
  const pairs = named.images.map((image, i) => ({ image, source: set.images[i].file }));
  const count =
    pictures === "leave" ? 0 : await placePictures(pairs, folder, { ...options, pictures, total, problems });
  return { files: written, pictures: count, losses: lossesOf(set, format), problems };
}

async function checkEmpty(out: string): Promise<void> {
  const found = await stat(out).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isDirectory()) throw new ArgumentError(`${out} is a file; a folder is written here`);
  const entries = await readdir(out);
  if (entries.length > 0) {
    throw new ArgumentError(`${out} holds ${entries.length} files already; name another folder, or say --overwrite`);
  }
}

function isNew(path: WrittenFile["path"], taken: Set<string>, out: string, problems: Problem[]): boolean {
  const key = path.toLowerCase();
  if (!taken.has(key)) {
    taken.add(key);
    return true;
  }
  const message =
    "a file of this name is written for another image already; left out: give the images names of their own";
  problems.push({ severity: "error", code: "invalid_dataset", file: join(out, path), message });
  return false;
}

async function writeInFolder(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw writeFailure(path, error);
  }
  await writeAtomically(path, text);
}

interface PlaceOptions extends WriteAnnotationsOptions {
  readonly pictures: "copy" | "link";
  readonly total: number;
  readonly problems: Problem[];
}

interface PictureOf {
  readonly image: AnnotatedImage;
  /** Path from the root of the source. */
  readonly source: string;
}

async function placePictures(pairs: readonly PictureOf[], folder: string, options: PlaceOptions): Promise<number> {
  const { format, root, pictures, stopped = () => false, onProgress, total, problems } = options;
  const taken = new Set<string>();
  let [done, placed] = [0, 0];
  await mapBounded(pairs, CONCURRENCY, async ({ image, source: name }) => {
    const path = WRITERS[format].picture(image);
    if (stopped() || !isNew(path, taken, folder, problems)) return;
    const source = resolve(root, name);
    const target = join(folder, path);
    const unfit = await whyNoPicture(source);
    if (unfit !== undefined) {
      problems.push({ severity: "warning", code: unfit.code, file: source, message: unfit.message });
    } else if (source !== resolve(target)) {
      await placeOne(source, target, pictures);
      placed++;
    }
    onProgress?.(pairs.length + ++done, total);
  });
  return placed;
}

/** Bytes in which all formats show what they are; DICOM's mark ends at 132. */
const GLANCE = 256;

/**
 * Why the file is not copied; `undefined` if it is a picture. Names come from annotation files of anybody: one that
 * leads to a key or a list of passwords must not bring it into a data set that is given away.
 */
async function whyNoPicture(path: string): Promise<Pick<Problem, "code" | "message"> | undefined> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) return { code: "file_not_found", message: "no such picture to copy" };
  if (!entry.isFile()) return { code: "file_unreadable", message: "is no file; not copied" };
  if (IMAGE_ENDINGS.has(extname(path).toLowerCase())) return undefined;
  try {
    const handle = await open(path);
    try {
      const bytes = new Uint8Array(GLANCE);
      await handle.read(bytes, 0, GLANCE, 0);
      if (imageFormat(bytes) !== undefined || hasDicomPrefix(bytes)) return undefined;
      return { code: "invalid_image", message: "is no picture, by its ending nor by its content; not copied" };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const failure = readFailure(path, error, "picture to copy");
    if (!(failure instanceof FoveaError)) throw failure;
    return problemOf(failure);
  }
}

/** @throws {FoveaError} `disk_full` or `write_failed` */
async function placeOne(source: string, target: string, how: "copy" | "link"): Promise<void> {
  try {
    await mkdir(dirname(target), { recursive: true });
    if (how === "copy") return await copyFile(source, target);
    await rm(target, { force: true });
    // Windows makes symbolic links for administrators only; a hard link works within one disk.
    await symlink(source, target).catch(() => link(source, target));
  } catch (error) {
    throw writeFailure(target, error);
  }
}
