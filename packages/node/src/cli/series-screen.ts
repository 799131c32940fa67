/**
 * @file What commands that train several times share: required options, and one line of progress for a run.
 */
import { ArgumentError } from "@fovea/core/errors";
import { argumentValues } from "../train/recipe-file";
import type { TrainEvents } from "../train/train";
import { Interruption } from "./interruption";
import { bar, Progress } from "./progress";
import type { CollectedOptions } from "./training-options";

/** Options of every series of runs, checked. */
export function seriesRequest(command: string, { own, arguments: given }: CollectedOptions) {
  const { data, model, weights, project, name, on_problem: onProblem = "skip" } = own;
  if (data === undefined || model === undefined) {
    const missing = [data === undefined ? "--data" : "", model === undefined ? "--model" : ""].filter((m) => m !== "");
    throw new ArgumentError(`${command} needs ${missing.join(" and ")}; see fovea ${command} --help`);
  }
  if (onProblem !== "skip" && onProblem !== "refuse") {
    throw new ArgumentError(`on_problem: got ${onProblem}, wanted skip or refuse`);
  }
  return { data, model, weights, project, name, onProblem, arguments: argumentValues(given) } as const;
}

/** @throws {ArgumentError} if `text` is no whole number of at least `least` */
export function wholeOption(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least) return value;
  throw new ArgumentError(`${name}: got ${text}, wanted a whole number of at least ${least}`);
}

/** The screen of a series: Ctrl-C finishes the step at hand. */
export class SeriesScreen {
  readonly progress = new Progress();
  readonly #interruption = new Interruption(() => {
    this.progress.print("Finishing the step, then saving. Once more to end at once.");
  });

  get interrupted(): boolean {
    return this.#interruption.asked;
  }

  /** Shows how far one run is, behind `what`. */
  eventsOf(what: string): TrainEvents {
    return {
      onBatch: ({ epoch, epochs, batch, batches }) => {
        const done = (epoch + batch / batches) / epochs;
        this.progress.show(`${what}  ${bar(done, 24)}  epoch ${epoch + 1}/${epochs}`);
      },
      shouldStop: () => this.interrupted,
    };
  }

  /** How to go on after an interruption. */
  tellInterrupted(): void {
    this.progress.print("\nInterrupted; what is done is saved. The same command goes on with it.");
    process.exitCode = 130;
  }

  close(): void {
    this.progress.clear();
    this.#interruption.stop();
  }
}
