/**
 * @file How the memory of the command line goes while it works through many files.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

import { report } from "./report";

const HEAD = ["| what | seconds | resident memory at tenths of the time, MiB | peak, MiB |", "|---|---|---|---|"].join(
  "\n",
);

/** Looked at so often, ms. */
const EVERY_MS = 500;

/** Runs `fovea` with `options` and reports resident memory at every tenth of the time, and the kernel's own peak. */
export async function memoryOfCommand(name: string, options: readonly string[]): Promise<void> {
  const samples: number[] = [];
  let peak = 0;
  const begin = performance.now();
  await new Promise<void>((resolve, reject) => {
    const child = spawn("node_modules/.bin/fovea", [...options], { stdio: ["ignore", "inherit", "inherit"] });
    const look = setInterval(() => {
      const status = statusOf(child.pid);
      samples.push(mebibytes(status, "VmRSS"));
      peak = Math.max(peak, mebibytes(status, "VmHWM"));
    }, EVERY_MS);
    child.on("error", reject);
    child.on("exit", (code) => {
      clearInterval(look);
      if (code === 0) resolve();
      else reject(new Error(`fovea ${options.join(" ")}: exit code ${code}`));
    });
  });
  const seconds = (performance.now() - begin) / 1000;
  const known = samples.filter((sample) => sample > 0);
  const tenths = Array.from(
    { length: 10 },
    (_, i) => known[Math.min(known.length - 1, Math.ceil(((i + 1) / 10) * known.length) - 1)],
  );
  const row = `| ${name} | ${seconds.toFixed(0)} | ${tenths.map((x) => x.toFixed(0)).join(" ")} | ${peak.toFixed(0)} |`;
  report(name, row, { name, seconds, peakRssMib: peak, everyMs: EVERY_MS, samples: known }, HEAD);
}

function statusOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return ""; // It has just ended.
  }
}

function mebibytes(status: string, key: string): number {
  return Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
}
