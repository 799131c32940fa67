/**
 * @file Where the pictures of an annotation set stand, and how large they are.
 */
import { stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import type { AnnotatedImage } from "@fovea/core/dataset/annotation-set";
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { glob } from "tinyglobby";
import { mapBounded } from "../map-bounded";
import { IMAGE_ENDINGS, readImageSize } from "../source-image";

/** Folders in which pictures usually stand, from that of the annotations. */
const USUAL = [".", "images", "../images", "JPEGImages", "../JPEGImages", "Images", "../Images", "..", "data", "imgs"];

/** Files looked at at one time. */
const CONCURRENCY = 16;

/** Images by which a folder is judged. */
const TRIED = 20;

/** Folders below the annotations' own that are searched. */
const DEPTH = 6;

export interface FoundPictures {
  /** Folder that `file` of every image is relative to. */
  readonly root: string;
  /** In the order of the images given. */
  readonly images: readonly AnnotatedImage[];
  /** Files whose picture was found, as `images` names them. */
  readonly found: ReadonlySet<string>;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

/**
 * Looks for the pictures in `folder`, or else in the usual places around `base`: under the path that is written, then
 * by its last parts with or without ending, where only one picture there has them. Images found in this way are renamed.
 */
export async function findPictures(
  images: readonly AnnotatedImage[],
  { base, folder }: { readonly base: string; readonly folder?: string },
): Promise<FoundPictures> {
  const folders = folder === undefined ? USUAL.map((one) => resolve(base, one)) : [resolve(folder)];
  const root = await bestFolder(images, folders);
  const there = await mapBounded(images, CONCURRENCY, ({ file }) => isFile(join(root, file)));
  if (there.every(Boolean)) return { root, images, found: new Set(images.map(({ file }) => file)) };
  const byName = await picturesByName(folder === undefined ? resolve(base) : root);
  const taken = new Set(images.filter((_, i) => there[i]).map(({ file }) => file));
  const names = new Map<string, string>();
  const renamed = images.map((image, i) => {
    if (there[i]) return image;
    // The same image in another part.
    const known = names.get(image.file);
    if (known !== undefined) return { ...image, file: known };
    const match = lastParts(image.file)
      .map((key) => byName.get(key))
      .find((one) => one !== undefined);
    if (match === undefined || match === null) return image;
    const file = pathFrom(root, match);
    // Two images that lead to one picture would mix what is marked in them.
    if (taken.has(file)) return image;
    taken.add(file);
    names.set(image.file, file);
    return { ...image, file };
  });
  return { root, images: renamed, found: taken };
}

function pathFrom(root: string, path: string): string {
  const prefix = root.endsWith("/") ? root : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

async function bestFolder(images: readonly AnnotatedImage[], folders: readonly string[]): Promise<string> {
  const step = Math.max(1, Math.floor(images.length / TRIED));
  const tried = images.filter((_, i) => i % step === 0);
  let best = { folder: folders[0], hits: 0 };
  for (const folder of folders) {
    const hits = (await Promise.all(tried.map(({ file }) => isFile(join(folder, file))))).filter(Boolean).length;
    if (hits > best.hits) best = { folder, hits };
    if (hits === tried.length) break;
  }
  return best.folder;
}

/** The last two parts of a path, then the last one, each with and without ending, lower case. */
function lastParts(file: string): string[] {
  const parts = file.toLowerCase().split("/");
  const keys = [parts.slice(-2).join("/"), parts[parts.length - 1]];
  return [...new Set(keys.flatMap((key) => [key, stem(key)]))];
}

/** Pictures by the last parts of their paths; `null` where several have them. */
async function picturesByName(folder: string): Promise<Map<string, string | null>> {
  const options = { cwd: folder, absolute: true, onlyFiles: true, expandDirectories: false, deep: DEPTH };
  const byName = new Map<string, string | null>();
  for (const file of (await glob("**/*", options)).sort()) {
    if (!IMAGE_ENDINGS.has(extname(file).toLowerCase())) continue;
    for (const key of lastParts(file)) byName.set(key, byName.has(key) ? null : file);
  }
  return byName;
}

/** A name without the ending of a picture; other dots are parts of it, as in UIDs. */
export function stem(name: string): string {
  const ending = extname(name);
  return IMAGE_ENDINGS.has(ending.toLowerCase()) ? name.slice(0, -ending.length) : name;
}

/** Size by the path of an image, and by its last part without ending. */
export type KnownSizes = ReadonlyMap<string, { readonly width: number; readonly height: number }>;

/** Sizes of the images of another set, for `withSizes`. */
export function sizesOf(images: readonly AnnotatedImage[]): KnownSizes {
  const sizes = new Map<string, { width: number; height: number }>();
  for (const { file, width, height } of images) {
    if (width === undefined || height === undefined) continue;
    sizes.set(file, { width, height });
    sizes.set(stem(file.slice(file.lastIndexOf("/") + 1)), { width, height });
  }
  return sizes;
}

/** Images with their sizes: those they have, those known from elsewhere, or those of the pictures. */
export async function withSizes(
  { root, images, found }: FoundPictures,
  { known, onProgress }: { readonly known?: KnownSizes; readonly onProgress?: (done: number, total: number) => void },
): Promise<{ readonly images: readonly AnnotatedImage[]; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  let done = 0;
  const sized = await mapBounded(images, CONCURRENCY, async (image) => {
    onProgress?.(++done, images.length);
    if (image.width !== undefined && image.height !== undefined) return image;
    const size = known?.get(image.file) ?? known?.get(stem(image.file.slice(image.file.lastIndexOf("/") + 1)));
    if (size) return { ...image, ...size };
    if (!found.has(image.file)) return image;
    try {
      const { width, height } = await readImageSize(join(root, image.file));
      return { ...image, width, height };
    } catch (error) {
      if (!(error instanceof FoveaError)) throw error;
      problems.push(problemOf(error));
      return image;
    }
  });
  return { images: sized, problems };
}
