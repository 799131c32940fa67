/**
 * @file Findings as a table for spreadsheets.
 *
 * RFC 4180 with a byte order mark, so that Excel reads it as UTF-8.
 */
import type { Finding } from "../finding";
import { BYTE_ORDER_MARK, csvNumber, csvText } from "./csv-cell";
import type { ImageFindings } from "./findings";

const PLACE = ["file", "width", "height"] as const;
const MEASURED = [
  ...(["confidence", "x1", "y1", "x2", "y2"] as const),
  ...(["width_px", "height_px", "width_mm", "height_mm", "error"] as const),
] as const;
const COLUMNS = [...PLACE, "class", ...MEASURED] as const;
/** With what readers call a class beside what the model calls it, and why nothing is told in their language. */
const SHOWN_COLUMNS = [...PLACE, "class", "class_shown", ...MEASURED, "error_shown"] as const;
type Column = (typeof SHOWN_COLUMNS)[number];

/** What readers are told beside what programs read. */
export interface ShownCells<Image extends ImageFindings> {
  readonly className: (className: string) => string;
  /** Why it was not looked at, or not whole; "" where it was. */
  readonly error: (image: Image) => string;
}

/**
 * One row for each finding, and one for each file without findings or with an error. Pixels, millimetres.
 *
 * @param shown what stands in the columns `class_shown` and `error_shown`. @default no such columns
 */
export function findingsCsv<Image extends ImageFindings>(
  { images }: { readonly images: readonly Image[] },
  shown?: ShownCells<Image>,
): string {
  if (shown === undefined) return CSV_HEAD + images.map(csvRows).join("");
  return headOf(SHOWN_COLUMNS) + images.map((image) => rowsOf(image, SHOWN_COLUMNS, shown)).join("");
}

/** Byte order mark and names of the columns, for a table that is written piece by piece. */
export const CSV_HEAD = headOf(COLUMNS);

function headOf(columns: readonly Column[]): string {
  return `${BYTE_ORDER_MARK}${columns.join(",")}\r\n`;
}

/** Rows of one image, each with its line break. */
export function csvRows(image: ImageFindings): string {
  return rowsOf(image, COLUMNS);
}

function rowsOf<Image extends ImageFindings>(
  image: Image,
  columns: readonly Column[],
  shown?: ShownCells<Image>,
): string {
  const findings = image.findings.length === 0 ? [undefined] : image.findings;
  return findings
    .map((finding) => cellsOf(image, finding, shown))
    .map((cells) => `${columns.map((column) => cells[column]).join(",")}\r\n`)
    .join("");
}

function cellsOf<Image extends ImageFindings>(
  image: Image,
  finding: Finding | undefined,
  shown?: ShownCells<Image>,
): Readonly<Record<Column, string>> {
  const { file, frame, width, height, error } = image;
  return {
    file: csvText(frame === undefined || frame === 0 ? file : `${file} [${frame}]`),
    width: width === 0 ? "" : String(width),
    height: height === 0 ? "" : String(height),
    class: csvText(finding?.className ?? ""),
    class_shown: csvText(finding === undefined ? "" : (shown?.className(finding.className) ?? "")),
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
    error_shown: csvText(shown?.error(image) ?? ""),
  };
}
