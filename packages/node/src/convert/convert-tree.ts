/**
 * @file A tree of DICOM files to a tree of pictures, with a journal, a table of what became of each file, and a line of
 * facts for each picture.
 *
 * Memory holds the list of files and where the journal's lines stand; everything else passes through.
 */
import { mkdir, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { CONVERSION_CSV_HEAD, conversionCsvRow } from "@fovea/core/report/conversion-csv";
import { writeFailure } from "../data/atomic-write";
import { GrowingFile } from "../data/growing-file";
import { Journal, type JournalLine, stateOf } from "../data/journal";
import { type Converter, openConverters } from "./convert-crew";
import type { ConvertStatus, FileOutcome } from "./convert-file";
import { type DicomSource, listDicomSources } from "./dicom-sources";
import { type ConvertSettings, checkSettings } from "./settings";

export interface ConvertTreeOptions {
  /** Files and folders. */
  readonly inputs: readonly string[];
  readonly out: string;
  readonly settings: ConvertSettings;
  /** Files at once. @default the processor's cores, 16 at most */
  readonly workers?: number;
}

/** What a run tells while it goes. */
export interface ConvertEvents {
  /** Once the files are listed. `left`: done before, and left alone. */
  onStart?(start: { readonly files: number; readonly left: number; readonly workers: number }): void;
  /** After each file that was not done before, as they end. */
  onFile?(outcome: FileOutcome, done: number, total: number): void;
  /** Asked before each file: true ends the run after those at hand. */
  shouldStop?(): boolean;
}

export interface Conversion {
  /** Files of each kind, those of former runs included. */
  readonly counts: Readonly<Record<ConvertStatus, number>>;
  readonly files: number;
  readonly pictures: number;
  /** Files that were done before. */
  readonly leftAlone: number;
  /** Files that an early end left out. */
  readonly notReached: number;
  /** Reasons of what was refused or is partial, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly files: number; readonly first: string }[];
}

/** Files in the output folder. */
export const CONVERSION_FILES = {
  journal: "conversion-journal.jsonl",
  table: "conversion.csv",
  pictures: "pictures.jsonl",
} as const;

/** More only wait for the disk. */
const MOST_WORKERS = 16;

/**
 * Converts everything below `inputs`. Files that a former run with the same settings has done, and that are unchanged, are
 * left alone; refused ones are tried again.
 *
 * @throws {FoveaError} if an input does not exist, the settings fit no picture, or results cannot be written
 */
export async function convertTree(
  { inputs, out, settings, workers }: ConvertTreeOptions,
  events: ConvertEvents = {},
): Promise<Conversion> {
  checkSettings(settings);
  const sources = await listDicomSources(inputs, out);
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(out, error);
  });
  const journal = await Journal.open<FileOutcome>(join(out, CONVERSION_FILES.journal), settings);
  try {
    const todo: DicomSource[] = [];
    for (const source of sources) if (!(await isDone(source, journal, out))) todo.push(source);
    const count = Math.max(1, Math.min(workers ?? Math.min(availableParallelism(), MOST_WORKERS), todo.length));
    events.onStart?.({ files: sources.length, left: sources.length - todo.length, workers: count });
    const converters = openConverters(count, { out, settings });
    let reached: number;
    try {
      reached = await work(converters, todo, journal, events);
    } finally {
      await Promise.all(converters.map((converter) => converter.close()));
    }
    const tables = await writeTables(sources, journal, out);
    return { ...tables, leftAlone: sources.length - todo.length, notReached: todo.length - reached };
  } finally {
    await journal.close();
  }
}

/** Whether the journal knows the file as it is, and every picture of it is there with its size. */
async function isDone({ path, stem }: DicomSource, journal: Journal<FileOutcome>, out: string): Promise<boolean> {
  const line = await journal.line(path);
  if (line === undefined || line.status === "refused") return false;
  const { size, mtimeMs } = await stateOf(path);
  if (line.size !== size || line.mtimeMs !== mtimeMs) return false;
  for (const { picture, bytes } of line.pictures) {
    const found = await stat(join(out, picture)).catch(() => undefined);
    if (found?.size !== bytes || !picture.startsWith(`${stem}.`)) return false;
  }
  return true;
}

/** Each converter takes the next file when it is done with one. @returns files that were done */
async function work(
  converters: readonly Converter[],
  todo: readonly DicomSource[],
  journal: Journal<FileOutcome>,
  { onFile, shouldStop = () => false }: ConvertEvents,
): Promise<number> {
  let next = 0;
  let done = 0;
  let failed = false;
  const lane = async (converter: Converter) => {
    while (next < todo.length && !failed && !shouldStop()) {
      const { path, stem } = todo[next++];
      try {
        const state = await stateOf(path);
        const outcome = await converter.convert({ source: path, stem });
        await journal.add({ ...outcome, ...state });
        done++;
        onFile?.(outcome, done, todo.length);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(converters.map(lane));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return done;
}

/** The table and the facts of the pictures, in the order of the files, from the journal. */
async function writeTables(
  sources: readonly DicomSource[],
  journal: Journal<FileOutcome>,
  out: string,
): Promise<Pick<Conversion, "counts" | "files" | "pictures" | "reasons">> {
  const counts = { converted: 0, partial: 0, skipped: 0, refused: 0 };
  const reasons = new Map<string, { reason: string; files: number; first: string }>();
  let pictures = 0;
  const table = await GrowingFile.open(join(out, CONVERSION_FILES.table));
  const facts = await GrowingFile.open(join(out, CONVERSION_FILES.pictures));
  try {
    await table.write(CONVERSION_CSV_HEAD);
    for (const { path } of sources) {
      const line = await journal.line(path);
      if (line === undefined) continue;
      counts[line.status]++;
      pictures += line.pictures.length;
      countReason(line, reasons);
      await table.write(conversionCsvRow({ ...line, pictures: line.pictures.map(({ picture }) => picture) }));
      for (const record of line.pictures) await facts.write(`${JSON.stringify(record)}\n`);
    }
    await table.finish();
    await facts.finish();
  } catch (error) {
    await table.abandon();
    await facts.abandon();
    throw error;
  }
  const ranked = [...reasons.values()].sort((a, b) => b.files - a.files);
  return { counts, files: sources.length, pictures, reasons: ranked };
}

/** Kinds of reasons that are told: a hostile tree may have one for each file. */
const MOST_REASONS = 1000;

function countReason(
  { source, status, reason }: JournalLine<FileOutcome>,
  reasons: Map<string, { reason: string; files: number; first: string }>,
): void {
  if (reason === undefined || status === "skipped" || status === "converted") return;
  const known = reasons.get(reason);
  if (known) known.files++;
  else if (reasons.size < MOST_REASONS) reasons.set(reason, { reason, files: 1, first: source });
}
