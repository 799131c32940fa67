/**
 * @file `fovea evaluate froc`: how many lesions are found at so many false positives, and how sure that is.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { realNumber, wholeNumber } from "../option";

export interface FrocCommandOptions {
  readonly gt: string;
  readonly dt: string;
  readonly hit: "iou" | "centre" | "distance";
  readonly hitIou: number;
  readonly hitMm: number;
  readonly per: string;
  readonly topK?: number;
  readonly fp: readonly number[];
  readonly bootstrap: number;
  readonly by?: readonly string[];
  readonly columns?: string;
  readonly operatingPoint?: string;
  readonly model?: string;
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea evaluate froc --gt gt.json --dt results.json --json froc.json
  fovea evaluate froc --gt gt.json --dt results.json --hit distance --hit-mm 5 \\
    --per patient
  fovea evaluate froc --gt gt.json --dt results.json --columns cases.csv \\
    --by site,sex,age
  fovea evaluate froc --gt val.json --dt val-found.json \\
    --operating-point "fp<=0.5" --model best.safetensors

With --operating-point and --model the confidence is kept in the model, and
predict uses it.`;

export function register(group: Command): void {
  group
    .command("froc")
    .summary("lesions found at so many false positives, with intervals")
    .description(
      "FROC: the share of the lesions that is found at given false positives per image, patient or other column, of all, of each class, size and subgroup, with bootstrap intervals; ROC of cases; an operating point.",
    )
    .requiredOption("--gt <path>", "the truth: COCO JSON, data YAML, or another annotation format")
    .requiredOption("--dt <path>", "what was detected: COCO results, or annotations that have scores")
    .addOption(
      new Option("--hit <rule>", "boxes overlap, the detection's centre lies in the lesion, or centres lie near")
        .choices(["iou", "centre", "distance"])
        .default("iou"),
    )
    .option("--hit-iou <x>", "least overlap of a hit", realNumber(0.01, 1), 0.5)
    .option("--hit-mm <mm>", "greatest distance of a hit, millimetres", realNumber(0.001, 1000), 5)
    .option("--per <what>", "what is read at once: image, patient, or a column", "image")
    .option(
      "--top-k <n>",
      "detections of a scan that count at most (default: all of its images' 100 most confident)",
      wholeNumber(1, 100000),
    )
    .option("--fp <list>", "false positives to read the curve at", numbers, [0.125, 0.25, 0.5, 1, 2, 4, 8])
    .option("--bootstrap <n>", "resamples of the intervals", wholeNumber(1, 100000), 1000)
    .option("--by <columns>", "subgroups by these columns, as site,sex,age", (text) => text.split(","))
    .option("--columns <csv>", "table of what is known of images, with a column image")
    .option("--operating-point <rule>", "choose a confidence: fp<=0.5, sensitivity>=0.9, f1 or youden")
    .option("--model <file>", "keep the operating point in this model (.safetensors)")
    .option("--json <file>", "also write everything to a JSON file")
    .addHelpText("after", EXAMPLES)
    .action(async (options: FrocCommandOptions) => {
      const { runFroc } = await import("./run-froc");
      await runFroc(options);
    });
}

function numbers(text: string): number[] {
  const list = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (list.every((value) => value >= 0)) return list;
  throw new InvalidArgumentError("Wanted numbers of 0 or more, as 0.125,1,8.");
}
