/**
 * @file Rows of a CSV file by the names of their columns.
 */
import Papa from "papaparse";
import { FoveaError } from "../../errors";

export interface CsvRows {
  /** As written, without blanks around them; a second column of one name is left out. */
  readonly columns: readonly string[];
  /** Cells by column. */
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/**
 * Fields may be parted by commas, semicolons or tabs.
 *
 * @throws {FoveaError} `invalid_annotations` if there is no row below the heading or a quotation does not end
 */
export function readCsvRows(text: string, file: string): CsvRows {
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ""), {
    skipEmptyLines: "greedy",
    delimitersToGuess: [",", ";", "\t"],
  });
  const broken = errors.find(({ type }) => type === "Quotes");
  if (broken) {
    const at = broken.row === undefined ? undefined : `line ${broken.row + 1}`;
    throw new FoveaError("invalid_annotations", `not valid CSV: ${broken.message}`, { file, at });
  }
  const [head, ...body] = data;
  if (head === undefined) throw new FoveaError("invalid_annotations", "is empty; expected names of columns", { file });
  const columns = head.map((name) => name.trim());
  const rows = body.map((cells) => {
    const row: Record<string, string> = {};
    for (const [i, name] of columns.entries())
      if (!Object.hasOwn(row, name) && name !== "__proto__") row[name] = plain(cells[i] ?? "");
    return row;
  });
  return { columns: [...new Set(columns)], rows };
}

/** Without blanks around it, and without the apostrophe that keeps a spreadsheet from computing it. */
function plain(cell: string): string {
  return cell.trim().replace(/^'(?=[=+\-@])/, "");
}
