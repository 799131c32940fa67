/**
 * @file `fovea data sample`: some pictures of a data set to look at, or a smaller data set.
 */
import type { Stratification } from "@fovea/core/dataset/split/strata";
import type { Command } from "commander";
import { wholeNumber } from "../option";
import { strata } from "./strata-option";

export interface SampleOptions {
  readonly n: number;
  readonly images?: string;
  readonly stratify: readonly Stratification[];
  readonly seed: number;
  readonly sheet?: string;
  readonly cell: number;
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  fovea data sample lesions.yaml --n 24 --sheet sheet.png
  fovea data sample all.json --n 200 --stratify class,size --out small.json`;

export function register(group: Command): void {
  group
    .command("sample")
    .summary("look at some pictures with their boxes")
    .description("Pick pictures at random: on one sheet with their boxes, and as a smaller data set.")
    .argument("<data...>", "annotations of any format")
    .requiredOption("--n <n>", "pictures", wholeNumber(1))
    .option("--images <dir>", "folder of the pictures (default: looked for around the annotations)")
    .option("--stratify <list>", "in the shares of the whole set: class, size, both, or none", strata, [])
    .option("--seed <n>", "another seed picks others", wholeNumber(0), 0)
    .option("--sheet <png>", "write a sheet of the pictures with their boxes")
    .option("--cell <px>", "side of each picture on the sheet", wholeNumber(64, 2048), 320)
    .option("--out <json>", "write the pictures' annotations as a COCO file")
    .addHelpText("after", EXAMPLES)
    .action(async (data: readonly string[], options: SampleOptions) => {
      const { runSample } = await import("./run-sample");
      await runSample(data, options);
    });
}
