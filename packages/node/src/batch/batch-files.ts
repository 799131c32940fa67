/**
 * @file Files of a batch: those it reads, under the names that its tables give them, and those it writes.
 */
import { createReadStream } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { createInterface } from "node:readline";
import { writeFailure } from "../data/atomic-write";
import { type Journal, stateOf } from "../data/journal";
import { PICTURE_FOLDERS, type PredictJob } from "../predict/file-predictor";
import { pictureNames } from "../predict/picture-names";
import { listSources } from "../predict/sources";
import { type FolderLock, lockFolder } from "../store/folder-lock";
import { type BatchLine, type BatchOutcome, isWorthAnotherTry } from "./batch-outcome";

/** In the folder of results. */
export const BATCH_FILES = {
  journal: "batch-journal.jsonl",
  table: "results.csv",
  findings: "findings.json",
  statistics: "statistics.json",
  page: "index.html",
  reports: "reports",
  annotated: PICTURE_FOLDERS.annotated,
  /** There while a run writes to the folder. */
  lock: "batch.lock",
} as const;

export interface BatchSource extends PredictJob {
  /** As tables name it: relative to the folder it was found in, where one folder was given; else as given. */
  readonly name: string;
}

/**
 * Images below `inputs`, those of `out` left out.
 *
 * @throws {FoveaError} `file_not_found` if an input does not exist or holds no image
 */
export async function listBatch(inputs: readonly string[], out: string): Promise<readonly BatchSource[]> {
  const files = await listSources(inputs, { except: out });
  const folder = inputs.length === 1 && (await isFolder(inputs[0])) ? inputs[0] : undefined;
  const names = pictureNames(files);
  return files.map((file, i) => ({
    file,
    pictureName: names[i],
    name: folder === undefined ? file : relative(folder, file).split(sep).join("/"),
  }));
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** @throws {FoveaError} `write_failed` */
export async function makeBatchFolder(out: string, pictures: boolean): Promise<void> {
  const folders = [BATCH_FILES.reports, ...(pictures ? [BATCH_FILES.annotated] : [])];
  for (const folder of folders) {
    await mkdir(join(out, folder), { recursive: true }).catch((error: unknown) => {
      throw writeFailure(out, error);
    });
  }
}

export interface BatchLock extends FolderLock {
  /** Another run has taken the folder over, because this one stood still for too long. */
  readonly isLost: boolean;
}

/**
 * For this run alone: two would write one journal.
 *
 * @throws {FoveaError} `busy` if another run writes to the folder; `write_failed`
 */
export async function lockBatchFolder(out: string): Promise<BatchLock> {
  let isLost = false;
  const onLost = () => {
    isLost = true;
  };
  const refusal = (owner: string) =>
    `another batch, ${owner}, writes to this folder; wait until it has ended, or give another folder with --out`;
  try {
    const lock = await lockFolder(join(out, BATCH_FILES.lock), { refusal, onLost });
    return {
      get isLost() {
        return isLost;
      },
      release: () => lock.release(),
    };
  } catch (error) {
    throw writeFailure(out, error);
  }
}

/** How often the program has ended while a file was under way. */
export async function attemptsOn({ name }: BatchSource, journal: Journal<BatchLine>): Promise<number> {
  const line = await journal.line(name);
  return line !== undefined && "attempts" in line ? line.attempts : 0;
}

/** Whether the journal knows the file as it is, and all that was written of it is there. */
export async function isDone(
  { file, name, pictureName }: BatchSource,
  journal: Journal<BatchLine>,
  out: string,
): Promise<boolean> {
  const line = await journal.line(name);
  if (line === undefined || "attempts" in line || isWorthAnotherTry(line)) return false;
  const { size, mtimeMs } = await stateOf(file);
  if (line.size !== size || line.mtimeMs !== mtimeMs) return false;
  // Other files came or went, and its names are another one's now.
  if (line.report !== reportOf(pictureName)) return false;
  for (const path of writtenOf(line))
    if ((await stat(join(out, path)).catch(() => undefined)) === undefined) return false;
  return true;
}

/** Its text report, relative to the folder of results. */
export function reportOf(pictureName: string): string {
  return `${BATCH_FILES.reports}/${pictureName}.txt`;
}

function writtenOf({ report, images }: BatchOutcome): readonly string[] {
  return [report, ...images.flatMap(({ annotated }) => (annotated === undefined ? [] : [annotated]))];
}

/** Files of ours, directly in our folders. */
const OWN = new RegExp(`^(?:${BATCH_FILES.reports}|${BATCH_FILES.annotated})/(?!\\.{1,2}$)[^/\\\\]+$`);

/** Takes away what a former batch wrote, by its journal: reports of two models must not stand side by side. */
export async function removeFormerBatch(out: string): Promise<void> {
  const journal = join(out, BATCH_FILES.journal);
  if ((await stat(journal).catch(() => undefined)) === undefined) return;
  for await (const text of createInterface({ input: createReadStream(journal) })) {
    for (const path of pathsIn(text)) if (OWN.test(path)) await rm(join(out, path), { force: true });
  }
  const { table, findings, statistics, page } = BATCH_FILES;
  for (const name of [table, findings, statistics, page, BATCH_FILES.journal])
    await rm(join(out, name), { force: true });
}

function pathsIn(line: string): readonly string[] {
  try {
    return writtenOf(JSON.parse(line));
  } catch {
    return []; // Its first line, or one that was cut off.
  }
}
