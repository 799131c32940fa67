/**
 * @file `fovea data subset`: the part of a data set that conditions name.
 */
import type { Command } from "commander";
import { flagOption, wholeNumber } from "../option";

export interface SubsetOptions {
  readonly out: string;
  readonly images?: string;
  readonly where: readonly string[];
  readonly classes?: readonly string[];
  readonly keepEmpty: boolean;
  readonly n?: number;
  readonly seed: number;
}

const EXAMPLES = `
A condition is a name, a sign and a value: site=A, age>=60, boxes=0, split!=test
or file~^p1. The name is that of an attribute, or file, split, width, height,
boxes.

Examples:
  fovea data subset all.json --where "site=A" --where "age>=60" \\
    --out elderly.json
  fovea data subset lesions.yaml --classes nodule,mass --n 200 --out small.json`;

export function register(group: Command): void {
  group
    .command("subset")
    .summary("take the images that fulfil conditions")
    .description("Take the images that fulfil all conditions, some classes, some number of them, as a COCO file.")
    .argument("<data...>", "annotations of any format")
    .requiredOption("--out <json>", "COCO file for the subset")
    .option("--images <dir>", "folder of the pictures (default: looked for around the annotations)")
    .option("--where <condition...>", "conditions that must all hold", [])
    .option(
      "--classes <names>",
      "classes to keep, as nodule,mass; images that show none are left out",
      (text: string) => text.split(",").map((name) => name.trim()),
    )
    .addOption(flagOption("keep-empty", "with --classes: keep images that show none of them, as negatives"))
    .option("--n <n>", "so many of them, at random", wholeNumber(1))
    .option("--seed <n>", "another seed picks others", wholeNumber(0), 0)
    .addHelpText("after", EXAMPLES)
    .action(async (data: readonly string[], options: SubsetOptions) => {
      const { runSubset } = await import("./run-subset");
      await runSubset(data, options);
    });
}
