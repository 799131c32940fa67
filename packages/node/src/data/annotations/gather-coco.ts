/**
 * @file COCO files as annotation sets.
 */
import { dirname } from "node:path";
import { readCoco } from "@fovea/core/dataset/formats/coco";
import { readText } from "../../read-file";
import type { Gathered, GatherOptions } from "./annotation-source";

export async function gatherCoco(path: string, { split }: GatherOptions): Promise<Gathered> {
  const { set, problems } = readCoco(await readText(path, "COCO file"), path);
  const images = split === undefined ? set.images : set.images.filter((image) => image.split === split);
  return { set: { ...set, images }, problems, base: dirname(path) };
}
