/**
 * @file `fovea train`: the options of a training run, from the one table of training arguments.
 */
import { type Argument, type ArgumentName, TRAINING_ARGUMENTS } from "@fovea/core/nn/training-arguments";
import { type Command, Option } from "commander";

/** What the command line says, still as text. */
export interface TrainOptions {
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

/** How `--help` groups the arguments; each stands in one group. */
export const ARGUMENT_GROUPS: Readonly<Record<string, readonly ArgumentName[]>> = {
  "Length and size:": ["epochs", "patience", "batch", "imgsz", "nbs"],
  "Optimiser:": [
    ...(["optimizer", "lr0", "lrf", "cos_lr", "momentum", "weight_decay", "clip"] as const),
    ...(["warmup_epochs", "warmup_momentum", "warmup_bias_lr"] as const),
  ],
  "Loss:": ["box", "cls", "dfl"],
  "What is trained:": ["freeze", "single_cls", "fraction", "seed"],
  "Augmentation:": [
    ...(["mosaic", "close_mosaic", "degrees", "translate", "scale", "shear", "flipud", "fliplr"] as const),
    ...(["hsv_h", "hsv_s", "hsv_v"] as const),
  ],
  "Machine:": ["device", "threads", "workers", "cache"],
  "Results:": ["val", "plots", "save_period", "exist_ok"],
};

const EXAMPLES = `
Options may also be written as users of the public YOLO tools know them:
epochs=60 imgsz=320 close_mosaic=5

Examples:
  fovea train --data lesions.yaml --model yolov8n.yaml --epochs 60 --imgsz 320
  fovea train --data lesions.yaml --model yolov8n.pt --freeze 10 --name ct
  fovea train --data lesions.yaml --model own.yaml --weights yolov8n.pt
  fovea train data=lesions.yaml model=yolo12n.yaml epochs=60 batch=8
  fovea train --resume runs/train
  fovea train --data lesions.yaml --model yolov8n.pt --watch

Ctrl-C finishes the step, saves the run and tells how to go on; a second one
ends at once.`;

/** Options that are no training arguments. */
const OWN = ["data", "model", "weights", "project", "name", "on_problem", "resume", "watch"] as const;

export function register(program: Command): void {
  const command = program
    .command("train")
    .summary("train a detector")
    .usage("--data <yaml> --model <model> [options] [argument=value ...]")
    .description("Train a detector on labelled images, from scratch or from weights.")
    .argument("[arguments...]", "arguments as name=value")
    .optionsGroup("What to train on:")
    .option("--data <yaml>", "data set: path, train, val, names")
    .option("--model <model>", "published name, model YAML, or weights (.pt, .safetensors, .onnx) to go on from")
    .option("--weights <file>", "weights to start from where --model is an architecture")
    .addOption(
      new Option("--on-problem <what>", "broken images and labels: leave them out, or refuse to train")
        .choices(["skip", "refuse"])
        .default("skip"),
    )
    .option("--project <dir>", "folder of runs", "runs")
    .option("--name <name>", "name of this run's folder", "train")
    .option("--resume <run>", "go on with an interrupted run: its folder")
    .option("--watch [port]", "show the report while it grows, to a browser on this machine only");
  for (const [heading, names] of Object.entries(ARGUMENT_GROUPS)) {
    command.optionsGroup(heading);
    for (const name of names) command.addOption(argumentOption(name));
  }
  command
    .optionsGroup("Other:")
    .addHelpText("after", EXAMPLES)
    .action(async (operands: readonly string[]) => {
      const { runTraining } = await import("./run-train");
      await runTraining(collect(command, operands));
    });
}

/** `--close_mosaic`, or `--close-mosaic`, of one row of the table. */
function argumentOption(name: ArgumentName): Option {
  const argument: Argument = TRAINING_ARGUMENTS[name];
  const value = { flag: "[true|false]", choice: "<name>", text: "<text>", number: "<x>", integer: "<n>" }[
    argument.type
  ];
  const choices = argument.type === "choice" ? ` (${argument.choices.join(", ")})` : "";
  // Only what was given is passed on, so the default is told, not set.
  return new Option(`--${name} ${value}`, `${argument.meaning}${choices} (default: ${argument.default})`);
}

/** Options and `name=value` operands as one; what is written last counts. */
function collect(command: Command, operands: readonly string[]): TrainOptions {
  const own: Record<string, string> = {};
  const given: Record<string, string> = {};
  const take = (name: string, value: string) => {
    if ((OWN as readonly string[]).includes(name)) own[name] = value;
    else given[name] = value;
  };
  for (const [attribute, value] of Object.entries(command.opts<Readonly<Record<string, string | boolean>>>())) {
    if (command.getOptionValueSource(attribute) === "default") continue;
    take(attribute === "onProblem" ? "on_problem" : attribute, String(value));
  }
  for (const operand of operands) {
    const match = /^([A-Za-z]\w*)=(.*)$/s.exec(operand);
    if (!match) {
      command.error(`error: unexpected "${operand}"; arguments are written --name value or name=value`, {
        code: "commander.invalidArgument",
      });
    }
    take(match[1], match[2]);
  }
  return { ...own, arguments: given };
}
