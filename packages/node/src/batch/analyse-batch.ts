/**
 * @file The files of a batch, one after another: found upon, judged, reported, and a line in the journal.
 *
 * A native decoder may take the whole program with it. So the journal says of each file when it is handed out, and a later
 * run begins with those that nothing more is known of, one at a time: the file that ends the program is found, and left out.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Language } from "@fovea/core/language";
import type { ReportVersions } from "@fovea/core/report/judged-image";
import { textReport } from "@fovea/core/report/text-report";
import type { ClassNames } from "@fovea/core/rules/class-names";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import { writeFailure } from "../data/atomic-write";
import { type Journal, stateOf } from "../data/journal";
import type { PredictCrew } from "../predict/crew";
import { predictInOrder } from "../predict/predict-in-order";
import type { PredictedImage } from "../predict/predicted-image";
import { attemptsOn, type BatchSource, reportOf } from "./batch-files";
import { type BatchImage, type BatchLine, givenUp, judgedImages } from "./batch-outcome";

/** A batch whose material was read. */
export interface OpenBatch {
  readonly out: string;
  readonly sources: readonly BatchSource[];
  readonly rules?: RuleSet;
  readonly classNames: ClassNames;
  readonly language: Language;
  readonly versions: ReportVersions;
  readonly journal: Journal<BatchLine>;
}

export interface AnalyseEvents {
  /** After each file that was not done before. */
  onFile?(images: readonly BatchImage[], done: number, total: number): void;
  /** Asked before each file: true ends the run after those at hand. */
  shouldStop?(): boolean;
}

/** @returns files that were done */
export async function analyseBatch(
  batch: OpenBatch,
  crew: PredictCrew,
  todo: readonly BatchSource[],
  { onFile, shouldStop = () => false }: AnalyseEvents,
): Promise<number> {
  const { journal } = batch;
  let done = 0;
  const keepAll = async (predicted: readonly PredictedImage[], source: BatchSource) => {
    const images = judgedImages(predicted, source.name, batch.rules);
    await keep(batch, source, images);
    done++;
    onFile?.(images, done, todo.length);
  };
  const [fresh, suspects]: [BatchSource[], BatchSource[]] = [[], []];
  for (const source of todo) {
    const attempts = await attemptsOn(source, journal);
    const lost = givenUp(source.file, attempts);
    if (lost !== undefined) await keepAll(lost, source);
    else if (attempts > 0) suspects.push(source);
    else fresh.push(source);
  }
  const before = async (source: BatchSource) => {
    const attempts = 1 + (await attemptsOn(source, journal));
    await journal.add({ source: source.name, attempts, ...(await stateOf(source.file)) });
  };
  const take = (images: readonly PredictedImage[], _: number, source: BatchSource) => keepAll(images, source);
  await predictInOrder(crew, suspects, take, { shouldStop, atOnce: 1, before });
  await predictInOrder(crew, fresh, take, { shouldStop, before });
  return done;
}

/** The report first: whatever the journal names is there. */
async function keep(
  { out, language, classNames, versions, journal }: OpenBatch,
  { file, name, pictureName }: BatchSource,
  images: readonly BatchImage[],
): Promise<void> {
  const report = reportOf(pictureName);
  const path = join(out, report);
  try {
    await writeFile(path, textReport(images, { ...versions, language, classNames }));
  } catch (error) {
    throw writeFailure(path, error);
  }
  await journal.add({ source: name, images, report, ...(await stateOf(file)) });
}
