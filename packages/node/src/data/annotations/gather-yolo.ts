/**
 * @file YOLO data sets as annotation sets: a data YAML with its lists of images and label files, or with COCO files.
 */
import { basename, dirname, resolve } from "node:path";
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { type DataYaml, parseDataYaml } from "@fovea/core/dataset/data-yaml";
import { mergeSets } from "@fovea/core/dataset/merge-sets";
import type { Problem } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { readText } from "../../read-file";
import { findEntry, listImages, rootOf } from "../list-images";
import { mapBounded } from "../map-bounded";
import { labelPath } from "../open-dataset";
import type { AnnotationFiles, Gathered, GatherOptions } from "./annotation-source";
import { fromBase } from "./from-base";
import { gatherCoco } from "./gather-coco";
import { gatherDarknet, gatherLabelFolder, readLabelFile } from "./gather-labels";

/** Label files read at one time. */
const CONCURRENCY = 16;

/** A data YAML, Darknet's `obj.data`, or a folder of label files. */
export async function gatherYolo(source: AnnotationFiles, options: GatherOptions): Promise<Gathered> {
  const [path, ...others] = source.files;
  if (others.length > 0) {
    const names = source.files.map((file) => basename(file)).join(", ");
    throw new FoveaError("invalid_dataset", `holds several data files (${names}); name one of them`, {
      file: source.folder,
    });
  }
  if (/\.ya?ml$/i.test(path)) return gatherDataYaml(path, options);
  if (/\.data$/i.test(path)) return gatherDarknet(path);
  return gatherLabelFolder(/\.txt$/i.test(path) ? dirname(path) : path);
}

/** A data set by its data YAML, all parts or one. */
async function gatherDataYaml(path: string, { split }: GatherOptions): Promise<Gathered> {
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
      const read = await gatherCoco({ format: "coco", files: [file], folder: dirname(file) });
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
