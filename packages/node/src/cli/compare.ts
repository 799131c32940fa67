/**
 * @file `fovea compare`: two detectors on the same images.
 */
import { type Command, Option } from "commander";
import { realNumber, wholeNumber } from "./option";

export interface CompareOptions {
  readonly a: string;
  readonly b: string;
  readonly gt: string;
  readonly hit: "iou" | "centre" | "distance";
  readonly hitIou: number;
  readonly hitMm: number;
  readonly bootstrap: number;
  readonly lang: "en" | "zh";
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea compare --a old.json --b new.json --gt gt.json --json comparison.json
  fovea compare --a a.json --b b.json --gt lesions.json --hit centre --lang zh`;

export function register(program: Command): void {
  program
    .command("compare")
    .summary("two detectors on the same images")
    .description(
      "Detections of two models against the same truth: differences in sensitivity, CPM, AUC and AP50 with paired intervals, p values, an effect size, and a plain sentence.",
    )
    .requiredOption("--a <path>", "detections of A: COCO results, or annotations that have scores")
    .requiredOption("--b <path>", "detections of B")
    .requiredOption("--gt <path>", "the truth")
    .addOption(new Option("--hit <rule>", "what a hit is").choices(["iou", "centre", "distance"]).default("iou"))
    .option("--hit-iou <x>", "least overlap of a hit", realNumber(0.01, 1), 0.5)
    .option("--hit-mm <mm>", "greatest distance of a hit, millimetres", realNumber(0.001, 1000), 5)
    .option("--bootstrap <n>", "resamples", wholeNumber(1, 100000), 1000)
    .addOption(new Option("--lang <language>", "language of the sentence").choices(["en", "zh"]).default("en"))
    .option("--json <file>", "also write the comparison to a JSON file")
    .addHelpText("after", EXAMPLES)
    .action(async (options: CompareOptions) => {
      const { runCompare } = await import("./run-compare");
      await runCompare(options);
    });
}
