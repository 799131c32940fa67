/**
 * @file What `fovea train` does.
 */
import { ArgumentError } from "@fovea/core/errors";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { argumentValues, readRecipe } from "../train/recipe-file";
import { resumeTraining, type TrainRequest, type TrainResult, train } from "../train/train";
import type { WatchServer } from "../watch/server";
import { Interruption } from "./interruption";
import { Progress } from "./progress";
import type { TrainOptions } from "./train";
import { TrainScreen } from "./train-screen";

/** Trains as the options say, or goes on with a run; exit code 130 if it was interrupted. */
export async function runTraining(options: TrainOptions): Promise<void> {
  const { watch: port, ...what } = options;
  const watch = port === undefined ? undefined : await startWatching(port);
  const result = await (what.resume === undefined ? startRun(what, watch) : goOn(what, what.resume, watch)).finally(
    () => watch?.close(),
  );
  if (result.end === "interrupted") process.exitCode = 130;
}

/** @throws {ArgumentError} if `port` is none or taken */
async function startWatching(port: string): Promise<WatchServer> {
  const number = port === "true" ? 0 : Number(port);
  if (!(Number.isInteger(number) && number >= 0 && number <= 65535)) {
    throw new ArgumentError(`watch: got ${port}, wanted a port from 0 to 65535; 0 takes one that is free`);
  }
  const { WatchServer } = await import("../watch/server");
  const server = await WatchServer.start({ port: number });
  process.stdout.write(`Watch    ${server.url}\n`);
  return server;
}

async function startRun(options: TrainOptions, watch?: WatchServer): Promise<TrainResult> {
  return trainOnScreen(await requestOf(options), watch);
}

/**
 * What the command line and the recipe that it names ask for together.
 *
 * @throws {ArgumentError} for what is missing or contradicts, here or in the recipe
 */
export async function requestOf({
  cfg,
  arguments: typed,
  resume: _,
  watch: __,
  ...own
}: TrainOptions): Promise<TrainRequest> {
  // A misspelt name may be what is missing.
  const given = argumentValues(typed);
  const recipe = cfg === undefined ? undefined : await readRecipe(cfg);
  if (recipe) trainingArguments({ ...recipe.arguments, ...given }, { file: cfg });
  const { data, model, weights, project, name, on_problem: onProblem = "skip" } = { ...recipe?.run, ...own };
  if (data === undefined || model === undefined) {
    const missing = [data === undefined ? "--data" : "", model === undefined ? "--model" : ""].filter((m) => m !== "");
    throw new ArgumentError(`train needs ${missing.join(" and ")}; see fovea train --help`);
  }
  if (onProblem !== "skip" && onProblem !== "refuse") {
    throw new ArgumentError(`on_problem: got ${onProblem}, wanted skip or refuse`);
  }
  return { data, model, weights, project, name, onProblem, arguments: { ...recipe?.arguments, ...given } };
}

/** Trains and shows it; Ctrl-C finishes the step. */
export function trainOnScreen(request: TrainRequest, watch?: WatchServer): Promise<TrainResult> {
  return shown(request.arguments ?? {}, (screen) => train(request, screen), watch);
}

async function goOn(
  { resume: _, arguments: given, ...own }: TrainOptions,
  run: string,
  watch?: WatchServer,
): Promise<TrainResult> {
  const others = [...Object.keys(own), ...Object.keys(given)];
  if (others.length > 0) {
    throw new ArgumentError(`--resume goes on with the run as it was begun; leave out ${others.join(", ")}`);
  }
  return shown({}, (screen) => resumeTraining(run, screen), watch);
}

async function shown(
  given: Readonly<Record<string, unknown>>,
  run: (screen: TrainScreen) => Promise<TrainResult>,
  watch?: WatchServer,
): Promise<TrainResult> {
  const progress = new Progress();
  const interruption = new Interruption(() => {
    progress.print("Finishing the step, then saving. Once more to end at once.");
  });
  const screen = new TrainScreen(progress, given);
  screen.shouldStop = () => interruption.asked;
  if (watch) screen.onReport = (report) => watch.update(report);
  try {
    const result = await run(screen);
    screen.end(result);
    return result;
  } finally {
    progress.clear();
    interruption.stop();
  }
}
