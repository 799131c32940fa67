/**
 * @file Whose image a file is.
 */
import { basename, extname } from "node:path";
import { hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { readBytes, readText } from "../read-file";

/**
 * How patients are told apart: `image` takes every image for itself, `patient` reads a table or DICOM's PatientID or a
 * name such as `patient12_3.png`, anything else is a regular expression on the file's name whose first group, or all of
 * it, is the patient.
 */
export interface PatientOptions {
  readonly by: string;
  /** CSV file with the columns `image,patient`, for `patient`. @default none */
  readonly table?: string;
}

/** `patient012_left.png`, then `case-7.dcm`, `sub_A03_t1.png`, then `P0012.jpg`: the words that say most come first. */
const NAMED = ["patient|pat", "case|subject|sub", "p"].map(
  (words) => new RegExp(`(?<![a-z])(?:${words})[ _-]?([a-z]?)(\\d+)`, "gi"),
);

/** Without leading zeros, so that 012 and 12 are one; nothing where a name says two. */
function patientInName(name: string): string | undefined {
  for (const words of NAMED) {
    const found = new Set(
      [...name.matchAll(words)].map(([, letter, digits]) => `${letter.toLowerCase()}${BigInt(digits)}`),
    );
    if (found.size > 0) return found.size === 1 ? [...found][0] : undefined;
  }
  return undefined;
}

/**
 * The patient of each of `files`, in their order.
 *
 * @throws {ArgumentError} if the expression is none, or a file's patient cannot be found, naming the first such file
 * @throws {FoveaError} `file_not_found`, `file_unreadable`; `invalid_annotations` if the table is none
 */
export async function patientsOf(files: readonly string[], options: PatientOptions): Promise<string[]> {
  const find = await patientFinder(options);
  const found: string[] = [];
  const lost: string[] = [];
  for (const file of files) {
    const patient = await find(file);
    if (patient === undefined || patient === "") lost.push(file);
    else found.push(patient);
  }
  if (lost.length > 0) throw lostPatients(lost, options);
  return found;
}

/** Tells the patient of a file, `undefined` where nothing does. */
export type FindPatient = (file: string) => Promise<string | undefined>;

/**
 * How `patientsOf` tells patients, one file at a time.
 *
 * @throws {FoveaError} as `patientsOf`; of a file: what its reading throws
 */
export async function patientFinder({ by, table }: PatientOptions): Promise<FindPatient> {
  if (table !== undefined && by !== "patient") {
    throw new ArgumentError(`patients: a table is read for --by patient only, got --by ${by}`);
  }
  if (by === "image") return async (file) => file;
  const find = by !== "patient" ? byPattern(by) : table !== undefined ? await byTable(table) : byFile;
  return async (file) => find(file);
}

/** The error for files whose patient was not found. */
function lostPatients(lost: readonly string[], { by, table }: PatientOptions): ArgumentError {
  const mend =
    by !== "patient"
      ? "mend the expression"
      : table !== undefined
        ? "add them to the table"
        : "give --patients table.csv with the columns image,patient, or a regular expression as --by '^([^_]+)_'";
  const more = lost.length === 1 ? "" : ` and of ${lost.length - 1} more`;
  return new ArgumentError(`by ${by}: no patient found of ${lost[0]}${more}; ${mend}`);
}

type Find = (file: string) => string | undefined | Promise<string | undefined>;

function byPattern(pattern: string): Find {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (cause) {
    const wanted = "wanted image, patient, or a regular expression on the file's name such as '^([^_]+)_'";
    throw new ArgumentError(`by: ${pattern} is no regular expression; ${wanted}`, { cause });
  }
  return (file) => {
    const match = expression.exec(basename(file));
    return match?.[1] ?? match?.[0];
  };
}

/** DICOM says it; other files by their names. */
async function byFile(file: string): Promise<string | undefined> {
  if ([".dcm", ".dicom"].includes(extname(file).toLowerCase())) {
    const bytes = await readBytes(file, "image file");
    if (hasDicomPrefix(bytes)) {
      const id = parseDataSet(bytes, file).text("PatientID")?.trim();
      if (id) return id;
    }
  }
  return patientInName(basename(file));
}

/** By the file's name with or without folders and ending, as the table has it. */
async function byTable(path: string): Promise<Find> {
  const patients = parsePatientTable(await readText(path, "table of patients"), path);
  return (file) => {
    const parts = file.split(/[\\/]/);
    for (let i = 0; i < parts.length; i++) {
      const tail = parts.slice(i).join("/");
      const patient = patients.get(tail) ?? patients.get(tail.slice(0, tail.length - extname(tail).length));
      if (patient !== undefined) return patient;
    }
    return undefined;
  };
}

/**
 * Patients by image, from CSV with the columns `image` and `patient`; others are left alone.
 *
 * @param file what errors call it
 * @throws {FoveaError} `invalid_annotations`, with the line
 */
export function parsePatientTable(text: string, file: string): ReadonlyMap<string, string> {
  const fail = (line: number, message: string) =>
    new FoveaError("invalid_annotations", message, { file, at: `line ${line}` });
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const cellsOf = (line: string) =>
    [...line.matchAll(/(?:^|[,;\t])(?:"((?:[^"]|"")*)"|([^,;\t]*))/g)].map(([, quoted, plain]) =>
      quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'),
    );
  const head = cellsOf(lines[0]).map((name) => name.toLowerCase());
  const [image, patient] = [head.indexOf("image"), head.indexOf("patient")];
  if (image < 0 || patient < 0) throw fail(1, `columns ${head.join(", ")}; expected image and patient among them`);
  const patients = new Map<string, string>();
  lines.slice(1).forEach((line, i) => {
    if (line.trim() === "") return;
    const cells = cellsOf(line);
    const [name, id] = [cells[image]?.replaceAll("\\", "/"), cells[patient]];
    if (!name || !id) throw fail(i + 2, `${line.slice(0, 60)}; expected an image and its patient`);
    const before = patients.get(name);
    if (before !== undefined && before !== id) throw fail(i + 2, `${name} is of patient ${before} and of ${id}`);
    patients.set(name, id);
  });
  return patients;
}
