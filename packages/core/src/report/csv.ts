/**
 * @file Findings as a table for spreadsheets.
 *
 * RFC 4180 with a byte order mark, so that Excel reads it as UTF-8.
 */
import type { Finding } from "../finding";
import { BYTE_ORDER_MARK, csvNumber, csvText } from "./csv-cell";
import type { FindingsReport, ImageFindings } from "./findings";

const COLUMNS = [
  ...["file", "width", "height", "class", "confidence", "x1", "y1", "x2", "y2"],
  ...["width_px", "height_px", "width_mm", "height_mm", "error"],
] as const;

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
    file: csvText(frame === undefined || frame === 0 ? file : `${file} [${frame}]`),
    width: error ? "" : String(width),
    height: error ? "" : String(height),
    class: csvText(finding?.className ?? ""),
    confidence: csvNumber(finding?.confidence, 4),
    x1: csvNumber(finding?.box.x1, 2),
    y1: csvNumber(finding?.box.y1, 2),
    x2: csvNumber(finding?.box.x2, 2),
    y2: csvNumber(finding?.box.y2, 2),
    width_px: csvNumber(finding && finding.box.x2 - finding.box.x1, 2),
    height_px: csvNumber(finding && finding.box.y2 - finding.box.y1, 2),
    width_mm: csvNumber(finding?.sizeMm?.width, 2),
    height_mm: csvNumber(finding?.sizeMm?.height, 2),
    error: csvText(error?.message ?? ""),
  };
  return COLUMNS.map((column) => cells[column]).join(",");
}
