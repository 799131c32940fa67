/**
 * @file `fovea info MODEL`: rows, parameters, operations and classes of a network.
 */
import type { Command } from "commander";
import { wholeNumber } from "./option";

export interface InfoOptions {
  readonly json?: boolean;
  readonly nc?: number;
  readonly imgsz: number;
}

const EXAMPLES = `
Examples:
  fovea info yolov8n
  fovea info yolov8n-p2 --nc 3
  fovea info runs/train/weights/best.safetensors --json`;

export function register(program: Command): void {
  program
    .command("info")
    .argument("<model>", "published name, model YAML, or file of weights (.safetensors, .pt, .onnx)")
    .summary("rows, parameters, operations and classes of a network")
    .description("Print the rows of a network, its parameters, GFLOPs, output strides and class names.")
    .option("--nc <n>", "classes of a published network or a model YAML", wholeNumber(1, 65536))
    .option("--imgsz <px>", "side of the image that operations are counted for", wholeNumber(32, 8192), 640)
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (model: string, options: InfoOptions) => {
      const { printInfo } = await import("./print-info");
      await printInfo(model, options);
    });
}
