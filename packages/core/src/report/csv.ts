/**
 * @file Findings as a table for spreadsheets.
 *
 * RFC 4180 with a byte order mark, so that Excel reads it as UTF-8. Text that a spreadsheet would take for a formula is
 * put behind an apostrophe: a file's name must not run anything on the reader's machine.
 */
import type { Finding } from "../finding";
import type { FindingsReport, ImageFindings } from "./findings";

const COLUMNS = [
  ...["file", "width", "height", "class", "confidence", "x1", "y1", "x2", "y2"],
  ...["width_px", "height_px", "width_mm", "height_mm", "error"],
] as const;

const BYTE_ORDER_MARK = "\uFEFF";

/** One row for each finding, and one for each file without findings or with an error. Pixels, millimetres. */
export function findingsCsv({ images }: Pick<FindingsReport, "images">): string {
  return CSV_HEAD + images.map(csvRows).join("");
}

/** Byte order mark and names of the columns, for a table that is written piece by piece. */
export const CSV_HEAD = `${BYTE_ORDER_MARK}${COLUMNS.join(",")}\r\n`;

/** Rows of one image, each with its line break. */
export function csvRows(image: ImageFindings): string {
  const rows = image.findings.length === 0 ? [row(image)] : image.findings.map((finding) => row(image, finding));
  return rows.map((line) => `${line}\r\n`).join("");
}

function row({ file, frame, width, height, error }: ImageFindings, finding?: Finding): string {
  const cells: Record<(typeof COLUMNS)[number], string> = {
    file: text(frame === undefined || frame === 0 ? file : `${file} [${frame}]`),
    width: error ? "" : String(width),
    height: error ? "" : String(height),
    class: text(finding?.className ?? ""),
    confidence: number(finding?.confidence, 4),
    x1: number(finding?.box.x1, 2),
    y1: number(finding?.box.y1, 2),
    x2: number(finding?.box.x2, 2),
    y2: number(finding?.box.y2, 2),
    width_px: number(finding && finding.box.x2 - finding.box.x1, 2),
    height_px: number(finding && finding.box.y2 - finding.box.y1, 2),
    width_mm: number(finding?.sizeMm?.width, 2),
    height_mm: number(finding?.sizeMm?.height, 2),
    error: text(error?.message ?? ""),
  };
  return COLUMNS.map((column) => cells[column]).join(",");
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? "" : value.toFixed(digits);
}

/** Signs that begin a formula, in full width too, and what a spreadsheet skips before one. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

function text(value: string): string {
  const defused = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(defused) ? `"${defused.replaceAll('"', '""')}"` : defused;
}
