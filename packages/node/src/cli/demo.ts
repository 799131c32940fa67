/**
 * @file `fovea demo`: the main job once, from images to findings.
 */
import type { Command } from "commander";
import { wholeNumber } from "./option";

export interface DemoOptions {
  readonly out: string;
  readonly seed: number;
  readonly data?: string;
  readonly model: string;
  readonly epochs?: number;
  readonly imgsz?: number;
  readonly device: string;
  readonly threads?: number;
  /** Port of the service; true: any. */
  readonly serve?: number | true;
}

const NOTES = `
Draws chest radiographs with nodules, masses and calcifications as DICOM files,
trains a small detector on them from scratch, measures it on radiographs it has
not seen, and finds lesions in some of those. It takes a few minutes on two
processors. With --data it does the same on images of your own; their data set
has train and val.

With --serve it then starts the service, for this machine alone, sends it by
DICOM the radiographs that training has not seen, prints the review page's
address and key, and stays until Ctrl-C. Its settings: service/fovea.yaml.

Exit code 1 if the detector is worse on the drawn radiographs than it must be:
then something is wrong here.

Examples:
  fovea demo
  fovea demo --serve
  fovea demo --seed 7 --out demo7
  fovea demo --data lesions.yaml --epochs 60 --imgsz 640`;

export function register(program: Command): void {
  program
    .command("demo")
    .summary("the main job once, on drawn radiographs or your own images")
    .description("Make or take images, train a detector, measure it, find lesions, show them on a page.")
    .option("--out <dir>", "folder for everything that is made", "demo")
    .option("--seed <n>", "another seed: other radiographs, other first weights", wholeNumber(0, 2 ** 32 - 1), 0)
    .option("--data <yaml>", "data set of your own, in place of drawn radiographs")
    .option("--model <model>", "published name, model YAML, or weights to start from", "yolov8n.yaml")
    .option("--epochs <n>", "passes over the training images (default: 11; with --data 60)", wholeNumber(1, 100_000))
    .option("--imgsz <px>", "side of the images for the network (default: 192; with --data 320)", wholeNumber(32, 8192))
    .option("--device <name>", "cpu, cuda, cuda:1, tensorrt, webgpu, dml or coreml", "cpu")
    .option("--threads <n>", "threads of the engine (default: the processor's cores)", wholeNumber(1, 1024))
    .option("--serve [port]", "start the service on them at the end; default: any port", wholeNumber(0, 65535))
    .addHelpText("after", NOTES)
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import("./run-demo");
      await runDemo(options);
    });
}
