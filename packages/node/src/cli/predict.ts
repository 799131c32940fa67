/**
 * @file `fovea predict`: a model looks for lesions in images.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { flagOption, realNumber, wholeNumber } from "./option";
import { fixedWindowOption } from "./window-option";

export interface PredictCommandOptions {
  readonly model: string;
  readonly source: readonly string[];
  readonly out: string;
  readonly imgsz?: number;
  readonly conf?: number;
  readonly iou: number;
  readonly maxDet: number;
  readonly classes?: readonly number[];
  readonly agnostic: boolean;
  readonly square: boolean;
  readonly window?: WindowOption;
  readonly device: string;
  readonly threads?: number;
  readonly lang?: "zh" | "en";
  readonly pictures: boolean;
  readonly html: boolean;
}

/** Centre and width in modality values. */
export interface WindowOption {
  readonly center: number;
  readonly width: number;
}

const EXAMPLES = `
Examples:
  fovea predict --model best.safetensors --source radiograph.dcm --out results
  fovea predict --model best.onnx --source images/ more/*.png --out results
  fovea predict --model best.safetensors --source ct/ --window -600,1500 \\
    --conf 0.4 --classes 0,2 --out results

The folder of results holds findings.json, findings.csv, index.html, annotated/
and sidebyside/. A file that cannot be read is named in the results, and the
others go on. Ctrl-C finishes the files at hand and writes what was found.`;

export function register(program: Command): void {
  program
    .command("predict")
    .summary("find lesions in images")
    .description("Find lesions in images: files, folders with all below them, patterns, lists of paths (.txt), DICOM.")
    .requiredOption("--model <file>", "weights (.safetensors, .pt) or an exported model (.onnx)")
    .requiredOption("--source <paths...>", "images, folders, patterns or lists")
    .requiredOption("--out <dir>", "folder for the results")
    .optionsGroup("Detection:")
    .option(
      "--imgsz <px>",
      "longer side of the images for the network (default: as it was trained)",
      wholeNumber(1, 8192),
    )
    .option(
      "--conf <x>",
      "findings below this confidence are left out (default: the model's operating point, or 0.25)",
      realNumber(0, 1),
    )
    .option("--iou <x>", "a box that overlaps a better one by more is left out", realNumber(0, 1), 0.7)
    .option("--max-det <n>", "findings of one image at most", wholeNumber(1, 30000), 300)
    .option("--classes <ids>", "class ids to look for, as 0,2 (default: all)", classIds)
    .addOption(flagOption("agnostic", "overlapping boxes of different classes: keep the better one only"))
    .addOption(flagOption("square", "pad images to squares, not to the next multiple of the stride only"))
    .option(
      "--window <w>",
      "for DICOM values: lung, bone ..., or centre and width; auto takes each file's own",
      fixedWindowOption,
    )
    .optionsGroup("Results:")
    .addOption(flagOption("pictures", "draw the findings, and the image beside them", true))
    .addOption(flagOption("html", "write a page that shows everything", true))
    .addOption(new Option("--no-pictures").hideHelp())
    .addOption(new Option("--no-html").hideHelp())
    .addOption(new Option("--lang <language>", "language of the summary (default: the system's)").choices(["zh", "en"]))
    .optionsGroup("Machine:")
    .option("--device <name>", "cpu, cuda, cuda:1, tensorrt, webgpu, dml or coreml", "cpu")
    .option("--threads <n>", "threads in all (default: the processor's cores)", wholeNumber(1, 1024))
    .optionsGroup("Other:")
    .addHelpText("after", EXAMPLES)
    .action(async (options: PredictCommandOptions) => {
      const { runPrediction } = await import("./run-predict");
      await runPrediction(options);
    });
}

function classIds(text: string): number[] {
  const ids = text.split(/[,\s]+/).filter((part) => part !== "");
  if (ids.length === 0 || !ids.every((id) => /^\d+$/.test(id))) {
    throw new InvalidArgumentError("Wanted class ids from 0 on, separated by commas.");
  }
  return ids.map(Number);
}
