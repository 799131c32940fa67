/**
 * @file `fovea data merge`: several data sets as one.
 */
import type { Command } from "commander";

export interface MergeOptions {
  readonly out: string;
  readonly images?: string;
  readonly json?: string;
}

const EXAMPLES = `
Classes are one by their name; ids are made anew where they clash. A picture in
two of the sets becomes one with the annotations of both, those that are the
same once. What clashed is told.

Examples:
  fovea data merge siteA.json siteB.json --out both.json
  fovea data merge train.json val.json lesions.yaml --out all/all.json`;

export function register(group: Command): void {
  group
    .command("merge")
    .summary("put several data sets together")
    .description("Put data sets of any formats together into one COCO file.")
    .argument("<data...>", "annotations of any format")
    .requiredOption("--out <json>", "COCO file for all")
    .option("--images <dir>", "folder of the pictures (default: looked for around the annotations)")
    .option("--json <file>", "write what was joined and what clashed as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (data: readonly string[], options: MergeOptions) => {
      const { runMerge } = await import("./run-merge");
      await runMerge(data, options);
    });
}
