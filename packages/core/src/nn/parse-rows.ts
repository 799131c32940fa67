/**
 * @file The rows of a model YAML, from outside data to the published form.
 */
import { FoveaError, type Place } from "../errors";
import type { PublishedRow } from "./published";
import { isGiven, type Mapping, show } from "./yaml-value";

/**
 * @param before rows of the sections before this one
 * @throws {FoveaError} `invalid_model` if the section is no list, or with the row if it is not made as a row is
 */
export function parseRows(
  value: Mapping,
  section: "backbone" | "head",
  before: number,
  file: string | undefined,
): readonly PublishedRow[] {
  const rows = value[section];
  if (!Array.isArray(rows)) {
    const found = isGiven(rows) ? show(rows) : `no such key (found: ${Object.keys(value).join(", ")})`;
    const wanted = "expected a list of rows, as - [-1, 1, Conv, [64, 3, 2]]";
    throw new FoveaError("invalid_model", `${found}, ${wanted}`, { file, at: section });
  }
  return rows.map((row: unknown, i) => parseRow(row, { file, at: `row ${before + i} (${section}[${i}])` }));
}

/** Most repeats of a row; the published networks have at most 6. */
const MOST_REPEATS = 1000;

function parseRow(row: unknown, place: Place): PublishedRow {
  const refuse = (message: string): never => {
    throw new FoveaError("invalid_model", message, place);
  };
  if (!Array.isArray(row) || row.length !== 4) {
    const count = Array.isArray(row) ? `${row.length} entries, ` : "";
    return refuse(`${count}${show(row)}: expected [from, repeats, module, [arguments]]`);
  }
  const [from, repeats, module, args]: unknown[] = row;
  const sources: unknown[] = Array.isArray(from) ? from : [from];
  if (!sources.every((source) => Number.isInteger(source))) {
    return refuse(`from is ${show(from)}, expected the number of a row, -1 for the one before, or a list of them`);
  }
  if (!Number.isInteger(repeats) || (repeats as number) < 1 || (repeats as number) > MOST_REPEATS) {
    return refuse(`repeats is ${show(repeats)}, expected a whole number from 1 to ${MOST_REPEATS}`);
  }
  if (typeof module !== "string") return refuse(`module is ${show(module)}, expected a name, as Conv`);
  if (!Array.isArray(args))
    return refuse(`the arguments of ${module} are ${show(args)}, expected a list, as [64, 3, 2]`);
  return [Array.isArray(from) ? (sources as number[]) : (from as number), repeats as number, module, args];
}
