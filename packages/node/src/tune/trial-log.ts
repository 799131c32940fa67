/**
 * @file The log of a search: one line of JSON for each trial that is done.
 */
import { existsSync } from "node:fs";
import { FoveaError } from "@fovea/core/errors";
import { writeAtomically } from "../data/atomic-write";
import { readText } from "../read-file";
import type { RunMeasures } from "./measures-of-run";

/** One trial that is done. */
export interface Trial {
  /** From 1. */
  readonly trial: number;
  /** What differed from the arguments of the search. */
  readonly drawn: Readonly<Record<string, string | number | boolean>>;
  /** What trials are compared by; `null` if the trial failed or measured nothing. */
  readonly value: number | null;
  readonly measures: RunMeasures;
  readonly bestEpoch: number;
  readonly seconds: number;
  /** Why it came to nothing. */
  readonly failure?: string;
}

/**
 * Trials of the log at `path`, none if there is no such file. A last line that was cut off is left out.
 *
 * @throws {FoveaError} `file_unreadable` with the line that is none of a log
 */
export async function readTrials(path: string): Promise<Trial[]> {
  if (!existsSync(path)) return [];
  const lines = (await readText(path, "log of trials")).split("\n");
  return lines.flatMap((line, i) => {
    if (line === "") return [];
    const trial = parsed(line);
    if (trial) return [trial];
    if (i === lines.length - 1) return [];
    const message = `${line.slice(0, 60)}; expected a trial in JSON; remove the line, and the trial is run again`;
    throw new FoveaError("file_unreadable", message, { file: path, at: `line ${i + 1}` });
  });
}

/** Writes the whole log: it is short, and then it is never cut off. */
export function writeTrials(path: string, trials: readonly Trial[]): Promise<void> {
  return writeAtomically(path, trials.map((trial) => `${JSON.stringify(trial)}\n`).join(""));
}

function parsed(line: string): Trial | undefined {
  try {
    const { trial, drawn, value, measures } = JSON.parse(line) as Trial;
    const whole = Number.isInteger(trial) && typeof drawn === "object" && typeof measures === "object";
    return whole && (value === null || typeof value === "number") ? (JSON.parse(line) as Trial) : undefined;
  } catch {
    return undefined;
  }
}

/** The best first; those without a value last, in the order in which they were run. */
export function ranked(trials: readonly Trial[]): Trial[] {
  const worth = ({ value }: Trial) => value ?? Number.NEGATIVE_INFINITY;
  return trials.toSorted((a, b) => {
    const [x, y] = [worth(a), worth(b)];
    return x === y ? a.trial - b.trial : y - x;
  });
}

/** The ranked trials as CSV. */
export function trialsCsv(trials: readonly Trial[], monitor: string): string {
  const order = ranked(trials);
  const drawn = [...new Set(order.flatMap((trial) => Object.keys(trial.drawn)))];
  const measures = [...new Set(order.flatMap((trial) => Object.keys(trial.measures)))];
  const head = ["trial", monitor, "best_epoch", "seconds", ...drawn, ...measures, "failure"];
  const rows = order.map((one) => [
    ...[one.trial, one.value ?? "", one.bestEpoch, Math.round(one.seconds)],
    ...drawn.map((name) => cell(one.drawn[name])),
    ...measures.map((name) => cell(one.measures[name])),
    cell(one.failure),
  ]);
  return [head, ...rows].map((cells) => `${cells.join(",")}\n`).join("");
}

/** RFC 4180. */
function cell(value: string | number | boolean | undefined): string {
  const text = value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
