/**
 * @file What is known of the images of an evaluation beside their pixels: from a table, and from DICOM headers.
 */
import { isAbsolute, join } from "node:path";
import type { Attributes } from "@fovea/core/dataset/annotation-set";
import { type CaseTable, parseCaseTable } from "@fovea/core/dataset/case-table";
import { parseDataSet } from "@fovea/core/dicom/data-set";
import { readSpacing } from "@fovea/core/dicom/spacing";
import { FoveaError } from "@fovea/core/errors";
import { readBytes, readText } from "../read-file";
import { mapBounded } from "./map-bounded";
import { isDicomName } from "./source-image";

/** Files looked at at one time. */
const CONCURRENCY = 8;

/** Attributes of DICOM that make subgroups, and what they are called here. */
const HEADERS = [
  ["PatientID", "patient_id"],
  ["PatientSex", "sex"],
  ["PatientAge", "age"],
  ["Modality", "modality"],
  ["Manufacturer", "manufacturer"],
  ["ManufacturerModelName", "scanner"],
  ["InstitutionName", "site"],
] as const;

/** @throws {FoveaError} as reading the file and `parseCaseTable` */
export async function readCaseTable(path: string): Promise<CaseTable> {
  return parseCaseTable(await readText(path, "table of cases"), path);
}

/**
 * Attributes of each of `files`, by its path as given; a table counts before a header. Files that cannot be read have none.
 *
 * @param root folder that the files are relative to
 * @throws {FoveaError} `invalid_argument` if the table knows none of the files
 */
export async function caseFacts(
  files: readonly string[],
  table: CaseTable | undefined,
  onProgress?: (done: number, total: number) => void,
  root = "",
): Promise<Map<string, Attributes>> {
  const dicom = files.filter(isDicomName);
  let done = 0;
  const headers = await mapBounded(dicom, CONCURRENCY, async (file) => {
    const facts = await headerFacts(isAbsolute(file) ? file : join(root, file));
    onProgress?.(++done, dicom.length);
    return [file, facts] as const;
  });
  const ofHeaders = new Map(headers);
  let known = 0;
  const facts = new Map(
    files.map((file) => {
      const row = table?.of(file);
      if (row) known++;
      return [file, { ...ofHeaders.get(file), ...row }] as const;
    }),
  );
  if (table && known === 0 && files.length > 0) {
    const message = `none of its ${table.rows} images is among those evaluated, e.g. ${files[0]}`;
    throw new FoveaError("invalid_argument", `cases: ${message}`);
  }
  return facts;
}

async function headerFacts(file: string): Promise<Attributes> {
  try {
    const dataSet = parseDataSet(await readBytes(file, "image file"), file);
    const spacing = readSpacing(dataSet, 0);
    const texts = HEADERS.flatMap(([keyword, name]) => {
      const text = dataSet.text(keyword)?.trim();
      return text ? [[name, text] as const] : [];
    });
    return { ...Object.fromEntries(texts), ...(spacing && { spacing_mm: `${spacing.row}\\${spacing.column}` }) };
  } catch (error) {
    if (error instanceof FoveaError) return {};
    throw error;
  }
}
