/**
 * @file A random search over training arguments: one short run for each point, the best at the top of a table.
 *
 * Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13 (2012). The first trial is that of the
 * arguments as they are, so that a search never ends below where it began. Each trial draws from a stream of its own,
 * so that trial 7 is the same whether 10 or 100 are asked for.
 *
 *     PROJECT/NAME/plan.json      what was asked for
 *     PROJECT/NAME/trials.jsonl   one line for each trial that is done
 *     PROJECT/NAME/trial1/        its run
 *     PROJECT/NAME/trials.csv     all, the best first
 *     PROJECT/NAME/best.yaml      arguments of the best, for --cfg
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { hashSeed, Random } from "@fovea/core/math/random";
import { parseMonitor } from "@fovea/core/metrics/monitor";
import { type GivenArguments, trainingArguments } from "@fovea/core/recipe/training-arguments";
import { stringify } from "yaml";
import { writeAtomically } from "../data/atomic-write";
import { readText } from "../read-file";
import type { TrainEvents } from "../train/train";
import { measuresOf } from "./measures-of-run";
import { keepPlan } from "./plan-file";
import { type Runner, runOrResume } from "./run-or-resume";
import { DEFAULT_SPACE, drawPoint, parseSearchSpace, type SearchSpace } from "./search-space";
import { ranked, readTrials, type Trial, trialsCsv, writeTrials } from "./trial-log";

type Values = Readonly<Record<string, string | number | boolean>>;

export interface SearchRequest {
  readonly data: string;
  readonly model: string;
  readonly weights?: string;
  /** Training arguments of every trial; `seed` settles the search too, and trials are compared by `monitor`. */
  readonly arguments?: GivenArguments;
  /** Trials in all. More may be asked for later. @default 20 */
  readonly iterations?: number;
  /** YAML of ranges. @default `DEFAULT_SPACE` without the arguments that are given */
  readonly space?: string;
  /** @default "runs" */
  readonly project?: string;
  /** @default "tune" */
  readonly name?: string;
  /** @default "skip" */
  readonly onProblem?: "skip" | "refuse";
}

export interface SearchEvents {
  /** Before each trial that is not done yet. */
  onTrial?(trial: number, iterations: number, drawn: Values): TrainEvents;
  /** A trial is done, now or in an earlier session. */
  onResult?(trial: Trial): void;
  shouldStop?(): boolean;
}

export interface SearchResult {
  /** The best first. */
  readonly trials: readonly Trial[];
  /** Arguments of the best, with those of every trial. */
  readonly best: GivenArguments;
  readonly folder: string;
  readonly end: "finished" | "interrupted";
}

/** Epochs of a trial if nobody says. */
const EPOCHS = 10;

/**
 * Runs what is left of the trials.
 *
 * @throws {ArgumentError} if an argument is both given and varied, the optimiser would not listen to a rate that is
 * varied, or the folder holds another search
 */
