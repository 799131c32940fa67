/**
 * @file The command line: `fovea COMMAND ...`.
 *
 * Starting cold is most of what a short command takes, so nothing heavy is imported here: each command's file only
 * declares its options, and loads what it does when it is asked to do it.
 */
import { Command } from "commander";
import { writeFailure } from "../data/atomic-write";
import { VERSION } from "../version";
import { register as audit } from "./audit";
import { register as augment } from "./augment";
import { register as batch } from "./batch";
import { register as compare } from "./compare";
import { register as data } from "./data";
import { register as demo } from "./demo";
import { register as dicom } from "./dicom";
import { register as doctor } from "./doctor";
import { register as evaluate } from "./evaluate";
import { register as exportModel } from "./export";
import { failure } from "./failure";
import { register as info } from "./info";
import { register as keys } from "./keys";
import { register as kfold } from "./kfold";
import { register as pacs } from "./pacs";
import { register as phantom } from "./phantom";
import { register as predict } from "./predict";
import { register as report } from "./report";
import { register as serve } from "./serve";
import { spelled } from "./spelling";
import { register as train } from "./train";
import { register as tune } from "./tune";
import { register as val } from "./val";

const EXAMPLES = `
Examples:
  fovea demo               everything once, on drawn radiographs
  fovea doctor             what this machine has and lacks
  fovea train --data lesions.yaml --model yolov8n.yaml
  fovea val --model runs/train/weights/best.safetensors --data lesions.yaml
  fovea predict --model best.safetensors --source images/ --out results

fovea COMMAND --help explains a command. Options may also be written as
name=value. For research use; not a medical device.`;

function program(): Command {
  const command = new Command("fovea")
    .description("Lesion detection in medical images: train, measure, deploy.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain the command")
    .option("--debug", "show where an error comes from")
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 })
    // What commander would say is said by `failure`, in the form of every other error.
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText("after", EXAMPLES);
  const commands = [
    train,
    val,
    evaluate,
    compare,
    kfold,
    tune,
    predict,
    report,
    batch,
    dicom,
    data,
    serve,
    pacs,
    augment,
    info,
    doctor,
    exportModel,
    phantom,
    audit,
    keys,
    demo,
  ];
  for (const register of commands) register(command);
  return command;
}

async function main(args: readonly string[]): Promise<void> {
  const debug = args.includes("--debug");
  const fail = (error: unknown) => {
    const { message, exitCode } = failure(error, { debug });
    if (message !== "") process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  };
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever reads our output may stop reading: `fovea info yolov8n | head`.
    if (error.code === "EPIPE") process.exit(0);
    fail(writeFailure("standard output", error));
    process.exit();
  });
  process.on("uncaughtException", (error) => {
    fail(error);
    process.exit();
  });
  const command = program();
  try {
    if (args.length === 0) command.outputHelp();
    else await command.parseAsync(spelled(args, command), { from: "user" });
  } catch (error) {
    fail(error);
  }
}

await main(process.argv.slice(2));
