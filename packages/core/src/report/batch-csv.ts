/**
 * @file A batch as a table for spreadsheets: one row for each file, columns as our users' scripts have them.
 *
 * `filename, total_detections, avg_confidence`, then `<class>_count, <class>_avg_conf` for each class of the model, then
 * `avg_width, avg_height, notes, error`. Means are over findings; sizes are pixels. Where there is nothing to take a
 * mean of, and where a file could not be read, the cell is empty, not 0. The error is told in the language of the notes.
 */
import type { Finding } from "../finding";
import type { Language } from "../language";
import { errorIn } from "../reasons/tell";
import { BYTE_ORDER_MARK, csvNumber, csvText } from "./csv-cell";
import type { ImageFindings } from "./findings";

export interface BatchRow {
  readonly filename: string;
  /** All frames of the file. */
  readonly images: readonly ImageFindings[];
  /** @default "" */
  readonly notes?: string;
  /** Of the error. */
  readonly language: Language;
}

/** Byte order mark and names of the columns. @param classes names as the model has them, by id */
export function batchCsvHead(classes: readonly string[]): string {
  const columns = [
    ...["filename", "total_detections", "avg_confidence"],
    ...classes.flatMap((name) => [`${name}_count`, `${name}_avg_conf`]),
    ...["avg_width", "avg_height", "notes", "error"],
  ];
  return `${BYTE_ORDER_MARK}${columns.map(csvText).join(",")}\r\n`;
}

/** The row of a file, with its line break. @param classes as for the head */
export function batchCsvRow({ filename, images, notes = "", language }: BatchRow, classes: readonly string[]): string {
  const failed = images.find(({ error }) => error !== undefined)?.error;
  const read = images.filter(({ error }) => error === undefined);
  const findings = read.flatMap((image) => image.findings);
  const count = (of: readonly Finding[]) => (read.length === 0 ? "" : String(of.length));
  const ofClass = classes.map((_, id) => findings.filter(({ classId }) => classId === id));
  const cells = [
    csvText(filename),
    count(findings),
    csvNumber(
      meanOf(findings, ({ confidence }) => confidence),
      4,
    ),
    ...ofClass.flatMap((of) => [
      count(of),
      csvNumber(
        meanOf(of, ({ confidence }) => confidence),
        4,
      ),
    ]),
    csvNumber(
      meanOf(findings, ({ box }) => box.x2 - box.x1),
      2,
    ),
    csvNumber(
      meanOf(findings, ({ box }) => box.y2 - box.y1),
      2,
    ),
    csvText(notes),
    csvText(failed === undefined ? "" : errorIn(failed, language)),
  ];
  return `${cells.join(",")}\r\n`;
}

function meanOf(findings: readonly Finding[], value: (finding: Finding) => number): number | undefined {
  if (findings.length === 0) return undefined;
  return findings.reduce((sum, finding) => sum + value(finding), 0) / findings.length;
}
