/**
 * @file `fovea train`: the options of a training run, from the one table of training arguments.
 */
import {
  ARGUMENT_GROUPS,
  ARGUMENT_NAMES,
  type Argument,
  type ArgumentName,
  RUN_ARGUMENTS,
  TRAINING_ARGUMENTS,
} from "@fovea/core/recipe/argument-table";
import { type Command, Option } from "commander";
import { collectOptions } from "./training-options";

/** What the command line says, still as text. */
export interface TrainOptions {
  /** A recipe's YAML; what the command line says counts before it. */
  readonly cfg?: string;
  readonly data?: string;
  readonly model?: string;
  readonly weights?: string;
  readonly project?: string;
  readonly name?: string;
  readonly on_problem?: string;
  readonly resume?: string;
  /** Port of the live page, `true` for a free one. */
  readonly watch?: string;
  /** Training arguments, by name. */
  readonly arguments: Readonly<Record<string, string>>;
}

const EXAMPLES = `
Options may also be written as users of the public YOLO tools know them:
epochs=60 imgsz=320 close_mosaic=5

Examples:
  fovea train --data lesions.yaml --model yolov8n.yaml --epochs 60 --imgsz 320
  fovea train --data lesions.yaml --model yolov8n.pt --freeze 10 --name ct
  fovea train --data lesions.yaml --model own.yaml --weights yolov8n.pt
  fovea train data=lesions.yaml model=yolo12n.yaml epochs=60 batch=8
  fovea train data=lesions.yaml model=yolov8n.pt stages=progressive
  fovea train data=lesions.yaml model=yolov8n.pt lr="{backbone: 1e-5}"
  fovea train --cfg recipe.yaml --name second
  fovea train --resume runs/train
  fovea train --data lesions.yaml --model yolov8n.pt --watch

Ctrl-C finishes the step, saves the run and tells how to go on; a second one
ends at once.`;

/** Options that are no training arguments. */
const OWN = ["cfg", "watch", ...Object.keys(RUN_ARGUMENTS)];

export function register(program: Command): void {
  const command = program
    .command("train")
    .summary("train a detector")
    .usage("--data <yaml> --model <model> [options] [argument=value ...]")
    .description("Train a detector on labelled images, from scratch or from weights.")
    .argument("[arguments...]", "arguments as name=value")
    .optionsGroup("What to train on:")
    .option("--cfg <yaml>", "recipe: a YAML of these arguments; those given here count before it")
    .option("--data <yaml>", RUN_ARGUMENTS.data)
    .option("--model <model>", RUN_ARGUMENTS.model)
    .option("--weights <file>", RUN_ARGUMENTS.weights)
    .addOption(
      new Option("--on-problem <what>", "broken images and labels: leave them out, or refuse to train")
        .choices(["skip", "refuse"])
        .default("skip"),
    )
    .option("--project <dir>", RUN_ARGUMENTS.project)
    .option("--name <name>", RUN_ARGUMENTS.name)
    .option("--resume <run>", RUN_ARGUMENTS.resume)
    .option("--watch [port]", "show the report while it grows, to a browser on this machine only");
  for (const group of ARGUMENT_GROUPS) {
    command.optionsGroup(`${group}:`);
    const names = ARGUMENT_NAMES.filter((name) => TRAINING_ARGUMENTS[name].group === group);
    for (const name of names) command.addOption(argumentOption(name));
  }
  command
    .optionsGroup("Other:")
    .addHelpText("after", EXAMPLES)
    .action(async (operands: readonly string[]) => {
      const { runTraining } = await import("./run-train");
      const { own, arguments: given } = collectOptions(command, operands, OWN);
      await runTraining({ ...own, arguments: given });
    });
}

const PLACEHOLDERS: Readonly<Record<Argument["type"], string>> = {
  ...{ flag: "[true|false]", choice: "<name>", text: "<text>", number: "<x>", integer: "<n>" },
  ...{ stages: "<yaml>", rates: "<yaml>", transforms: "<yaml>", swap: "<yaml>" },
};

/** `--close_mosaic`, or `--close-mosaic`, of one row of the table. */
function argumentOption(name: ArgumentName): Option {
  const argument: Argument = TRAINING_ARGUMENTS[name];
  const value = PLACEHOLDERS[argument.type];
  const choices = argument.type === "choice" ? ` (${argument.choices.join(", ")})` : "";
  // Only what was given is passed on, so the default is told, not set.
  const usual = argument.default === null ? "none" : argument.default;
  return new Option(`--${name} ${value}`, `${argument.meaning}${choices} (default: ${usual})`);
}
