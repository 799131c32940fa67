/**
 * @file What was done to files, as a table for spreadsheets (RFC 4180): one row for each changed element, never its value.
 */
import Papa from "papaparse";
import type { Change } from "./rewrite";

const COLUMNS = ["source", "output", "status", "tag", "keyword", "action", "remark"] as const;

/** One file as the report tells it. */
export interface ReportedFile {
  readonly source: string;
  readonly output?: string;
  readonly status: string;
  readonly reason?: string;
  readonly warnings?: readonly string[];
  readonly changes?: readonly Change[];
}

/** Byte order mark, so that Excel reads UTF-8, and names of the columns. */
export const CHANGES_CSV_HEAD = `\uFEFF${COLUMNS.join(",")}\r\n`;

/** Rows of one file, each with its line break. */
export function changesCsv({ source, output = "", status, reason, warnings = [], changes = [] }: ReportedFile): string {
  const remarks = [...(reason === undefined ? [] : [reason]), ...warnings];
  const rows = [
    ...remarks.map((remark) => [source, output, status, "", "", "", remark]),
    ...changes.map(({ path, keyword, action }) => [source, output, status, path, keyword, action, ""]),
  ];
  const all = rows.length === 0 ? [[source, output, status, "", "", "", ""]] : rows;
  return `${Papa.unparse(all, { escapeFormulae: true, newline: "\r\n" })}\r\n`;
}
