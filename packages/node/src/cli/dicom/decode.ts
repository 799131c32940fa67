/**
 * @file `fovea dicom decode`: stored pixel values as they are.
 */
import type { Command } from "commander";
import { wholeNumber } from "../option";

export interface DecodeOptions {
  readonly raw: string;
  readonly frame?: number;
  readonly json?: string;
}

const EXAMPLES = `
Examples:
  fovea dicom decode slice.dcm --raw slice.raw
  fovea dicom decode cine.dcm --raw frame3.raw --frame 3 --json frame3.json

Values are what the file stores, before rescale, window and palette: bits
allocated for each sample, little endian, rows from the top. Frames stored
uncompressed keep their layout; compressed colour leaves as red, green, blue
(or Y, Cb, Cr) side by side.`;

export function register(group: Command): void {
  group
    .command("decode")
    .summary("the stored pixel values of a file, as bytes")
    .description("Write the stored pixel values of a DICOM file, decompressed, as GDCM and DCMTK write them.")
    .argument("<file>", "DICOM file")
    .requiredOption("--raw <file>", "where the bytes go")
    .option("--frame <n>", "one frame, counted from 0 (default: all, one after another)", wholeNumber(0))
    .option("--json <file>", "also write how the bytes lie")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: DecodeOptions) => {
      const { runDecode } = await import("./run-decode");
      await runDecode(file, options);
    });
}
