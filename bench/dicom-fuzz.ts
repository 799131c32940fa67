/**
 * @file Damaged DICOM files, made from a seed: each must be refused or decoded, without a crash, a hang or a great deal
 * of memory.
 *
 * No measurement of speed. A child process reads file after file, the parent watches: a file that takes longer than 5 s
 * is a hang, an end of the child is a crash, and the child's peak of resident memory is told at the end.
 */
import { fork } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseDataSet } from "@fovea/core/dicom/data-set";
import { displayImage } from "@fovea/core/dicom/display";
import { readImagePixel } from "@fovea/core/dicom/pixel-data";
import { FoveaError } from "@fovea/core/errors";
import { FrameDecoder } from "@fovea/node/dicom/frame-decoder";
import { readStoredValues } from "@fovea/node/dicom/read-dicom";
import { type Mutation, mutated } from "../packages/core/test/damage";

const HANG_MS = 5000;
const MEMORY_BYTES = 2 ** 30;

const { values } = parseArgs({
  options: { files: { type: "string", default: "10000" }, seed: { type: "string", default: "1" } },
});
const [files, seed] = [Number(values.files), Number(values.seed)];
const folder = join(process.env.FOVEA_SHARED ?? "../shared", "data/dicom");

interface Outcome {
  readonly index: number;
  readonly kind: "decoded" | "refused" | "fault";
  readonly what: Mutation;
  readonly file: string;
  readonly message?: string;
  readonly milliseconds: number;
}

function dicomFiles(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(json|csv|md|xml|txt)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** First, middle and last frame, as they are shown. */
async function read(bytes: Uint8Array, file: string, decoder: FrameDecoder): Promise<void> {
  const dataSet = parseDataSet(bytes, file);
  const { frames } = readImagePixel(dataSet);
  for (const frame of new Set([0, frames >> 1, frames - 1])) {
    const { pixel, values: stored } = await readStoredValues(dataSet, { frame, decoder });
    displayImage(dataSet, pixel, stored, frame);
  }
}

async function child(first: number): Promise<void> {
  const sources = dicomFiles();
  const decoder = new FrameDecoder();
  for (let index = first; index < files; index++) {
    const file = sources[index % sources.length];
    const { bytes, what } = mutated(readFileSync(file), seed, index);
    process.send?.({ started: index });
    const started = performance.now();
    let kind: Outcome["kind"] = "decoded";
    let message: string | undefined;
    try {
      await read(bytes, file, decoder);
    } catch (error) {
      kind = error instanceof FoveaError ? "refused" : "fault";
      message = error instanceof Error ? (kind === "fault" ? error.stack : error.message) : String(error);
    }
    const outcome: Outcome = { index, kind, what, file, message, milliseconds: performance.now() - started };
    process.send?.(outcome);
  }
  await decoder.close();
  process.disconnect?.();
}

/** Runs a child from file `first` on; ends with the file to go on from. */
function watch(first: number, onOutcome: (outcome: Outcome) => void, onFault: (index: number, how: string) => void) {
  return new Promise<{ next: number; peak: number }>((resolve) => {
    const running = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
      env: { ...process.env, FUZZ_FROM: String(first) },
    });
    let current = first;
    let peak = 0;
    let timer: NodeJS.Timeout | undefined;
    const memory = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
        peak = Math.max(peak, 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      } catch {
        // It has just ended.
      }
    }, 100);
    running.on("message", (message: Outcome | { readonly started: number }) => {
      clearTimeout(timer);
      if ("started" in message) {
        current = message.started;
        timer = setTimeout(() => {
          onFault(current, `no end after ${HANG_MS} ms`);
          running.kill("SIGKILL");
        }, HANG_MS);
      } else {
        current = message.index + 1;
        onOutcome(message);
      }
    });
    running.on("exit", (code, signal) => {
      clearTimeout(timer);
      clearInterval(memory);
      if (code !== 0 && signal !== "SIGKILL") onFault(current, `the process ended with ${code ?? signal}`);
      resolve({ next: code === 0 ? files : current + 1, peak });
    });
  });
}

async function parent(): Promise<void> {
  const counts: Record<string, { decoded: number; refused: number }> = {};
  const faults: string[] = [];
  let slowest: Outcome | undefined;
  let peak = 0;
  let done = 0;
  const onOutcome = (outcome: Outcome) => {
    done++;
    if (!slowest || outcome.milliseconds > slowest.milliseconds) slowest = outcome;
    if (outcome.kind === "fault") faults.push(`${outcome.index} ${outcome.file} (${outcome.what}): ${outcome.message}`);
    else {
      counts[outcome.what] ??= { decoded: 0, refused: 0 };
      counts[outcome.what][outcome.kind]++;
    }
    if (done % 1000 === 0) console.log(`${done} of ${files}, ${faults.length} faults`);
  };
  const onFault = (index: number, how: string) => faults.push(`${index}: ${how}`);
  for (let next = 0; next < files; ) {
    const ended = await watch(next, onOutcome, onFault);
    next = ended.next;
    peak = Math.max(peak, ended.peak);
  }
  console.table(counts);
  const slow = slowest && `${slowest.milliseconds.toFixed(0)} ms (${slowest.what}, ${slowest.file})`;
  console.log(`slowest ${slow}; peak of memory ${(peak / 2 ** 20).toFixed(0)} MiB; ${faults.length} faults`);
  for (const fault of faults.slice(0, 20)) console.log(fault);
  mkdirSync("bench/results", { recursive: true });
  writeFileSync(
    "bench/results/dicom-fuzz.json",
    JSON.stringify({ files, seed, counts, slowest, peak, faults }, null, 1),
  );
  if (faults.length > 0 || peak > MEMORY_BYTES) process.exitCode = 1;
}

const from = process.env.FUZZ_FROM;
await (from === undefined ? parent() : child(Number(from)));
