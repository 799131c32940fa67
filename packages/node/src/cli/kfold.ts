/**
 * @file `fovea kfold`: cross-validation.
 */
import type { Command } from "commander";
import { addTrainingOptions, collectOptions } from "./training-options";

const OWN = ["data", "model", "weights", "k", "by", "patients", "project", "name", "on_problem"] as const;

const EXAMPLES = `
Training arguments are those of fovea train: epochs=60 imgsz=320 or --epochs 60.
Folds that are done are kept: the same command goes on where it stopped.

Examples:
  fovea kfold --data ct.yaml --model yolov8n.yaml --k 5 --epochs 60 --imgsz 320
  fovea kfold --data ct.yaml --model yolov8n.pt --by patient
  fovea kfold --data ct.yaml --model yolov8n.pt --by patient --patients who.csv
  fovea kfold --data ct.yaml --model yolov8n.pt --by "^([^_]+)_"`;

export function register(program: Command): void {
  const command = program
    .command("kfold")
    .summary("cross-validate: train k times, measure on each part")
    .usage("--data <yaml> --model <model> [options] [argument=value ...]")
    .description(
      "Split the training images in k folds, train k times on all but one, measure on that one. All images of a patient stand in one fold.",
    )
    .argument("[arguments...]", "arguments as name=value")
    .option("--data <yaml>", "data set; its part train is split")
    .option("--model <model>", "published name, model YAML, or weights (.pt, .safetensors, .onnx) to go on from")
    .option("--weights <file>", "weights to start from where --model is an architecture")
    .option("--k <n>", "folds (default: 5)")
    .option(
      "--by <who>",
      "image: each for itself; patient: from --patients, DICOM or names such as patient12_3.png; or a regular expression on the file's name, whose first group is the patient (default: image)",
    )
    .option("--patients <csv>", "table with the columns image,patient, for --by patient")
    .option("--project <dir>", "folder of runs (default: runs)")
    .option("--name <name>", "folder of this series (default: kfold)")
    .option("--on-problem <what>", "broken images and labels: skip, or refuse (default: skip)")
    .addHelpText("after", EXAMPLES);
  addTrainingOptions(command);
  command.action(async (operands: readonly string[]) => {
    const { runKfold } = await import("./run-kfold");
    await runKfold(collectOptions(command, operands, OWN));
  });
}
