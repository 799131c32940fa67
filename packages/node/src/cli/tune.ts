/**
 * @file `fovea tune`: a search over training arguments.
 */
import type { Command } from "commander";
import { addTrainingOptions, collectOptions } from "./training-options";

const OWN = ["data", "model", "weights", "iterations", "space", "project", "name", "on_problem"] as const;

const EXAMPLES = `
Training arguments are those of fovea train, for every trial:
epochs=20 imgsz=320.
The first trial is that of the arguments as they are. Trials that are done are
kept: the same command, with more --iterations too, goes on where it stopped.

A space names arguments and what to draw from:
  lr0: [0.0001, 0.02]            # rates evenly in their logarithm
  box: { min: 3, max: 12, scale: log }
  optimizer: [SGD, AdamW]
  batch: { choices: [8, 16] }

Examples:
  fovea tune --data ct.yaml --model yolov8n.pt --iterations 30 --epochs 15
  fovea tune --data ct.yaml --model yolov8n.pt --space space.yaml --monitor froc`;

export function register(program: Command): void {
  const command = program
    .command("tune")
    .summary("search for good training arguments")
    .usage("--data <yaml> --model <model> [options] [argument=value ...]")
    .description("Search for good training arguments: short runs at random points, the best at the top of a table.")
    .argument("[arguments...]", "arguments as name=value")
    .option("--data <yaml>", "data set")
    .option("--model <model>", "published name, model YAML, or weights (.pt, .safetensors, .onnx) to go on from")
    .option("--weights <file>", "weights to start from where --model is an architecture")
    .option("--iterations <n>", "trials in all (default: 20)")
    .option("--space <yaml>", "arguments to vary and their ranges (default: rates, losses, mild augmentation)")
    .option("--monitor <name>", "what counts: fitness, map50, map5095, froc or sensitivity@1 (default: fitness)")
    .option("--project <dir>", "folder of runs (default: runs)")
    .option("--name <name>", "folder of this search (default: tune)")
    .option("--on-problem <what>", "broken images and labels: skip, or refuse (default: skip)")
    .addHelpText("after", EXAMPLES);
  addTrainingOptions(command);
  command.action(async (operands: readonly string[]) => {
    const { runTune } = await import("./run-tune");
    await runTune(collectOptions(command, operands, OWN));
  });
}
