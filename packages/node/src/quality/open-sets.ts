/**
 * @file Data sets of one or several annotation files, as one, with the path of every picture.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { parseDataYaml } from "@fovea/core/dataset/data-yaml";
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { joinSets } from "@fovea/core/dataset/unite-classes";
import { FoveaError } from "@fovea/core/errors";
import { openAnnotations } from "../data/open-annotations";
import { listSources } from "../predict/sources";
import { readText } from "../read-file";

export interface OpenSetsOptions {
  /** Folder of the pictures. @default looked for around the annotations */
  readonly images?: string;
  /** Hears how many images of the file at hand have been looked at. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface OpenedSets {
  /**
   * All images in the order of the files; each with its part, where there are several. The same file may come in two
   * parts: that is for a check to find.
   */
  readonly set: AnnotationSet;
  /** The same by file or part, with the classes of each. */
  readonly sets: readonly AnnotationSet[];
  /** Absolute path of each picture. */
  readonly paths: readonly string[];
  /** Folder that `file` of every image is relative to. */
  readonly root: string;
  readonly problems: readonly Problem[];
  /** Labels stand in text files beside the images, and `names` are those of a data YAML. */
  readonly yolo: boolean;
}

interface Part {
  readonly set: AnnotationSet;
  readonly root: string;
  readonly problems: readonly Problem[];
  readonly yolo: boolean;
}

/**
 * Opens annotation files or folders of any format. Each is a part named after its file, unless it names its parts
 * itself; a folder of pictures without annotations is a part without labels.
 *
 * A file of several that cannot be opened is a problem.
 *
 * @throws {FoveaError} as `openAnnotations`, if none can be opened
 */
export async function openSets(paths: readonly string[], options: OpenSetsOptions = {}): Promise<OpenedSets> {
  const parts: Part[] = [];
  const failures: FoveaError[] = [];
  const names = partNames(paths);
  for (const [i, path] of paths.entries()) {
    const opened = await openParts(path, options).catch((error: unknown) => {
      // One broken file of several is told, and the others go on.
      if (!(error instanceof FoveaError) || paths.length === 1) throw error;
      failures.push(error);
      return [];
    });
    for (const part of opened) {
      const { categories, images } = part.set;
      const named = paths.length === 1 ? images : images.map((image) => ({ split: names[i], ...image }));
      parts.push({ ...part, set: { categories, images: named } });
    }
  }
  if (parts.length === 0) throw failures[0];
  const root = commonFolder(parts.map((part) => resolve(part.root)));
  const fromRoot = (path: string) => relative(root, path).split(sep).join("/");
  const sets = parts.map(({ root: own, set: { categories, images } }) => ({
    categories,
    images: images.map((image): AnnotatedImage => ({ ...image, file: fromRoot(resolve(own, image.file)) })),
  }));
  const set = joinSets(sets);
  return {
    ...{ set, sets, root },
    paths: set.images.map(({ file }) => resolve(root, file)),
    problems: [...failures.map((error) => problemOf(error)), ...parts.flatMap(({ problems }) => problems)],
    yolo: paths.length === 1 && parts.every(({ yolo }) => yolo),
  };
}

async function openParts(path: string, { images, onProgress }: OpenSetsOptions): Promise<Part[]> {
  if (!/\.ya?ml$/i.test(path)) {
    try {
      const { set, root, problems } = await openAnnotations(path, { images, onProgress });
      return [{ set, root, problems, yolo: false }];
    } catch (error) {
      if (!(error instanceof FoveaError) || error.code !== "invalid_dataset" || !(await isFolder(path))) throw error;
      return [await unlabelledFolder(path, error)];
    }
  }
  // Part by part: an image in two of them must not become one.
  const data = parseDataYaml(await readText(path, "data file"), path);
  const parts: Part[] = [];
  for (const split of data.splits.keys()) {
    const { set, root, problems } = await openAnnotations(path, { split, images, onProgress });
    const yolo = ![...data.splits.values()].flat().some((entry) => /\.json$/i.test(entry));
    parts.push({ set, root, problems, yolo });
  }
  return parts;
}

/** Pictures of a folder in which no annotations are known. @throws what was said of it, if there is no picture either */
async function unlabelledFolder(folder: string, error: FoveaError): Promise<Part> {
  const files = await listSources([folder]).catch(() => {
    throw error;
  });
  const images = files.map((file) => ({ file: relative(folder, file).split(sep).join("/"), annotations: [] }));
  const message = `no annotations in it; its ${files.length} pictures are taken as images without labels`;
  const problems: Problem[] = [{ severity: "warning", code: "invalid_dataset", file: folder, message }];
  return { set: { categories: [], images }, root: folder, problems, yolo: false };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** What each part is called: `train` where one name alone says so, else the name of its file or folder. */
export function partNames(paths: readonly string[]): string[] {
  const stems = paths.map((path) => basename(path, extname(path)));
  const roles = stems.map((stem, i) => {
    const folder = basename(dirname(resolve(paths[i])));
    return roleIn(stem) ?? roleIn(folder) ?? stem;
  });
  return new Set(roles).size === roles.length ? roles : paths.map((path, i) => partName(path, stems, i));
}

function partName(path: string, stems: readonly string[], i: number): string {
  const alone = stems.filter((stem) => stem === stems[i]).length === 1;
  return alone ? stems[i] : join(basename(dirname(resolve(path))), stems[i]);
}

function roleIn(name: string): string | undefined {
  const found = /(?<![a-z])(train|val|test)(?:ing|id|idation|s)?(?![a-z])/i.exec(name);
  return found?.[1].toLowerCase();
}

function commonFolder(folders: readonly string[]): string {
  const [first = resolve("."), ...others] = folders;
  const parts = first.split(sep);
  const shared = others.reduce((count, folder) => {
    const own = folder.split(sep);
    const differs = parts.findIndex((part, i) => i >= count || part !== own[i]);
    return differs < 0 ? parts.length : Math.min(count, differs);
  }, parts.length);
  return parts.slice(0, shared).join(sep) || sep;
}
