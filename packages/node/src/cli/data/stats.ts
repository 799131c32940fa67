/**
 * @file `fovea data stats`: what a data set holds.
 */
import type { Command } from "commander";

export interface StatsOptions {
  readonly images?: string;
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea data stats lesions.yaml
  fovea data stats train.json val.json --json stats.json`;

export function register(group: Command): void {
  group
    .command("stats")
    .summary("count classes, sizes and positions in a data set")
    .description(
      "Count classes, images and boxes, sizes in pixels and (where the spacing is known) in millimetres, shapes and positions, by part and by attribute.",
    )
    .argument("<data...>", "annotations of any format; each of several is a part")
    .option("--images <dir>", "folder of the pictures (default: looked for around the annotations)")
    .option("--json <file>", "write all figures as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (data: readonly string[], options: StatsOptions) => {
      const { runStats } = await import("./run-stats");
      await runStats(data, options);
    });
}
