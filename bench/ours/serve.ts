/**
 * @file Our side of the line protocol of harness/protocol.ts.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import type { Answer, StepResult } from "../harness/protocol";

/** Peak resident memory of this process, MiB. */
function peakRssMib(): number {
  const kib = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(kib) / 1024;
}

/**
 * Answers every line `step [ARGUMENT]` with one call of `step(argument)`, timed; ends with the input.
 *
 * Call it when everything up to the first step is done. The timed part waits for the promise, nothing more.
 */
export async function serve(step: (argument: string) => StepResult | Promise<StepResult>): Promise<void> {
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  for await (const line of createInterface(process.stdin)) {
    const argument = line.slice("step ".length);
    const begin = performance.now();
    const result = await step(argument);
    const ms = performance.now() - begin;
    const answer: Answer = { ms, peakRssMib: peakRssMib(), ...result };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
