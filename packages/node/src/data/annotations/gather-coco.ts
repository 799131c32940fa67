/**
 * @file COCO files as annotation sets: one, or one for each part.
 */
import { basename, dirname, resolve } from "node:path";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { readCoco } from "@fovea/core/dataset/formats/coco";
import { mergeSets } from "@fovea/core/dataset/merge-sets";
import type { Problem } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { type AnnotationFiles, type Gathered, splitOfName } from "./annotation-source";
import { readAnnotationText } from "./read-annotation-text";

/** Several files are the parts that their names tell. */
export async function gatherCoco({ files, folder }: AnnotationFiles): Promise<Gathered> {
  const sets: AnnotationSet[] = [];
  const problems: Problem[] = [];
  const splits = files.map((file) => splitOfName(basename(file)));
  if (files.length > 1 && new Set(splits).size < files.length) {
    const names = files.slice(0, 5).map((file) => basename(file));
    const message = `holds ${files.length} COCO files (${names.join(", ")}) that are not named train, val and test; name one of them`;
    throw new FoveaError("invalid_dataset", message, { file: folder });
  }
  for (const [i, file] of files.entries()) {
    const read = readCoco(await readAnnotationText(file), file);
    problems.push(...read.problems);
    const split = files.length > 1 ? splits[i] : undefined;
    const images = split === undefined ? read.set.images : read.set.images.map((image) => ({ split, ...image }));
    sets.push({ ...read.set, images });
  }
  return { set: mergeSets(sets), problems, base: files.length === 1 ? dirname(resolve(files[0])) : folder };
}
