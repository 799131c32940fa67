/**
 * @file The report of a batch: one line of JSON for each file, written as the files are done, and what goes on from it.
 *
 * The first line says with which profile and key; the key by a code that does not tell it. A line names the source, the
 * result, and for each changed element its place, keyword and action; values nowhere. Names of sources may tell who somebody
 * is, so the report stands beside the folder of results, not in it.
 */
import { createReadStream } from "node:fs";
import { appendFile, stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { ReportedFile } from "@fovea/core/dicom/deidentify/changes-csv";
import { ArgumentError } from "@fovea/core/errors";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import { readFailure } from "../read-file";

/** First line. */
export interface ReportHead {
  readonly fovea: "deidentify";
  readonly profile: readonly string[];
  /** Code of key and settings: equal for equal ones. */
  readonly run: string;
}

/** One file; `source` lies below the folder of sources, `output`, absent where refused, below that of results. */
export interface FileReport extends ReportedFile {
  readonly status: "done" | "refused";
}

/** Report that stands beside `out`. */
export function reportBeside(out: string): string {
  return `${out.replace(/[/\\]+$/, "")}.report.jsonl`;
}

/** Lines of a report that is there; none where there is no file. A last line that was cut short is left out. */
export async function* readReport(path: string): AsyncGenerator<ReportHead | FileReport> {
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      const parsed = parsedLine(line);
      if (parsed !== undefined) yield parsed;
    }
  } catch (error) {
    throw readFailure(path, error, "report");
  }
}

function parsedLine(line: string): ReportHead | FileReport | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as ReportHead | FileReport) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Sources that an earlier run is done with; a new report is begun where there is none.
 *
 * @throws {ArgumentError} if the report is of another key or other settings: the results would not belong together
 */
export async function resumedReport(path: string, head: ReportHead): Promise<Map<string, FileReport>> {
  const done = new Map<string, FileReport>();
  let found: ReportHead | undefined;
  for await (const line of readReport(path)) {
    if ("fovea" in line) found = line;
    else if (line.status === "done")
      done.set(line.source, { source: line.source, output: line.output, status: "done" });
  }
  if (found === undefined) {
    await writeAtomically(path, `${JSON.stringify(head)}\n`);
    return done;
  }
  if (found.run !== head.run) {
    const message =
      "is of a run with another key, profile or settings; choose another --out, or move the report and its folder away";
    throw new ArgumentError(message, { file: path });
  }
  return done;
}

/** Adds a line. */
export async function appendReport(path: string, line: FileReport): Promise<void> {
  await appendFile(path, `${JSON.stringify(line)}\n`).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
}
