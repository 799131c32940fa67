/**
 * @file Cells of tables for spreadsheets (RFC 4180).
 *
 * Text that a spreadsheet would take for a formula is put behind an apostrophe: a file's name must not run anything on
 * the reader's machine.
 */

/** Begins a table, so that Excel reads it as UTF-8. */
export const BYTE_ORDER_MARK = "\uFEFF";

/** A number to so many digits; nothing where there is none. */
export function csvNumber(value: number | undefined, digits: number): string {
  return value === undefined ? "" : value.toFixed(digits);
}

/** Signs that begin a formula, in full width too, and what a spreadsheet skips before one. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** A text, quoted where it must be. */
export function csvText(value: string): string {
  const defused = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(defused) ? `"${defused.replaceAll('"', '""')}"` : defused;
}
