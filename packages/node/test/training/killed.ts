/**
 * @file A training run in a process of its own that is killed without warning at random moments, and resumed until done.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "@fovea/core/math/random";
import type { StateDict } from "@fovea/core/nn/weights/state";
import { readCheckpoint } from "../../src/data/weights-file";
import type { TrainRequest } from "../../src/train/train";
import type { Bundle } from "./bundled";

const SCRIPT = `
  const { train, resumeTraining } = await import(process.argv[1]);
  const { request, folder } = JSON.parse(process.argv[2]);
  let done = 0;
  const events = { onBatch: () => console.log(++done) };
  await (folder ? resumeTraining(folder, events) : train(request, events));
  console.log("finished");
`;

export interface KilledRun {
  readonly folder: string;
  readonly kills: number;
}

/**
 * Trains into `project/name`, killing the process `kills` times: each time after up to `most` batches and up to 30 ms.
 *
 * @param bundle of `train/train`
 */
export async function trainKilled(
  bundle: Bundle,
  request: TrainRequest,
  { kills, most, random }: { readonly kills: number; readonly most: number; readonly random: Random },
): Promise<KilledRun> {
  const folder = join(request.project ?? "runs", request.name ?? "train");
  let killed = 0;
  for (;;) {
    // A run that was killed before it kept anything is begun again, into the same folder.
    const begun = existsSync(join(folder, "weights", "resume.safetensors"));
    const what = {
      request: { ...request, arguments: { ...request.arguments, exist_ok: true } },
      folder: begun && folder,
    };
    const batches = killed < kills ? 1 + random.integer(0, most) : Number.POSITIVE_INFINITY;
    const signal = await session(bundle.path, JSON.stringify(what), batches, random.integer(0, 30));
    if (signal === null) return { folder, kills: killed };
    killed++;
  }
}

/** One process; the signal that ended it, null if it came to the end of the run. */
async function session(path: string, what: string, batches: number, delayMs: number): Promise<string | null> {
  const parameters = ["--input-type=module", "-e", SCRIPT, path, what];
  const child = spawn(process.execPath, parameters, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes(`${batches}\n`)) setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (signal === null && (code !== 0 || !text.includes("finished"))) throw new Error(`training failed: ${errors}`);
  return signal;
}

/** Trained weights, all that a run keeps to go on, and its results without their times. */
export async function outcome(folder: string): Promise<{ readonly weights: StateDict[]; readonly results: string }> {
  const files = ["best", "last", "resume"].map((name) => join(folder, "weights", `${name}.safetensors`));
  const weights = await Promise.all(files.map(async (file) => (await readCheckpoint(file)).state));
  const rows = (await readFile(join(folder, "results.csv"), "utf8")).split("\n");
  return { weights, results: rows.map((row) => row.split(",").toSpliced(1, 1).join(",")).join("\n") };
}
