/**
 * @file A table of what is known of images: a CSV with a column `image` and any others, such as patient, site, sex.
 */
import Papa from "papaparse";
import { FoveaError } from "../errors";
import type { Attributes } from "./annotation-set";

/** Attributes by image. */
export interface CaseTable {
  /** Of the image at a path: its row is found by the whole path, or its last parts, with or without its ending. */
  of(file: string): Attributes | undefined;
  /** Columns but `image`. */
  readonly columns: readonly string[];
  readonly rows: number;
}

/** Names that the column of images may have. */
const IMAGE_COLUMNS = ["image", "file", "filename", "file_name", "image_id", "path"];

/**
 * @param file what errors call it
 * @throws {FoveaError} `invalid_annotations` if there is no column of images, or an image has two rows that differ
 */
export function parseCaseTable(text: string, file: string): CaseTable {
  const { data, meta } = Papa.parse<Record<string, string>>(text.replace(/^\uFEFF/, ""), {
    header: true,
    skipEmptyLines: "greedy",
    transformHeader: (name) => name.trim(),
  });
  const columns = meta.fields ?? [];
  const key = columns.find((name) => IMAGE_COLUMNS.includes(name.toLowerCase()));
  if (key === undefined) {
    const message = `columns ${columns.join(", ")}; expected one called image, and others such as patient, site, sex`;
    throw new FoveaError("invalid_annotations", message, { file, at: "line 1" });
  }
  const others = columns.filter((name) => name !== key && name !== "");
  const rows = new Map<string, Attributes>();
  data.forEach((row, i) => {
    const name = row[key]?.trim().replaceAll("\\", "/");
    if (!name) throw new FoveaError("invalid_annotations", "no image is named", { file, at: `row ${i + 1}` });
    const attributes = Object.fromEntries(others.map((column) => [column, row[column]?.trim() ?? ""]));
    const before = rows.get(name);
    if (before && others.some((column) => before[column] !== attributes[column])) {
      throw new FoveaError("invalid_annotations", `${name} has two rows that differ`, { file, at: `row ${i + 1}` });
    }
    rows.set(name, attributes);
  });
  const of = (path: string) => {
    const parts = path.split(/[\\/]/);
    for (let i = 0; i < parts.length; i++) {
      const tail = parts.slice(i).join("/");
      const found = rows.get(tail) ?? rows.get(tail.replace(/\.[^./]+$/, ""));
      if (found) return found;
    }
    return undefined;
  };
  return { of, columns: others, rows: rows.size };
}
