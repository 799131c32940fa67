/**
 * @file What `fovea train` does.
 */
import { ArgumentError } from "@fovea/core/errors";
import { type GivenArguments, trainingArguments } from "@fovea/core/recipe/training-arguments";
import { argumentValue, readRecipe } from "../train/recipe-file";
import { resumeTraining, type TrainRequest, type TrainResult, train } from "../train/train";
import { Interruption } from "./interruption";
import { Progress } from "./progress";
import type { TrainOptions } from "./train";
import { TrainScreen } from "./train-screen";

/** Trains as the options say, or goes on with a run; exit code 130 if it was interrupted. */
export async function runTraining(options: TrainOptions): Promise<void> {
  const result = await (options.resume === undefined ? startRun(options) : goOn(options, options.resume));
  if (result.end === "interrupted") process.exitCode = 130;
}

async function startRun(options: TrainOptions): Promise<TrainResult> {
  return trainOnScreen(await requestOf(options));
}

/**
 * What the command line and the recipe that it names ask for together.
 *
 * @throws {ArgumentError} for what is missing or contradicts, here or in the recipe
 */
export async function requestOf({ cfg, arguments: typed, resume: _, ...own }: TrainOptions): Promise<TrainRequest> {
  // A misspelt name may be what is missing.
  const given = valuesOf(typed);
  trainingArguments(given);
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
export function trainOnScreen(request: TrainRequest): Promise<TrainResult> {
  return shown(request.arguments ?? {}, (screen) => train(request, screen));
}

async function goOn({ resume: _, arguments: given, ...own }: TrainOptions, run: string): Promise<TrainResult> {
  const others = [...Object.keys(own), ...Object.keys(given)];
  if (others.length > 0) {
    throw new ArgumentError(`--resume goes on with the run as it was begun; leave out ${others.join(", ")}`);
  }
  return shown({}, (screen) => resumeTraining(run, screen));
}

/** Values of the arguments that were given: lists and maps read as YAML, all else as the table types it. */
function valuesOf(given: Readonly<Record<string, string>>): GivenArguments {
  return Object.fromEntries(Object.entries(given).map(([name, text]) => [name, argumentValue(name, text)]));
}

async function shown(
  given: Readonly<Record<string, unknown>>,
  run: (screen: TrainScreen) => Promise<TrainResult>,
): Promise<TrainResult> {
  const progress = new Progress();
  const interruption = new Interruption(() => {
    progress.print("Finishing the step, then saving. Once more to end at once.");
  });
  const screen = new TrainScreen(progress, given);
  screen.shouldStop = () => interruption.asked;
  try {
    const result = await run(screen);
    screen.end(result);
    return result;
  } finally {
    progress.clear();
    interruption.stop();
  }
}