export async function search(
  request: SearchRequest,
  events: SearchEvents = {},
  run: Runner = runOrResume,
): Promise<SearchResult> {
  const { iterations = 20, project = "runs", name = "tune", data, model, weights } = request;
  if (!(Number.isInteger(iterations) && iterations >= 1)) {
    throw new ArgumentError(`iterations is ${iterations}, expected a whole number of at least 1`);
  }
  const { base, space } = await spaceOf(request);
  const folder = join(project, name);
  await keepPlan(join(folder, "plan.json"), {
    data: resolve(data),
    model: existsSync(model) ? resolve(model) : model,
    weights: weights === undefined ? null : resolve(weights),
    ...{ arguments: base, space },
  });
  const { seed, monitor } = trainingArguments(base);
  const log = join(folder, "trials.jsonl");
  const trials = await readTrials(log);
  for (const trial of trials) events.onResult?.(trial);
  let interrupted = false;
  for (let number = 1; number <= iterations && !interrupted; number++) {
    if (trials.some(({ trial }) => trial === number)) continue;
    interrupted = events.shouldStop?.() ?? false;
    if (interrupted) break;
    const drawn = number === 1 ? {} : drawPoint(space, new Random(hashSeed(seed, number)));
    const trial = await runTrial(number, drawn);
    interrupted = trial === undefined;
    if (!trial) break;
    trials.push(trial);
    await writeTrials(log, trials);
    events.onResult?.(trial);
  }
  const order = ranked(trials);
  const best = order.length > 0 && order[0].value !== null ? { ...base, ...order[0].drawn } : base;
  if (order.length > 0) {
    await writeAtomically(join(folder, "trials.csv"), trialsCsv(order, monitor));
    const top = `# trial ${order[0].trial} of ${order.length}: ${monitor} ${order[0].value ?? "not measured"}\n`;
    await writeAtomically(join(folder, "best.yaml"), `${top}${stringify(best)}`);
  }
  return { trials: order, best, folder, end: interrupted ? "interrupted" : "finished" };

  async function runTrial(number: number, drawn: Values): Promise<Trial | undefined> {
    try {
      const ended = await run(
        {
          ...{ data, model, weights, project: folder, name: `trial${number}`, onProblem: request.onProblem },
          arguments: { ...base, ...drawn },
        },
        events.onTrial?.(number, iterations, drawn) ?? { shouldStop: () => events.shouldStop?.() ?? false },
      );
      if (ended.end === "interrupted") return undefined;
      const measures = measuresOf(ended);
      const seconds = Number(ended.rows.at(-1)?.time ?? 0);
      return {
        trial: number,
        drawn,
        value: ended.bestValue ?? null,
        measures,
        bestEpoch: ended.bestEpoch,
        seconds,
      };
    } catch (error) {
      // Rates that are too high are what a search tries out; anything else ends it.
      if (!(error instanceof FoveaError) || error.code !== "loss_not_finite") throw error;
      return { trial: number, drawn, value: null, measures: {}, bestEpoch: 0, seconds: 0, failure: error.message };
    }
  }
}

/** The arguments of every trial, and what is varied on top of them. */
async function spaceOf({
  space: path,
  arguments: given = {},
}: SearchRequest): Promise<{ base: GivenArguments; space: SearchSpace }> {
  const args = trainingArguments(given);
  parseMonitor(args.monitor);
  if (!args.val) throw new ArgumentError("tune: val is false, but every trial is to be measured; leave it out");
  // Where every stage has a rate of its own, the run's has no effect.
  const settled = (name: string) => name === "lr0" && args.stages?.every(({ lr0 }) => lr0 !== undefined) === true;
  const space =
    path === undefined
      ? Object.fromEntries(Object.entries(DEFAULT_SPACE).filter(([name]) => !(name in given) && !settled(name)))
      : parseSearchSpace(await readText(path, "search space"), path);
  const twice = Object.keys(space).filter((name) => name in given);
  if (twice.length > 0) {
    throw new ArgumentError(`${twice.join(", ")}: both given and varied; leave it out of one of them`, { file: path });
  }
  if ("lr0" in space && settled("lr0")) {
    throw new ArgumentError("lr0: every stage has a rate of its own, so that varying it has no effect; leave it out");
  }
  const rates = ["lr0", "momentum", "warmup_bias_lr"].filter((name) => name in space);
  if (rates.length > 0 && "optimizer" in given && args.optimizer === "auto") {
    throw new ArgumentError(
      `optimizer=auto chooses ${rates.join(", ")} itself, so that varying it has no effect; name an optimizer, or leave it out`,
    );
  }
  const base: Record<string, string | number | boolean> = { ...given, plots: false };
  // Stages say how long they are.
  if (!("epochs" in given || "epochs" in space || args.stages)) base.epochs = EPOCHS;
  if (rates.length > 0 && !("optimizer" in space || "optimizer" in given)) base.optimizer = "AdamW";
  return { base, space };
}
