/**
 * @file `fovea val`: a model measured on labelled images.
 */
import { type Command, Option } from "commander";
import { flagOption, realNumber, wholeNumber } from "./option";
import { addReportOptions, REPORT_FILES, type ReportOptions } from "./report-options";

export interface ValOptions extends ReportOptions {
  readonly model: string;
  readonly data: string;
  readonly split: string;
  readonly imgsz?: number;
  readonly batch: number;
  readonly rect: boolean;
  readonly singleCls: boolean;
  readonly conf: number;
  readonly iou: number;
  readonly hit: "iou" | "centre";
  readonly hitIou: number;
  readonly device: string;
  readonly threads?: number;
  readonly json?: string;
  readonly plots?: string;
  readonly save?: boolean;
}

const EXAMPLES = `${REPORT_FILES}

Examples:
  fovea val --model runs/train/weights/best.safetensors --data lesions.yaml
  fovea val --model best.pt --data lesions.yaml --json val.json --plots val
  fovea val --model best.pt --data nodules.yaml --hit-iou 0.2 --plots val
  fovea val --model best.pt --data lesions.yaml --report report --lang en \\
    --operating-point "fp<=0.5"
  fovea val --model best.safetensors --data lesions.yaml --report report \\
    --operating-point "fp<=0.5" --save
  fovea val model=best.onnx data=lesions.yaml split=test imgsz=320`;

export function register(program: Command): void {
  const command = program
    .command("val")
    .summary("measure a model on labelled images")
    .description(
      "Measure a model on labelled images: precision, recall and average precision of each class, and how many lesions of each class and size it finds at one false positive per image.",
    )
    .requiredOption("--model <file>", "weights (.safetensors, .pt, .onnx)")
    .requiredOption("--data <yaml>", "data set")
    .option("--split <part>", "part of the data set: val, test, train", "val")
    .option("--imgsz <px>", "side of the images (default: as it was trained)", wholeNumber(32, 8192))
    .option("--batch <n>", "images in a batch", wholeNumber(1, 4096), 16)
    .addOption(flagOption("rect", "batches of like proportions with little margin, instead of squares"))
    .addOption(flagOption("single-cls", "take all classes for one, for models that were trained so"))
    .option("--conf <x>", "detections below this confidence are not looked at", realNumber(0, 1), 0.001)
    .option("--iou <x>", "a box that overlaps a better one by more is dropped", realNumber(0, 1), 0.7)
    .addOption(
      new Option("--hit <rule>", "sensitivity: boxes overlap, or the detection's centre lies in the lesion")
        .choices(["iou", "centre"])
        .default("iou"),
    )
    .option(
      "--hit-iou <x>",
      "sensitivity: least overlap of a hit; small lesions often 0.1 to 0.3",
      realNumber(0.01, 1),
      0.5,
    )
    .option("--device <name>", "cpu, cuda, cuda:1, tensorrt, webgpu, dml or coreml", "cpu")
    .option("--threads <n>", "threads of the engine (default: the processor's cores)", wholeNumber(1, 1024))
    .option("--json <file>", "also write the measures to a JSON file")
    .option("--plots <dir>", "also draw curves, FROC and confusion matrix into this folder")
    .option("--report <dir>", "also write a report into this folder: page, one-page summary, JSON, CSV")
    .option("--save", "report: keep the operating point in the model (.safetensors), for predict to use");
  addReportOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (options: ValOptions) => {
      const { runValidation } = await import("./run-val");
      await runValidation(options);
    });
}
