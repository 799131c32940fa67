/**
 * @file Label files of YOLO without a data YAML: Darknet's `obj.data`, and folders of labels with `classes.txt`.
 */
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import type { AnnotatedImage } from "@fovea/core/dataset/annotation-set";
import { imagePath } from "@fovea/core/dataset/formats/annotation-draft";
import { readYoloLabels } from "@fovea/core/dataset/formats/yolo";
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { glob } from "tinyglobby";
import { readText } from "../../read-file";
import { isThere } from "../list-images";
import { mapBounded } from "../map-bounded";
import { labelPath } from "../open-dataset";
import { type Gathered, splitOfName } from "./annotation-source";
import { fromBase } from "./from-base";

/** Label files read at one time. */
const CONCURRENCY = 16;

/** Lists of class names, beside the labels or above them. */
const NAME_LISTS = ["classes.txt", "obj.names", "classes.names", "names.txt", "labels.txt"];

/** Other texts that stand among label files. */
const NO_LABELS = /^(classes|names|labels|train|val|valid|test|readme.*|labelmap|predefined_classes)\.txt$/i;

/** Class of a number that no list names, below this one. */
const MAX_CLASSES = 10000;

function linesOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

/**
 * Darknet's description: `names` is a list of classes, `train` and `valid` are lists of images whose label files stand
 * beside them. Their paths begin at the program's folder there; here at the description, with or without `data/`.
 */
export async function gatherDarknet(path: string): Promise<Gathered> {
  const folder = dirname(path);
  const entries = new Map(linesOf(await readText(path, "data file")).map((line) => pairOf(line)));
  const namesPath = entries.get("names");
  if (namesPath === undefined) throw new FoveaError("invalid_dataset", "missing", { file: path, at: "names" });
  const names = linesOf(await readText(await locate(folder, namesPath), "list of classes"));
  const problems: Problem[] = [];
  const images: AnnotatedImage[] = [];
  for (const [key, split] of [
    ["train", "train"],
    ["valid", "val"],
    ["test", "test"],
  ] as const) {
    const list = entries.get(key);
    if (list === undefined) continue;
    const located = await locate(folder, list);
    // Exports name lists of parts that they do not write.
    if (key !== "train" && !(await isThere(located))) continue;
    const files = linesOf(await readText(located, "list of images"));
    const read = await mapBounded(files, CONCURRENCY, async (entry): Promise<AnnotatedImage | undefined> => {
      const image = await locateImage(folder, imagePath(entry));
      const annotations = await readLabelFile(image.labels, names.length, problems);
      return annotations && { file: image.file, annotations, split };
    });
    images.push(...read.flatMap((image) => image ?? []));
  }
  return { set: { categories: names.map((name) => ({ name })), images }, problems, base: folder, fractions: true };
}

function pairOf(line: string): readonly [string, string] {
  const [key, ...value] = line.split("=");
  return [key.trim(), value.join("=").trim()];
}

/** The first path that exists, else the first one. */
async function firstThere(candidates: readonly string[]): Promise<string> {
  for (const candidate of candidates) if (await isThere(candidate)) return candidate;
  return candidates[0];
}

function locate(folder: string, path: string): Promise<string> {
  const plain = imagePath(path);
  const shorter = plain.replace(/^[^/]+\//, "");
  return firstThere([plain, shorter, basename(plain)].map((one) => resolve(folder, one)));
}

async function locateImage(folder: string, path: string): Promise<{ readonly file: string; readonly labels: string }> {
  const beside = (one: string) => resolve(folder, `${one.slice(0, one.length - extname(one).length)}.txt`);
  const forms = [path, path.replace(/^[^/]+\//, "")];
  const candidates = forms.flatMap((file) => [
    { file, labels: beside(file) },
    { file, labels: labelPath(resolve(folder, file)) },
  ]);
  for (const candidate of candidates) if (await isThere(candidate.labels)) return candidate;
  return candidates[0];
}

/**
 * All label files below `folder`. Images are called by the names of their labels, without ending, until their pictures
 * are found; a folder `train`, `val` or `test` makes a part.
 */
export async function gatherLabelFolder(folder: string): Promise<Gathered> {
  const all = await glob("**/*.txt", { cwd: folder, absolute: true, expandDirectories: false });
  const files = all.map((file) => resolve(file)).filter((file) => !NO_LABELS.test(basename(file)));
  const base = folder.split(sep).includes("labels") ? folder.slice(0, folder.lastIndexOf(`${sep}labels`)) : folder;
  const names = await listedNames([folder, dirname(folder), base]);
  const problems: Problem[] = [];
  const read = await mapBounded(files.sort(), CONCURRENCY, async (path): Promise<AnnotatedImage | undefined> => {
    const annotations = await readLabelFile(path, names?.length ?? MAX_CLASSES, problems);
    const within = fromBase(folder, path).replace(/\.txt$/i, "");
    const split = splitOfName(fromBase(base, path).split("/").slice(0, -1).join("/"));
    return annotations && { file: within, annotations, ...(split && { split }) };
  });
  const images = read.flatMap((image) => image ?? []);
  if (names !== undefined) return { set: { categories: named(names), images }, problems, base, fractions: true };
  const count = images.reduce(
    (most, { annotations }) => Math.max(most, ...annotations.map((one) => one.classId + 1)),
    1,
  );
  const message = `no list of class names (${NAME_LISTS.join(", ")}) there; classes are called class_0, class_1 ...`;
  problems.push({ severity: "warning", code: "invalid_dataset", file: folder, message });
  const invented = Array.from({ length: count }, (_, i) => `class_${i}`);
  return { set: { categories: named(invented), images }, problems, base, fractions: true };
}

const named = (names: readonly string[]) => names.map((name) => ({ name }));

async function listedNames(folders: readonly string[]): Promise<string[] | undefined> {
  for (const folder of folders) {
    for (const name of NAME_LISTS) {
      const text = await readText(join(folder, name), "list of classes").catch(() => undefined);
      if (text !== undefined) return linesOf(text);
    }
  }
  return undefined;
}

/** Rows of a label file in fractions, none if there is no such file; `undefined` and a problem if it is broken. */
export async function readLabelFile(
  file: string,
  nc: number,
  problems: Problem[],
): Promise<AnnotatedImage["annotations"] | undefined> {
  try {
    return readYoloLabels(await readText(file, "label file"), { file, nc, width: 1, height: 1 });
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    if (error.code === "file_not_found") return [];
    problems.push(problemOf(error));
    return undefined;
  }
}
