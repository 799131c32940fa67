/**
 * @file Files of a division, as `fovea train` and other tools read them.
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { writeCoco } from "@fovea/core/dataset/formats/write-coco";
import type { Division, DivisionPart } from "@fovea/core/dataset/split/divide";
import { stringify } from "yaml";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import type { OpenedSets } from "./open-sets";

/** Parts that a data YAML has keys for. */
const YAML_PARTS = new Set(["train", "val", "test"]);

/**
 * Folders of the divisions inside `out`: their names without what paths or other systems take for something else, and
 * each another one, as `A/B` and `A B` are two sites. `out` itself for the only one, which has no name.
 */
export function divisionFolders(out: string, divisions: readonly Pick<Division, "name">[]): string[] {
  const taken = new Set<string>();
  return divisions.map(({ name }) => {
    if (name === "") return out;
    // A name of dots is the folder above.
    const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, "_").replace(/^\.+/, "_");
    let folder = plain;
    for (let n = 2; taken.has(folder.toLowerCase()); n++) folder = `${plain}-${n}`;
    taken.add(folder.toLowerCase());
    return join(out, folder);
  });
}

/**
 * Writes the parts of a division into `folder`. Images come by their names, so that
 * the same division is the same file.
 *
 * @returns path of the data YAML
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function writeDivision(folder: string, { parts }: Division, opened: OpenedSets): Promise<string> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(folder, error);
  });
  const entries: Record<string, string> = {};
  for (const part of parts) {
    const file = `${part.name}.${opened.yolo ? "txt" : "json"}`;
    const text = opened.yolo ? listOf(part, opened) : writeCoco(partOf(part, opened.set));
    await writeAtomically(join(folder, file), text);
    if (YAML_PARTS.has(part.name)) entries[part.name] = file;
  }
  const names = opened.set.categories.map((category) => category.name);
  const yaml = join(folder, "data.yaml");
  await writeAtomically(
    yaml,
    stringify({ path: ".", ...entries, names, ...(!opened.yolo && { images: resolve(opened.root) }) }),
  );
  return yaml;
}

function byName(part: DivisionPart, { images }: AnnotationSet): number[] {
  return part.images.toSorted((a, b) => (images[a].file < images[b].file ? -1 : 1));
}

function listOf(part: DivisionPart, { set, paths }: OpenedSets): string {
  return byName(part, set)
    .map((i) => `${paths[i]}\n`)
    .join("");
}

/** The images of a part, with its name in them. */
export function partOf(part: DivisionPart, set: AnnotationSet): AnnotationSet {
  return {
    categories: set.categories,
    images: byName(part, set).map((i) => ({ ...set.images[i], split: part.name })),
  };
}
