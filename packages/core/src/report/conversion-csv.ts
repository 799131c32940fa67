/**
 * @file What became of each file of a conversion, as a table for spreadsheets.
 *
 * RFC 4180 with a byte order mark, so that Excel reads it as UTF-8; cells that a spreadsheet would take for formulas stand
 * behind an apostrophe.
 */
import Papa from "papaparse";

/** A file, and what became of it. */
export interface ConversionRow {
  readonly source: string;
  /** `converted`, `partial`, `skipped` or `refused`. */
  readonly status: string;
  readonly reason?: string;
  readonly warnings: readonly string[];
  readonly modality?: string;
  readonly transferSyntax?: string;
  /** Frames in the file. */
  readonly frames?: number;
  /** Paths of its pictures. */
  readonly pictures: readonly string[];
}

const COLUMNS = [
  "source",
  "status",
  "reason",
  "frames",
  "pictures",
  "first_picture",
  "modality",
  "transfer_syntax",
  "warnings",
] as const;

const LINE = "\r\n";

/** Byte order mark and names of the columns, for a table that is written row by row. */
export const CONVERSION_CSV_HEAD = `\uFEFF${COLUMNS.join(",")}${LINE}`;

/** The row of a file, with its line break. */
export function conversionCsvRow(row: ConversionRow): string {
  const { source, status, reason, frames, pictures, modality, transferSyntax, warnings } = row;
  const cells: Record<(typeof COLUMNS)[number], string | number> = {
    source,
    status,
    reason: reason ?? "",
    frames: frames ?? "",
    pictures: pictures.length,
    first_picture: pictures[0] ?? "",
    modality: modality ?? "",
    transfer_syntax: transferSyntax ?? "",
    warnings: warnings.join("; "),
  };
  return `${Papa.unparse([COLUMNS.map((column) => cells[column])], { newline: LINE, escapeFormulae: true })}${LINE}`;
}
