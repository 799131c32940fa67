/**
 * @file The tables of LUNA16: `seriesuid,coordX,coordY,coordZ` and `diameter_mm` or `probability`; scans one a line.
 */
import Papa from "papaparse";
import { FoveaError } from "../errors";
import type { Nodule, NoduleMark } from "./luna16";

/** Row of a table, by the names of its columns in lower case. */
type Row = Readonly<Record<string, string>>;

/**
 * Annotations and excluded findings. Further columns are left alone.
 *
 * @throws {FoveaError} `invalid_annotations`: a column is missing, or a number is none
 */
export function parseNodules(text: string, file?: string): Nodule[] {
  return rowsOf(text, "diameter_mm", file).map(({ series, x, y, z, value }) => ({ series, x, y, z, diameter: value }));
}

/** Marks of a detector. @throws as `parseNodules` */
export function parseMarks(text: string, file?: string): NoduleMark[] {
  return rowsOf(text, "probability", file).map(({ series, x, y, z, value }) => ({
    series,
    x,
    y,
    z,
    probability: value,
  }));
}

/** Series instance UIDs, one a line; a heading `seriesuid` and empty lines are left out. */
export function parseSeries(text: string): string[] {
  const { data } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ""), { skipEmptyLines: "greedy", delimiter: "," });
  return data.map(([uid]) => uid.trim()).filter((uid) => uid !== "" && uid.toLowerCase() !== "seriesuid");
}

function rowsOf(text: string, valueName: string, file: string | undefined) {
  const { data, meta } = Papa.parse<Row>(text.replace(/^\uFEFF/, ""), {
    header: true,
    skipEmptyLines: "greedy",
    delimiter: ",",
    transformHeader: (name) => name.trim().toLowerCase(),
  });
  const wanted = ["seriesuid", "coordx", "coordy", "coordz", valueName];
  const missing = wanted.filter((name) => !meta.fields?.includes(name));
  if (missing.length > 0) {
    const message = `no column ${missing.join(", ")}; wanted seriesuid,coordX,coordY,coordZ,${valueName}`;
    throw new FoveaError("invalid_annotations", message, { file, at: "line 1" });
  }
  return data.map((row, i) => {
    const number = (name: string) => {
      const value = row[name]?.trim() ? Number(row[name]) : Number.NaN;
      if (Number.isFinite(value)) return value;
      const message = `"${row[name] ?? ""}", expected a number`;
      throw new FoveaError("invalid_annotations", message, { file, at: `line ${i + 2}, ${name}` });
    };
    return {
      series: row.seriesuid.trim(),
      ...{ x: number("coordx"), y: number("coordy"), z: number("coordz"), value: number(valueName) },
    };
  });
}
