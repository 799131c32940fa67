/**
 * @file CSV files, Open Images and TFRecord files as annotation sets.
 */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import type { ReadSet } from "@fovea/core/dataset/formats/annotation-draft";
import { readCsv } from "@fovea/core/dataset/formats/csv";
import { readClassDescriptions, readOpenImages } from "@fovea/core/dataset/formats/open-images";
import { readLabelMap, readTfRecord } from "@fovea/core/dataset/formats/tf-record";
import { mergeSets } from "@fovea/core/dataset/merge-sets";
import type { Problem } from "@fovea/core/dataset/sample";
import { readBytes } from "../../read-file";
import { type AnnotationFiles, type Gathered, type GatherOptions, splitOfName } from "./annotation-source";
import { readAnnotationText } from "./read-annotation-text";
import { readEach } from "./read-each";

export async function gatherCsv({ files, folder }: AnnotationFiles, { columns }: GatherOptions): Promise<Gathered> {
  return {
    ...(await readParts(files, async (file) => readCsv(await readAnnotationText(file), { file, columns }))),
    base: folder,
  };
}

export async function gatherOpenImages({ files, folder }: AnnotationFiles): Promise<Gathered> {
  const described = await besides(files[0], /^class-descriptions.*\.csv$/i);
  const names =
    described === undefined ? undefined : readClassDescriptions(await readAnnotationText(described), described);
  const read = await readParts(files, async (file) => readOpenImages(await readAnnotationText(file), { file, names }));
  return { ...read, base: folder, fractions: true };
}

export async function gatherTfRecord({ files, folder }: AnnotationFiles): Promise<Gathered> {
  const map = await besides(files[0], /\.pbtxt$/i);
  const names = map === undefined ? undefined : readLabelMap(await readAnnotationText(map));
  const read = await readParts(files, async (file) =>
    readTfRecord(await readBytes(file, "TFRecord file"), { file, names }),
  );
  return { ...read, base: folder };
}

/** One set of all files; several with names of parts are those parts. */
async function readParts(
  files: readonly string[],
  read: (file: string) => Promise<ReadSet>,
): Promise<{ readonly set: AnnotationSet; readonly problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  // One file is all there is: what is wrong with it is the answer.
  const named = async (file: string) => ({ ...(await read(file)), file });
  const all = files.length === 1 ? [await named(files[0])] : await readEach(files, problems, named);
  const sets = all.map(({ set, problems: own, file }): AnnotationSet => {
    problems.push(...own);
    const split = files.length > 1 ? splitOfName(basename(file)) : undefined;
    return split === undefined ? set : { ...set, images: set.images.map((image) => ({ split, ...image })) };
  });
  return { set: mergeSets(sets), problems };
}

/** The one file beside `file` whose name matches. */
async function besides(file: string, pattern: RegExp): Promise<string | undefined> {
  const names = (await readdir(dirname(file)).catch(() => [])).filter((name) => pattern.test(name));
  return names.length === 1 ? join(dirname(file), names[0]) : undefined;
}
