/**
 * @file Cross-validation: the training part of a data set in k folds, k runs one after another, one table at the end.
 *
 *     PROJECT/NAME/plan.json     what was asked for, and the fold of every image
 *     PROJECT/NAME/fold1/        the run that is measured on fold 1 and trained on the others
 *     PROJECT/NAME/fold1.json    what it came to, once it is done
 *     PROJECT/NAME/kfold.json    all folds with mean, deviation and interval; kfold.csv the same as a table
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseDataYaml } from "@fovea/core/dataset/data-yaml";
import type { Dataset } from "@fovea/core/dataset/sample";
import { dealGroups, equalShares } from "@fovea/core/dataset/split/deal-groups";
import { ArgumentError } from "@fovea/core/errors";
import { type GivenArguments, trainingArguments } from "@fovea/core/recipe/training-arguments";
import { writeAtomically } from "../data/atomic-write";
import { listImages } from "../data/list-images";
import { openDataset } from "../data/open-dataset";
import { patientsOf } from "../data/patients";
import { readText } from "../read-file";
import type { TrainEvents } from "../train/train";
import { writeFold } from "./fold-files";
import { type FoldResult, type FoldSummary, foldsCsv, summariseFolds } from "./fold-table";
import { measuresOf } from "./measures-of-run";
import { keepPlan } from "./plan-file";
import { type Runner, runOrResume } from "./run-or-resume";

export interface KfoldRequest {
  readonly data: string;
  readonly model: string;
  readonly weights?: string;
  /** Training arguments that differ from their defaults; `seed` settles the folds too. */
  readonly arguments?: GivenArguments;
  /** @default 5 */
  readonly k?: number;
  /** `image`, `patient`, or a regular expression on the file's name. @default "image" */
  readonly by?: string;
  /** CSV file `image,patient`, for `by: "patient"`. */
  readonly patients?: string;
  /** @default "runs" */
  readonly project?: string;
  /** @default "kfold" */
  readonly name?: string;
  /** @default "skip" */
  readonly onProblem?: "skip" | "refuse";
}

export interface KfoldEvents {
  /** Before each fold that is not done yet. */
  onFold?(fold: KfoldStart): TrainEvents;
  /** A fold is done, now or in an earlier session. */
  onResult?(result: FoldResult): void;
  shouldStop?(): boolean;
}

export interface KfoldStart {
  /** From 1. */
  readonly fold: number;
  readonly k: number;
  readonly trainImages: number;
  readonly valImages: number;
}

export interface KfoldResult extends FoldSummary {
  readonly folder: string;
  readonly end: "finished" | "interrupted";
}

/**
 * Runs what is left of the k folds.
 *
 * @throws {ArgumentError} if there are fewer patients than folds, a patient cannot be found, or the folder holds another
 * series
 */
export async function kfold(
  request: KfoldRequest,
  events: KfoldEvents = {},
  run: Runner = runOrResume,
): Promise<KfoldResult> {
  const { data, k = 5, by = "image", project = "runs", name = "kfold", onProblem } = request;
  const args = trainingArguments(request.arguments ?? {});
  if (!args.val) throw new ArgumentError("kfold: val is false, but every fold is to be measured; leave it out");
  const folder = join(project, name);
  const dataset = await openDataset(data, "train", { onProblem, singleCls: args.single_cls });
  const files = dataset.samples.map(({ file }) => file);
  const patients = await patientsOf(files, { by, table: request.patients });
  const images = dataset.samples.map(({ labels }, i) => ({
    group: patients[i],
    strata: labels.map(({ classId }) => classId),
  }));
  const folds = dealGroups(images, equalShares(k), { seed: args.seed, noun: "patient" });
  await keepPlan(join(folder, "plan.json"), {
    data: resolve(data),
    model: existsSync(request.model) ? resolve(request.model) : request.model,
    weights: request.weights === undefined ? null : resolve(request.weights),
    ...{ k, by, arguments: request.arguments ?? {} },
    folds: Object.fromEntries(files.map((file, i) => [file, folds[i] + 1])),
  });
  // Class names as the data set has them, also where training takes all for one.
  const listed = await listImages(parseDataYaml(await readText(data, "data file"), data), "train");
  const annotated = new Set(listed.images.flatMap((image) => (image.annotated ? [image.file] : [])));

  const results: FoldResult[] = [];
  for (let fold = 0; fold < k; fold++) {
    const key = `fold${fold + 1}`;
    const done = await readResult(join(folder, `${key}.json`));
    if (!done && events.shouldStop?.()) return { ...summariseFolds(results), folder, end: "interrupted" };
    const [train, val] = [false, true].map((inFold) => pick(dataset, (i) => (folds[i] === fold) === inFold));
    const result = done ?? (await runFold());
    if (!result) return { ...summariseFolds(results), folder, end: "interrupted" };
    results.push(result);
    events.onResult?.(result);

    async function runFold(): Promise<FoldResult | undefined> {
      const yaml = await writeFold(folder, key, { names: listed.names, annotated, train, val });
      const start = { fold: fold + 1, k, trainImages: train.length, valImages: val.length };
      const { model, weights } = request;
      const ended = await run(
        { data: yaml, model, weights, arguments: request.arguments, project: folder, name: key, onProblem },
        events.onFold?.(start) ?? { shouldStop: () => events.shouldStop?.() ?? false },
      );
      if (ended.end === "interrupted") return undefined;
      const one: FoldResult = {
        fold: fold + 1,
        patients: new Set(patients.filter((_, i) => folds[i] === fold)).size,
        images: val.length,
        labels: val.reduce((sum, { labels }) => sum + labels.length, 0),
        bestEpoch: ended.bestEpoch,
        epochs: ended.rows.length,
        end: ended.end,
        seconds: Number(ended.rows.at(-1)?.time ?? 0),
        measures: measuresOf(ended),
      };
      await writeAtomically(join(folder, `${key}.json`), `${JSON.stringify(one, null, 2)}\n`);
      return one;
    }
  }
  const summary = summariseFolds(results);
  await writeAtomically(join(folder, "kfold.json"), `${JSON.stringify(summary, null, 2)}\n`);
  await writeAtomically(join(folder, "kfold.csv"), foldsCsv(summary));
  return { ...summary, folder, end: "finished" };
}

function pick({ samples }: Dataset, keep: (i: number) => boolean): Dataset["samples"][number][] {
  return samples.filter((_, i) => keep(i));
}

/** A result written before; `undefined` if there is none, or the file is none of ours. */
async function readResult(path: string): Promise<FoldResult | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const result = JSON.parse(await readText(path, "result of a fold")) as FoldResult;
    return typeof result.measures === "object" && Number.isInteger(result.fold) ? result : undefined;
  } catch {
    return undefined;
  }
}
