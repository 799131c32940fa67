/**
 * @file `fovea evaluate luna16`: marks in CT scans, as the LUNA16 challenge measures them.
 */
import type { Command } from "commander";
import { wholeNumber } from "../option";

export interface Luna16CommandOptions {
  readonly annotations: string;
  readonly excluded: string;
  readonly seriesuids: string;
  readonly results: string;
  readonly bootstrap: number;
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea evaluate luna16 --annotations annotations.csv \\
    --excluded annotations_excluded.csv \\
    --seriesuids seriesuids.csv --results results.csv --json luna16.json`;

export function register(group: Command): void {
  group
    .command("luna16")
    .summary("marks in CT scans, as the LUNA16 challenge measures them")
    .description(
      "Marks in CT scans against nodules by the rules of the LUNA16 challenge: FROC, sensitivity at 1/8 to 8 false positives per scan with intervals, and their mean, the score (CPM).",
    )
    .requiredOption("--annotations <csv>", "nodules: seriesuid,coordX,coordY,coordZ,diameter_mm")
    .requiredOption("--excluded <csv>", "findings on which marks are neither right nor wrong, in the same columns")
    .requiredOption("--seriesuids <csv>", "scans that are evaluated, one a line")
    .requiredOption("--results <csv>", "marks: seriesuid,coordX,coordY,coordZ,probability")
    .option("--bootstrap <n>", "resamples of the intervals", wholeNumber(1, 100000), 1000)
    .option("--json <file>", "also write counts, curve and sensitivities to a JSON file")
    .addHelpText("after", EXAMPLES)
    .action(async (options: Luna16CommandOptions) => {
      const { runLuna16 } = await import("./run-luna16");
      await runLuna16(options);
    });
}
