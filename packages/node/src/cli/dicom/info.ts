/**
 * @file `fovea dicom info`: what is in a file, or which series are in a folder.
 */
import type { Command } from "commander";

export interface DicomInfoOptions {
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea dicom info slice.dcm
  fovea dicom info study/ --json study.json

Of a file: pixels, window, spacing, and what fovea makes of it. Of a folder: its
series, sorted by where slices lie, with gaps, duplicates, a tilted gantry and
mixed kinds of slices. Names of patients are not shown; identifiers are.`;

export function register(group: Command): void {
  group
    .command("info")
    .summary("what is in a file, or which series are in a folder")
    .description("Say what is in a DICOM file, or which series are in folders and what is odd about them.")
    .argument("<path...>", "a DICOM file, or folders with all below them")
    .option("--json <file>", "also write all of it as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (paths: string[], options: DicomInfoOptions) => {
      const { runInfo } = await import("./run-info");
      await runInfo(paths, options);
    });
}
