/**
 * @file Images of a test that the same data set also gives for training: whoever learned them by heart is praised.
 */
import { resolve } from "node:path";
import { parseDataYaml } from "@fovea/core/dataset/data-yaml";
import { FoveaError } from "@fovea/core/errors";
import { readText } from "../read-file";
import { listImages } from "./list-images";

export interface SharedCases {
  readonly count: number;
  readonly what: "image";
}

/**
 * How many of `files` are in the part `train` of the data YAML too; all, where that part itself is measured. Nothing is
 * said (`undefined`) of a YAML whose part `train` is missing or cannot be listed.
 */
export async function sharedWithTraining(
  yaml: string,
  split: string,
  files: readonly string[],
): Promise<SharedCases | undefined> {
  if (split === "train") return { count: files.length, what: "image" };
  try {
    const { images } = await listImages(parseDataYaml(await readText(yaml, "data file"), yaml), "train");
    const trained = new Set(images.map(({ file }) => resolve(file)));
    return { count: files.filter((file) => trained.has(resolve(file))).length, what: "image" };
  } catch (error) {
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}
