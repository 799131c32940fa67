/**
 * @file `fovea export`: a model for other programs.
 */
import { type Command, Option } from "commander";
import { flagOption, type ImageSides, imageSides, wholeNumber } from "./option";

export interface ExportCommandOptions {
  readonly model: string;
  readonly format: "onnx";
  readonly imgsz: ImageSides;
  readonly batch: number;
  readonly dynamic: boolean;
  readonly half: boolean;
  readonly out: string;
}

const NOTES = `
The file holds the whole network with batch norms folded. Input images: (B, 3,
H, W), RGB in [0, 1], float32. Output output0: (B, 4 + classes, N), centre x,
centre y, width, height in pixels, then class probabilities, before non-maximum
suppression. It is loaded and compared with its source before it is written.
With --half weights and computation are float16; input and outputs stay float32,
so that it is fed like any other.

Examples:
  fovea export --model best.safetensors --out best.onnx
  fovea export --model best.safetensors --imgsz 480,640 --half --out half.onnx
  fovea export --model yolov8n.pt --dynamic --out yolov8n.onnx`;

export function register(program: Command): void {
  program
    .command("export")
    .summary("write a model for other programs")
    .description("Write a model as an ONNX file of standard operators.")
    .requiredOption("--model <file>", "weights (.safetensors, .pt, .onnx)")
    .requiredOption("--out <file>", "file to write")
    .addOption(new Option("--format <format>", "kind of file").choices(["onnx"]).default("onnx"))
    .addOption(
      new Option("--imgsz <px>", "side of the images, or height,width")
        .argParser(imageSides)
        .default({ height: 640, width: 640 }, "640"),
    )
    .option("--batch <n>", "images at once", wholeNumber(1, 4096), 1)
    .addOption(flagOption("dynamic", "leave batch, height and width open"))
    .addOption(flagOption("half", "compute in float16: half the size, less accurate"))
    .addHelpText("after", NOTES)
    .action(async (options: ExportCommandOptions) => {
      const { runExport } = await import("./run-export");
      await runExport(options);
    });
}
