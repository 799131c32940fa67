/**
 * @file `fovea batch`: folders of images to a table, reports and pictures.
 */
import { type Command, Option } from "commander";
import { flagOption, realNumber, wholeNumber } from "./option";

export interface BatchCommandOptions {
  readonly model: string;
  readonly out: string;
  readonly rules?: string;
  readonly classNames?: string;
  readonly lang?: "zh" | "en";
  readonly conf?: number;
  readonly iou: number;
  readonly imgsz?: number;
  readonly maxDet: number;
  readonly pictures: boolean;
  readonly html: boolean;
  readonly restart: boolean;
  readonly device: string;
  readonly threads?: number;
}

const EXAMPLES = `
Examples:
  fovea batch scans/ --model best.safetensors --out results
  fovea batch scans/ --model best.onnx --out results --rules rules.yaml \\
    --lang zh
  fovea batch ward1/ ward2/ --model best.onnx --out results --no-pictures

The folder of results holds results.csv, findings.json, statistics.json,
index.html, reports/ and annotated/. A file that cannot be read is named in its
place, and the others go on. A batch that was ended, by Ctrl-C or otherwise,
goes on where it stood when the same command is given again.`;

export function register(program: Command): void {
  program
    .command("batch")
    .summary("find lesions in folders: table, reports, pictures")
    .description(
      "Find lesions in folders of images and write a table, a report of each image, pictures and statistics.",
    )
    .argument("<in...>", "folders with all below them, files, patterns, or lists (.txt)")
    .requiredOption("--model <file>", "weights (.safetensors, .pt) or an exported model (.onnx)")
    .requiredOption("--out <dir>", "folder for the results")
    .optionsGroup("Reports:")
    .option("--rules <file>", "rule file (YAML): categories and suggestions")
    .option("--class-names <file>", "class names as reports show them (YAML)")
    .addOption(new Option("--lang <language>", "language of the reports (default: the system's)").choices(["zh", "en"]))
    .addOption(flagOption("pictures", "draw the findings", true))
    .addOption(flagOption("html", "write a page that shows everything", true))
    .addOption(new Option("--no-pictures").hideHelp())
    .addOption(new Option("--no-html").hideHelp())
    .addOption(flagOption("restart", "begin anew, whatever the folder holds of a former batch"))
    .optionsGroup("Detection:")
    .option(
      "--conf <x>",
      "findings below this confidence are left out (default: the model's operating point, or 0.25)",
      realNumber(0, 1),
    )
    .option("--iou <x>", "a box that overlaps a better one by more is left out", realNumber(0, 1), 0.7)
    .option(
      "--imgsz <px>",
      "longer side of the images for the network (default: as it was trained)",
      wholeNumber(1, 8192),
    )
    .option("--max-det <n>", "findings of one image at most", wholeNumber(1, 30000), 300)
    .optionsGroup("Machine:")
    .option("--device <name>", "cpu, cuda, cuda:1, tensorrt, webgpu, dml or coreml", "cpu")
    .option("--threads <n>", "threads in all (default: the processor's cores)", wholeNumber(1, 1024))
    .optionsGroup("Other:")
    .addHelpText("after", EXAMPLES)
    .action(async (inputs: readonly string[], options: BatchCommandOptions) => {
      const { runBatchCommand } = await import("./run-batch");
      await runBatchCommand(inputs, options);
    });
}
