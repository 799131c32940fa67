/**
 * @file Pascal VOC, ImageNet and CVAT files as annotation sets.
 */
import { basename, dirname, extname, join, posix, resolve, sep } from "node:path";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { assembleSet, type ImageDraft } from "@fovea/core/dataset/formats/annotation-draft";
import { readCvat } from "@fovea/core/dataset/formats/cvat";
import { readVoc } from "@fovea/core/dataset/formats/voc";
import { mergeSets } from "@fovea/core/dataset/merge-sets";
import type { Problem } from "@fovea/core/dataset/sample";
import { readText } from "../../read-file";
import type { AnnotationFiles, Gathered } from "./annotation-source";
import { fromBase } from "./from-base";
import { readXmlText } from "./read-annotation-text";
import { readEach } from "./read-each";

/** Lists of a VOC set that name its parts, below `ImageSets/Main`. */
const PARTS = ["train", "val", "test"] as const;

/** Folders that a name in a list of images may begin with, and the name. */
const LISTED_DEPTH = 6;

export async function gatherVoc({ files, folder }: AnnotationFiles): Promise<Gathered> {
  const problems: Problem[] = [];
  const top = files.length === 1 ? dirname(files[0]) : commonTop(files);
  const read = await readEach(files, problems, async (file) => {
    const { image, problems: own } = readVoc(await readXmlText(file), file);
    problems.push(...own);
    return { xml: file, image };
  });
  const splits = await splitsByStem([folder, top, dirname(top)]);
  const taken = new Set<string>();
  const drafts = read.flatMap(({ xml, image }): ImageDraft[] => {
    const within = posix.normalize(posix.join(fromBase(top, dirname(xml)), image.file));
    const own = posix.join(fromBase(top, dirname(xml)), basename(xml, extname(xml)) + posix.extname(image.file));
    // Files copied by hand keep the name of the first image.
    const file = taken.has(within) ? own : within;
    if (file !== within) {
      const message = `${image.file} is the image of another file too; took ${posix.basename(own)} after the name of this one`;
      problems.push({ severity: "warning", code: "invalid_annotations", file: xml, at: "filename", message });
    }
    taken.add(file);
    const parts = partsOf(xml, splits);
    return parts.length === 0 ? [{ ...image, file }] : parts.map((split) => ({ ...image, file, split }));
  });
  const known = await labelMapNames([folder, dirname(top)]);
  const set = assembleSet(drafts, known);
  return { set, problems, base: basename(top).toLowerCase() === "annotations" ? dirname(top) : top };
}

function commonTop(files: readonly string[]): string {
  let top = dirname(files[0]);
  while (!files.every((file) => dirname(file) === top || file.startsWith(join(top, "/")))) top = dirname(top);
  return top;
}

/** Parts that a file is listed in, by its path from any folder above it, the longest that is listed. */
function partsOf(xml: string, splits: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const path = xml.slice(0, xml.length - extname(xml).length).split(sep);
  for (let from = Math.max(0, path.length - LISTED_DEPTH); from < path.length; from++) {
    const parts = splits.get(path.slice(from).join("/"));
    if (parts) return [...parts];
  }
  return [];
}

async function splitsByStem(folders: readonly string[]): Promise<Map<string, Set<string>>> {
  const splits = new Map<string, Set<string>>();
  for (const folder of folders) {
    for (const part of PARTS) {
      const text = await readText(join(folder, "ImageSets/Main", `${part}.txt`), "list").catch(() => "");
      for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
        const name = line.trim();
        // Lists of one class say behind the name whether it is there; names may have blanks.
        for (const stem of new Set([name, name.replace(/\s+(-1|0|1)$/, "")])) {
          if (stem !== "") splits.set(stem, (splits.get(stem) ?? new Set()).add(part));
        }
      }
    }
    if (splits.size > 0) break;
  }
  return splits;
}

/** Classes of `labelmap.txt` (`name:colour:parts:actions`, as CVAT writes it) or `classes.txt`, in their order. */
async function labelMapNames(folders: readonly string[]): Promise<string[]> {
  for (const folder of folders) {
    for (const name of ["labelmap.txt", "classes.txt"]) {
      const text = await readText(join(folder, name), "list").catch(() => undefined);
      if (text === undefined) continue;
      const lines = text
        .replace(/^\uFEFF/, "")
        .split(/\r\n|\n|\r/)
        .map((line) => line.trim());
      const names = lines.filter((line) => line !== "" && !line.startsWith("#"));
      return names
        .map((line) => (name === "labelmap.txt" ? line.replace(/(:[^:]*){3}$/, "") : line))
        .filter((one) => one !== "background");
    }
  }
  return [];
}

export async function gatherCvat({ files }: AnnotationFiles): Promise<Gathered> {
  const problems: Problem[] = [];
  const sets: AnnotationSet[] = [];
  for (const file of files) {
    const read = readCvat(await readXmlText(file), file);
    problems.push(...read.problems);
    sets.push(read.set);
  }
  return { set: mergeSets(sets), problems, base: dirname(resolve(files[0])) };
}
