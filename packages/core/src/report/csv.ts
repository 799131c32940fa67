/**
 * @file Findings as a table for spreadsheets.
 *
 * RFC 4180 with a byte order mark, so that Excel reads it as UTF-8.
 */
import { type Finding, thresholdText } from "../finding";
import { BYTE_ORDER_MARK, csvNumber, csvText } from "./csv-cell";
import type { ImageFindings } from "./findings";

const PLACE = ["file", "width", "height"] as const;
const MEASURED = [
  ...(["confidence", "x1", "y1", "x2", "y2"] as const),
  ...(["width_px", "height_px", "width_mm", "height_mm", "error"] as const),
] as const;
const COLUMNS = [...PLACE, "class", ...MEASURED] as const;
/** New ones come last, as some read columns by their place. */
const RECORD_COLUMNS = [
  ...([...PLACE, "class", "class_shown", ...MEASURED] as const),
  ...(["review", "reviewed_by", "reviewed_at", "threshold", "error_shown"] as const),
] as const;
type Column = (typeof RECORD_COLUMNS)[number];

/** A finding of the record, and what was decided of it. */
export interface RecordFinding extends Finding {
  readonly review?: "open" | "accepted" | "rejected";
  /** Who decided. @default nobody, or the one who asks may not know */
  readonly reviewedBy?: string;
  readonly reviewedAt?: Date;
}

/** An image of the record. */
export interface RecordImage extends ImageFindings {
  readonly findings: readonly RecordFinding[];
  /** Confidence below which findings were left out. @default not known, or nobody looked at it */
  readonly threshold?: number;
}

/** One row for each finding, and one for each file without findings or with an error. Pixels, millimetres. */
export function findingsCsv({ images }: { readonly images: readonly ImageFindings[] }): string {
  return CSV_HEAD + images.map(csvRows).join("");
}

/** What readers are told beside what programs read. */
export interface ShownCells<Image extends RecordImage> {
  readonly className: (className: string) => string;
  /** Why it was not looked at, or not whole; "" where it was. */
  readonly error: (image: Image) => string;
}

/**
 * The same of the service's record, with what readers decided, and the threshold of each image.
 *
 * @param shown what stands in the columns `class_shown` and `error_shown`
 */
export function recordCsv<Image extends RecordImage>(images: readonly Image[], shown: ShownCells<Image>): string {
  return headOf(RECORD_COLUMNS) + images.map((image) => rowsOf(image, RECORD_COLUMNS, shown)).join("");
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

function rowsOf<Image extends RecordImage>(
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

function cellsOf<Image extends RecordImage>(
  image: Image,
  finding: RecordFinding | undefined,
  shown?: ShownCells<Image>,
): Readonly<Record<Column, string>> {
  const { file, frame, width, height, error, threshold } = image;
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
    review: finding?.review ?? "",
    reviewed_by: csvText(finding?.reviewedBy ?? ""),
    reviewed_at: finding?.reviewedAt?.toISOString() ?? "",
    threshold: threshold === undefined ? "" : thresholdText(threshold),
    error_shown: csvText(shown?.error(image) ?? ""),
  };
}
