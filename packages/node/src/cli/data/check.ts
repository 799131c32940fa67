/**
 * @file `fovea data check`: what may be wrong in a data set.
 */
import { type Command, Option } from "commander";
import { realNumber, wholeNumber } from "../option";

export interface CheckOptions {
  readonly images?: string;
  readonly by: string;
  readonly patients?: string;
  readonly model?: string;
  readonly imgsz?: number;
  readonly conf: number;
  readonly device: string;
  readonly threads?: number;
  readonly hashBits: number;
  readonly json?: string;
  readonly html?: string;
  readonly pictures: number;
  readonly failOn: "leakage" | "error" | "warning";
  readonly lang?: "zh" | "en";
}

const EXAMPLES = `
Each of several files is a part (train, val ...), named after its file; a data
YAML names its parts itself. A patient or an image in several parts is refused:
exit code 1 (--fail-on). A folder of pictures without annotations counts as
unlabelled.

Two pictures are near-duplicates if their 64-bit perceptual hashes differ in
--hash-bits at most and their 32 x 32 grey values correlate by 0.97 or more.

Examples:
  fovea data check lesions.yaml --html check.html
  fovea data check train.json val.json --patients who.csv --json check.json
  fovea data check lesions.yaml --model best.safetensors --html check/`;

export function register(group: Command): void {
  group
    .command("check")
    .summary("find what may be wrong in a data set")
    .description(
      "Look for boxes, labels, pictures and parts that cannot be right: degenerate and doubled boxes, broken files, near-duplicates, patients in several parts, forgotten labels.",
    )
    .argument("<data...>", "annotations of any format: data YAML, COCO, folders ...")
    .option("--images <dir>", "folder of the pictures (default: looked for around the annotations)")
    .optionsGroup("Patients:")
    .option(
      "--by <who>",
      "patient: from attributes, DICOM, --patients or names such as patient12_3.png; an attribute; a regular expression on the file's name; or image",
      "patient",
    )
    .option("--patients <csv>", "table with the columns image,patient")
    .optionsGroup("A model's help:")
    .option("--model <file>", "trained weights (.safetensors, .pt) or an exported model (.onnx)")
    .option("--imgsz <px>", "longer side of the images for it (default: as it was trained)", wholeNumber(32, 8192))
    .option("--conf <x>", "its findings from this confidence on count against the labels", realNumber(0, 1), 0.5)
    .option("--device <name>", "cpu, cuda, cuda:1, tensorrt, webgpu, dml or coreml", "cpu")
    .option("--threads <n>", "threads in all (default: the processor's cores)", wholeNumber(1, 1024))
    .optionsGroup("Near-duplicates:")
    .option("--hash-bits <n>", "bits of 64 in which their hashes may differ", wholeNumber(0, 7), 6)
    .optionsGroup("Results:")
    .option("--json <file>", "write all findings as JSON")
    .option("--html <path>", "write a page with pictures: a file, or a folder for index.html")
    .option("--pictures <n>", "findings of one kind that the page shows in pictures", wholeNumber(0, 200), 24)
    .addOption(
      new Option("--fail-on <what>", "exit code 1 from this on; leakage: a patient or an image in several parts")
        .choices(["leakage", "error", "warning"])
        .default("leakage"),
    )
    .addOption(new Option("--lang <language>", "language of the page (default: the system's)").choices(["zh", "en"]))
    .optionsGroup("Other:")
    .addHelpText("after", EXAMPLES)
    .action(async (data: readonly string[], options: CheckOptions) => {
      const { runCheck } = await import("./run-check");
      await runCheck(data, options);
    });
}
