/**
 * @file What `fovea tune` does.
 */
import { join } from "node:path";
import { TRAINING_ARGUMENTS } from "@fovea/core/recipe/argument-table";
import { search } from "../tune/search";
import type { Trial } from "../tune/trial-log";
import { duration } from "./progress";
import { SeriesScreen, seriesRequest, wholeOption } from "./series-screen";
import { textTable } from "./table";
import type { CollectedOptions } from "./training-options";

/** Trials in the table on the screen; the file has all. */
const SHOWN = 20;

/** Runs the trials, one table at the end; exit code 130 if it was interrupted. */
export async function runTune(options: CollectedOptions): Promise<void> {
  const { space } = options.own;
  const monitor = options.arguments.monitor ?? TRAINING_ARGUMENTS.monitor.default;
  const iterations = wholeOption("iterations", options.own.iterations, 1);
  const screen = new SeriesScreen();
  try {
    const result = await search(
      { ...seriesRequest("tune", options), iterations, space },
      {
        onTrial: (trial, all) => screen.eventsOf(`trial ${trial}/${all}`),
        onResult: (trial) => screen.progress.print(trialLine(trial, monitor)),
        shouldStop: () => screen.interrupted,
      },
    );
    if (result.end === "interrupted") return screen.tellInterrupted();
    screen.progress.print(`\n${trialTable(result.trials.slice(0, SHOWN), monitor)}\n`);
    screen.progress.field("Best", `${join(result.folder, "best.yaml")} (trial ${result.trials[0].trial})`);
    screen.progress.field("Trials", `${join(result.folder, "trials.csv")}, trials.jsonl`);
  } finally {
    screen.close();
  }
}

function trialLine({ trial, value, failure, seconds, drawn }: Trial, monitor: string): string {
  if (failure !== undefined) return `Trial ${trial} failed: ${failure}`;
  const what = Object.keys(drawn).length === 0 ? ", the arguments as they are" : "";
  return `Trial ${trial} in ${duration(seconds)}: ${monitor} ${value === null ? "not measured" : value.toFixed(4)}${what}`;
}

/** Trials with their value and what was drawn for them. */
function trialTable(trials: readonly Trial[], monitor: string): string {
  const drawn = [...new Set(trials.flatMap((trial) => Object.keys(trial.drawn)))];
  return textTable(
    ["trial", monitor, ...drawn].map((title) => ({ title })),
    trials.map((one) => [
      String(one.trial),
      one.value === null ? "–" : one.value.toFixed(4),
      ...drawn.map((name) => String(one.drawn[name] ?? "as given")),
    ]),
  );
}
