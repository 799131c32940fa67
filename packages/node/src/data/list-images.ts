/**
 * @file From an entry of a data YAML to the images it stands for.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { type CocoAnnotations, parseCoco } from "@fovea/core/dataset/coco";
import type { DataYaml } from "@fovea/core/dataset/data-yaml";
import type { Label, Problem, Region } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { glob } from "tinyglobby";
import { readText } from "../read-file";
import { IMAGE_ENDINGS } from "./source-image";

/** An image file, not opened yet. */
export interface ListedImage {
  readonly file: string;
  /** From a COCO file; otherwise a label file stands beside the image. */
  readonly annotated?: {
    readonly width: number;
    readonly height: number;
    readonly labels: readonly Label[];
    readonly ignored: readonly Region[];
    readonly problems: readonly Problem[];
  };
}

export interface ImageList {
  readonly images: readonly ListedImage[];
  /** Class names, from the YAML or its COCO files. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Images of the part `split`, in the order of its entries, each folder's sorted.
 *
 * @throws {FoveaError} `invalid_dataset` if the YAML has no such part or it is empty; `file_not_found` if one of its
 * entries or `path` does not exist, naming the YAML and the key; `invalid_annotations` from a COCO file
 */
export async function listImages(data: DataYaml, split: string): Promise<ImageList> {
  const entries = data.splits.get(split);
  if (entries === undefined) {
    const keys = [...data.splits.keys()].join(", ");
    throw new FoveaError("invalid_dataset", `missing; the file names images for ${keys} only`, {
      file: data.file,
      at: split,
    });
  }
  const problems: Problem[] = [];
  const root = await rootOf(data, problems);
  const images: ListedImage[] = [];
  const names = data.names ?? (await namesOfCoco(data, root));
  for (const entry of entries) {
    const path = await findEntry(entry, { root, data, split, problems });
    images.push(...(await imagesOf(path, { data, root, split, names, problems })));
  }
  if (images.length === 0) {
    const kinds = [...IMAGE_ENDINGS].join(" ");
    throw new FoveaError("invalid_dataset", `no image (${kinds}) in ${entries.join(", ")}`, {
      file: data.file,
      at: split,
    });
  }
  return { images, names, problems };
}

/** Folder that the paths of a data YAML begin at. */
export async function rootOf({ file, root }: DataYaml, problems: Problem[]): Promise<string> {
  const folder = dirname(resolve(file));
  if (root === undefined) return folder;
  const path = resolve(folder, root);
  if (await isThere(path)) return path;
  // The public tools also look where they are started.
  const here = resolve(root);
  if (await isThere(here)) {
    const message = `${path} does not exist; took ${here}`;
    problems.push({ severity: "warning", code: "invalid_dataset", file, at: "path", message });
    return here;
  }
  throw new FoveaError(
    "file_not_found",
    `${path} does not exist; it is taken from the folder of this file, or else from the current one`,
    {
      file,
      at: "path",
    },
  );
}

/** Whether there is a file or folder. */
export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

interface EntryContext {
  readonly root: string;
  readonly data: DataYaml;
  readonly split: string;
  readonly problems: Problem[];
}

/** Path of an entry of a data YAML. */
export async function findEntry(entry: string, { root, data, split, problems }: EntryContext): Promise<string> {
  const path = resolve(root, entry);
  if (await isThere(path)) return path;
  // Written on Windows.
  const forward = resolve(root, entry.replaceAll("\\", "/"));
  if (await isThere(forward)) return forward;
  // Exports of a well-known annotation service write `../train/images` for the folder beside the file.
  const inside = resolve(root, entry.replace(/^(\.\.[\\/])+/, ""));
  if (inside !== path && (await isThere(inside))) {
    const message = `${path} does not exist; took ${inside}`;
    problems.push({ severity: "warning", code: "invalid_dataset", file: data.file, at: split, message });
    return inside;
  }
  throw new FoveaError("file_not_found", `${path} does not exist`, { file: data.file, at: split });
}

interface ListContext extends EntryContext {
  readonly names: readonly string[];
}

async function imagesOf(path: string, context: ListContext): Promise<ListedImage[]> {
  const { data, split } = context;
  if ((await stat(path)).isDirectory()) return imagesInFolder(path, context);
  const ending = extname(path).toLowerCase();
  if (ending === ".json") {
    const coco = parseCoco(await readText(path, "COCO file"), { file: path, names: context.names });
    return imagesOfCoco(coco, path, context);
  }
  if (ending === ".txt") return imagesInList(path, context);
  if (IMAGE_ENDINGS.has(ending)) return [{ file: path }];
  const message = `${path} is a file; expected a folder, a list of images (.txt) or COCO annotations (.json)`;
  throw new FoveaError("invalid_dataset", message, { file: data.file, at: split });
}

async function imagesInFolder(folder: string, { problems }: ListContext): Promise<ListedImage[]> {
  const files = await glob("**/*", { cwd: folder, absolute: true, onlyFiles: true, expandDirectories: false });
  const images = files.filter((file) => IMAGE_ENDINGS.has(extname(file).toLowerCase()));
  const others = files.filter((file) => OTHER_IMAGES.test(file));
  if (others.length > 0) {
    const kinds = [...new Set(others.map((file) => extname(file).toLowerCase()))].sort().join(" ");
    const message = `${others.length} files of kinds that are not read (${kinds}), left out`;
    problems.push({ severity: "warning", code: "invalid_image", file: folder, message });
  }
  // By code unit, not by the machine's language: the order decides about batches.
  return images
    .map((file) => resolve(file))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((file) => ({ file }));
}

/** Images of kinds that a user may miss if nobody says that they were left out. */
const OTHER_IMAGES = /\.(heic|heif|jp2|j2k|jpx|dng|mpo|pfm|nii|nii\.gz|mhd|mha|nrrd|svs|ndpi|npy|ima)$/i;

async function imagesInList(list: string, { data, split }: ListContext): Promise<ListedImage[]> {
  const text = await readText(list, "list of images");
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const entries = lines.map((line) => line.trim()).filter((line) => line !== "");
  if (entries.length === 0) {
    throw new FoveaError("invalid_dataset", `${list} names no image`, { file: data.file, at: split });
  }
  const folder = dirname(list);
  return entries.map((entry) => ({ file: resolve(folder, entry.replaceAll("\\", "/")) }));
}

/** Class names of the first COCO file, `train` before `val`: all parts must count classes alike. */
async function namesOfCoco(data: DataYaml, root: string): Promise<readonly string[]> {
  const [split, entries] = [...data.splits][0];
  const path = await findEntry(entries[0], { root, data, split, problems: [] });
  return parseCoco(await readText(path, "COCO file"), { file: path }).names;
}

async function imagesOfCoco(
  { images, problems }: CocoAnnotations,
  path: string,
  context: ListContext,
): Promise<ListedImage[]> {
  context.problems.push(...problems);
  const { imageFolder } = context.data;
  const folders =
    imageFolder === undefined
      ? [dirname(path), join(dirname(path), "images"), join(dirname(path), "..", "images")]
      : [resolve(context.root, imageFolder)];
  const listed: ListedImage[] = [];
  const entryOf = new Map<string, string>();
  for (const { fileName, problems: ownProblems, ...annotated } of images) {
    const candidates = folders.flatMap((folder) => [resolve(folder, fileName), resolve(folder, basename(fileName))]);
    let file = candidates[0];
    for (const candidate of candidates) {
      if (!(await isThere(candidate))) continue;
      file = candidate;
      break;
    }
    // Folders of the same names inside would put the labels of two images on one.
    const other = entryOf.get(file);
    if (other !== undefined) {
      const message = `both ${other} and ${fileName} lead to ${file}; name the folder that holds their folders under the key images of the data YAML`;
      throw new FoveaError("invalid_annotations", message, { file: path, at: "images" });
    }
    entryOf.set(file, fileName);
    listed.push({ file, annotated: { ...annotated, problems: ownProblems } });
  }
  return listed;
}
