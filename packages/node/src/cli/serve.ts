/**
 * @file `fovea serve`: the service.
 */
import { type Command, Option } from "commander";
import { wholeNumber } from "./option";

export interface ServeCommandOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly dimsePort?: number;
  readonly ae?: string;
  readonly model?: readonly string[];
  readonly rules?: string;
  readonly dataDir?: string;
  /** False if `--no-auth` was given. */
  readonly auth: boolean;
  readonly lang?: "zh" | "en";
  readonly log: "debug" | "info" | "warn" | "error" | "silent";
}

const EXAMPLES = `
Examples:
  fovea serve --model best.onnx
  fovea serve --model best.onnx --dimse-port 11112 --ae FOVEA
  fovea serve --config fovea.yaml --data-dir /var/lib/fovea

Only this machine can reach it unless --host or the file says otherwise. The
first start prints the key of an administrator, once. Images that arrive by
DICOM are analysed, and results sent, as fovea.yaml says. DATABASE_URL names a
PostgreSQL; without it the record lies in the data folder. Ctrl-C finishes what
was accepted and ends; what takes longer goes on at the next start.`;

export function register(program: Command): void {
  program
    .command("serve")
    .summary("the service: HTTP, DICOM, review page")
    .description("Serve models over HTTP, receive images from a PACS, send results back, keep the record.")
    .option("--config <file>", "settings (fovea.yaml); flags count before them")
    .optionsGroup("HTTP:")
    .option("--host <address>", "address to listen on (default: 127.0.0.1)")
    .option("--port <n>", "port to listen on; 0: any (default: 8042)", wholeNumber(0, 65535))
    .option("--no-auth", "whoever reaches it may do everything; on loopback only")
    .optionsGroup("DICOM:")
    .option("--dimse-port <n>", "receive C-STORE on this port; 0: any", wholeNumber(0, 65535))
    .option("--ae <title>", "AE title to receive under (default: FOVEA)")
    .optionsGroup("Analysis:")
    .option("--model <files...>", "weights (.safetensors, .pt) or exported models (.onnx)")
    .option("--rules <file>", "rule file (YAML): categories and suggestions")
    .addOption(
      new Option("--lang <language>", "language of DICOM reports (default: the system's)").choices(["zh", "en"]),
    )
    .optionsGroup("Machine:")
    .option("--data-dir <dir>", "database, images, keys (default: fovea-data)")
    .addOption(
      new Option("--log <level>", "what the log says")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info"),
    )
    .optionsGroup("Other:")
    .addHelpText("after", EXAMPLES)
    .action(async (options: ServeCommandOptions) => {
      const { runService } = await import("./run-serve");
      await runService(options);
    });
}
