/**
 * @file One run of many: started, taken up where it was interrupted, or left as it is if it is done.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import type { LoopResult } from "../train/loop";
import { RunFolder } from "../train/run-folder";
import { resumeTraining, type TrainEvents, type TrainRequest, train } from "../train/train";

/** A run among several; its folder is `project/name`. */
export interface SeriesRun extends TrainRequest {
  readonly project: string;
  readonly name: string;
}

/** What trains: `runOrResume`, or a stand-in. */
export type Runner = (run: SeriesRun, events: TrainEvents) => Promise<LoopResult>;

/**
 * Brings a run to its end, whatever of it is there. The folder must be that of the same request.
 *
 * @throws {FoveaError} what training finds wrong
 */
export async function runOrResume(run: SeriesRun, events: TrainEvents): Promise<LoopResult> {
  const path = join(run.project, run.name);
  if (!existsSync(join(path, "weights", "resume.safetensors"))) {
    // A folder without a state is that of a run that never came to one.
    return train({ ...run, arguments: { ...run.arguments, exist_ok: true } }, events);
  }
  const { state } = await RunFolder.open(path).readState();
  if (state.finished || (state.rows.length > 0 && state.epoch >= trainingArguments(run.arguments ?? {}).epochs)) {
    const { rows, bestEpoch, bestFitness } = state;
    return { rows, bestEpoch: bestEpoch + 1, bestValue: bestFitness ?? undefined, end: "finished" };
  }
  return resumeTraining(path, events);
}
