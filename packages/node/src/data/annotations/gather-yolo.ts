/**
 * @file YOLO data sets as annotation sets: a data YAML with its lists of images and label files, or with COCO files.
 */
import { dirname, relative, resolve, sep } from "node:path";
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { type DataYaml, parseDataYaml } from "@fovea/core/dataset/data-yaml";
import { readYoloLabels } from "@fovea/core/dataset/formats/yolo";
import { mergeSets } from "@fovea/core/dataset/merge-sets";
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { readText } from "../../read-file";
import { findEntry, listImages, rootOf } from "../list-images";
import { mapBounded } from "../map-bounded";
import { labelPath } from "../open-dataset";
import type { Gathered, GatherOptions } from "./annotation-source";
import { gatherCoco } from "./gather-coco";

/** Label files read at one time. */
const CONCURRENCY = 16;

/** A data set by its data YAML, all parts or one. */
export async function gatherDataYaml(path: string, { split }: GatherOptions): Promise<Gathered> {
  const data = parseDataYaml(await readText(path, "data file"), path);
  const parts = split === undefined ? [...data.splits.keys()] : [split];
  const problems: Problem[] = [...data.problems];
  const base = await rootOf(data, problems);
  // The YAML's names come first: they say which class has which number.
  const sets: AnnotationSet[] = [{ categories: (data.names ?? []).map((name) => ({ name })), images: [] }];
  let fractions = false;
  for (const part of parts) {
    const entries = data.splits.get(part) ?? [];
    const coco = entries.filter((entry) => /\.json$/i.test(entry));
    for (const entry of coco) {
      const file = await findEntry(entry, { root: base, data, split: part, problems });
      const read = await gatherCoco(file, {});
      problems.push(...read.problems);
      const folder = data.imageFolder === undefined ? dirname(file) : resolve(base, data.imageFolder);
      sets.push(inPart(read.set, part, (name) => fromBase(base, resolve(folder, name))));
    }
    if (coco.length === entries.length && entries.length > 0) continue;
    fractions = true;
    const others = new Map([[part, entries.filter((entry) => !coco.includes(entry))]]);
    sets.push(
      await labelledImages({ ...data, splits: entries.length > 0 ? others : data.splits }, part, base, problems),
    );
  }
  if (fractions && sets.some(({ images }) => images.some(({ width }) => width !== undefined))) {
    const message = "label files and COCO files in one data set; convert one of them first";
    throw new FoveaError("invalid_dataset", message, { file: path });
  }
  return { set: mergeSets(sets), problems, base, fractions };
}

function inPart({ categories, images }: AnnotationSet, split: string, place: (file: string) => string): AnnotationSet {
  return { categories, images: images.map((image) => ({ ...image, file: place(image.file), split })) };
}

/** `path` from `base`, with `/`. */
export function fromBase(base: string, path: string): string {
  return relative(base, path).split(sep).join("/");
}

/** Images of one part with the rows of their label files, in fractions. */
async function labelledImages(
  data: DataYaml,
  split: string,
  base: string,
  problems: Problem[],
): Promise<AnnotationSet> {
  const { images, names, problems: listProblems } = await listImages(data, split);
  problems.push(...listProblems);
  const read = await mapBounded(images, CONCURRENCY, async ({ file }): Promise<AnnotatedImage | undefined> => {
    const annotations = await readLabelFile(labelPath(file), names.length, problems);
    return annotations && { file: fromBase(base, file), annotations, split };
  });
  return { categories: names.map((name) => ({ name })), images: read.flatMap((image) => image ?? []) };
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
