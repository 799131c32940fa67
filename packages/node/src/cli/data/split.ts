/**
 * @file `fovea data split`: a data set in parts, so that nobody stands in two of them.
 */
import type { Stratification } from "@fovea/core/dataset/split/strata";
import { type Command, InvalidArgumentError } from "commander";
import { flagOption, wholeNumber } from "../option";
import { strata } from "./strata-option";

export interface SplitOptions {
  readonly out: string;
  readonly images?: string;
  readonly by?: string;
  readonly patients?: string;
  readonly ratios?: readonly number[];
  readonly folds?: number;
  readonly leaveOneOut?: string;
  readonly stratify: readonly Stratification[];
  readonly nearDuplicates: boolean;
  readonly seed: number;
  readonly json?: string;
}

const EXAMPLES = `
The folder gets data.yaml for fovea train, and each part as COCO annotations
(train.json ...) or, of a YOLO set, as a list of images (train.txt ...).
Images of one patient never stand in two parts. The same seed gives the same
parts, in whatever order the files are listed.

Examples:
  fovea data split all.json --out parts --ratios 70,15,15 --by patient
  fovea data split lesions.yaml --out folds --folds 5 --stratify class,size
  fovea data split all.json --out sites --leave-one-out site
  fovea data split all.json --out parts --by "^([^_]+)_" --near-duplicates`;

export function register(group: Command): void {
  group
    .command("split")
    .summary("divide a data set by patient, study or site")
    .description("Divide a data set into train, val and test, into folds, or by leaving one site out at a time.")
    .argument("<data...>", "annotations of any format; several are taken together, parts they have are forgotten")
    .requiredOption("--out <dir>", "folder for the parts")
    .option("--images <dir>", "folder of the pictures (default: looked for around the annotations)")
    .optionsGroup("Parts:")
    .option("--ratios <list>", "sizes of train, val and test (default: 70,15,15)", ratioList)
    .option("--folds <k>", "k divisions, each fold being val once", wholeNumber(2, 100))
    .option("--leave-one-out <what>", "a division for each site (or value of another attribute), which is val")
    .optionsGroup("Balance:")
    .option(
      "--by <what>",
      "what stays together: patient, study, series, site, image, an attribute, or a regular expression on the file's name (default: patient, where known)",
    )
    .option("--patients <csv>", "table with the columns image,patient")
    .option("--stratify <list>", "what the parts have in equal shares: class, size, both, or none", strata, ["class"])
    .addOption(flagOption("near-duplicates", "keep pictures that look nearly the same in one part (reads all)"))
    .option("--seed <n>", "another seed gives other parts", wholeNumber(0), 0)
    .optionsGroup("Results:")
    .option("--json <file>", "write what each part holds as JSON")
    .optionsGroup("Other:")
    .addHelpText("after", EXAMPLES)
    .action(async (data: readonly string[], options: SplitOptions) => {
      const { runSplit } = await import("./run-split");
      await runSplit(data, options);
    });
}

function ratioList(text: string): number[] {
  const ratios = text.split(/[,\s:]+/).map(Number);
  if (ratios.length < 2 || !ratios.every((ratio) => Number.isFinite(ratio) && ratio > 0)) {
    throw new InvalidArgumentError("Wanted two or more sizes above 0, as 70,15,15.");
  }
  return ratios;
}
