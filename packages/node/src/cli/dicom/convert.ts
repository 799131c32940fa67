/**
 * @file `fovea dicom convert`: DICOM files to pictures or arrays, whole trees at a time.
 */
import type { WindowChoice } from "@fovea/core/dicom/window-preset";
import { type Command, InvalidArgumentError, Option } from "commander";
import { flagOption, wholeNumber } from "../option";
import { windowsOption } from "../window-option";

export interface ConvertCommandOptions {
  readonly out: string;
  readonly window?: readonly WindowChoice[] | "values";
  readonly format: "png" | "jpeg" | "npy";
  readonly depth?: 8 | 16;
  readonly frames: "all" | "first" | number;
  readonly quality: number;
  readonly volume: boolean;
  readonly workers?: number;
  readonly json?: string;
}

const EXAMPLES = `
Windows: auto (the file's own window or VOI LUT, else one that fits its values),
percentile or percentile:1 (all but 1 % of the values at either end), a preset
for CT (lung, mediastinum, bone, brain, stroke, subdural, temporal-bone,
soft-tissue, abdomen, liver, spine, angio), or centre and width, -600,1500.
Three joined by + become red, green and blue. values keeps what was measured,
for --depth 16 and --format npy, where it is the default.

Examples:
  fovea dicom convert ct/ --out pictures --window lung
  fovea dicom convert ct/ --out pictures --window lung+mediastinum+bone
  fovea dicom convert archive/ --out deep --depth 16 --frames first
  fovea dicom convert ct/ --out arrays --format npy --volume

The output mirrors the tree. conversion.csv says what became of each file;
pictures.jsonl holds spacing, position and origin of each picture. Run again
to go on after Ctrl-C: what is done and unchanged is left alone.`;

export function register(group: Command): void {
  group
    .command("convert")
    .summary("DICOM files to PNG, JPEG or NumPy arrays")
    .description(
      "Convert DICOM files, and folders with all below them, to pictures or arrays with what is known of them.",
    )
    .argument("<in...>", "DICOM files and folders")
    .requiredOption("--out <dir>", "folder for the pictures")
    .optionsGroup("Pixels:")
    .option("--window <w>", "windows, see below (default: auto, or values where they fit)", windowsOption)
    .addOption(new Option("--format <f>", "of the pictures").choices(["png", "jpeg", "npy"]).default("png"))
    .option("--depth <bits>", "8 or 16 bits for a value (default: 8; float32 for npy)", depthOption)
    .option("--frames <which>", "all, first, or the number of one, counted from 0", framesOption, "all")
    .option("--quality <q>", "of JPEG", wholeNumber(1, 100), 95)
    .addOption(flagOption("volume", "also write each series as one array, slices in order"))
    .optionsGroup("Machine:")
    .option("--workers <n>", "files at once (default: the processor's cores)", wholeNumber(1, 256))
    .optionsGroup("Other:")
    .option("--json <file>", "also write the summary")
    .addHelpText("after", EXAMPLES)
    .action(async (inputs: string[], options: ConvertCommandOptions) => {
      const { runConvert } = await import("./run-convert");
      await runConvert(inputs, options);
    });
}

function depthOption(text: string): 8 | 16 {
  if (text === "8") return 8;
  if (text === "16") return 16;
  throw new InvalidArgumentError("Wanted 8 or 16.");
}

function framesOption(text: string): "all" | "first" | number {
  if (text === "all" || text === "first") return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Wanted all, first, or the number of a frame, counted from 0.");
}
