/**
 * @file What `fovea pacs` does.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type PacsQuery, PacsQuerySchema } from "@fovea/core/contract/pacs";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { Check, Errors } from "typebox/value";
import { readConfig } from "../config/read-config";
import { writeAtomically } from "../data/atomic-write";
import { openPeer } from "../pacs/open-peer";
import { readFileHeader } from "../pacs/part10";
import type { PacsPeer } from "../pacs/peer";
import { findStudies } from "../pacs/study-query";
import { plural } from "./describe-dataset";
import type { PacsFindOptions, PacsGetOptions, PacsOptions } from "./pacs";
import { Progress } from "./progress";
import { textTable } from "./table";

const UID = /^[0-9]+(\.[0-9]+)*$/;

export async function runPacsEcho(options: PacsOptions): Promise<void> {
  const peer = await peerOf(options);
  const began = performance.now();
  await peer.echo();
  process.stdout.write(`answers, in ${Math.round(performance.now() - began)} ms\n`);
}

export async function runPacsFind(options: PacsFindOptions): Promise<void> {
  const query = queryOf(options);
  const { studies, more } = await findStudies(await peerOf(options), query);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ studies, more }, undefined, 2)}\n`);
    return;
  }
  const columns = ["Date", "Modality", "Images", "Patient ID", "Patient", "Study", "UID"];
  const rows = studies.map((one) => [
    ...[one.study_date ?? "", one.modalities.join(","), String(one.instances ?? ""), one.patient_id ?? ""],
    ...[one.patient_name ?? "", one.description ?? "", one.study_uid],
  ]);
  if (rows.length > 0) {
    process.stdout.write(
      `${textTable(
        columns.map((title) => ({ title, align: title === "Images" ? "right" : "left" })),
        rows,
      )}\n`,
    );
  }
  process.stdout.write(`${rows.length} ${rows.length === 1 ? "study" : "studies"}${more ? "; there are more" : ""}\n`);
}

export async function runPacsGet({ study, series, out, ...options }: PacsGetOptions): Promise<void> {
  for (const [name, uid] of [
    ["study", study],
    ["series", series],
  ] as const) {
    if (uid !== undefined && !UID.test(uid)) throw new ArgumentError(`--${name}: expected a UID of digits and dots`);
  }
  const peer = await peerOf(options);
  await mkdir(out, { recursive: true });
  const progress = new Progress();
  let files = 0;
  try {
    for await (const file of peer.retrieve({ studyUid: study, seriesUid: series })) {
      await keep(file, out);
      progress.show(plural(++files, "file"));
    }
  } finally {
    progress.clear();
  }
  if (files === 0)
    throw new FoveaError("not_found", "the PACS has no images of this study, or does not give them to us");
  process.stdout.write(`${plural(files, "file")} in ${out}\n`);
}

/** Under its SOP Instance UID, which is checked: what a peer says is no path. */
async function keep(file: Readable, folder: string): Promise<void> {
  const pieces: Uint8Array[] = [];
  for await (const piece of file) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  const uid = readFileHeader(bytes, true)?.sopUid ?? "";
  if (!UID.test(uid) || uid.length > 64) throw new FoveaError("invalid_dicom", "the PACS sent an object without a UID");
  await writeAtomically(join(folder, `${uid}.dcm`), bytes);
}

/** @throws {FoveaError} `invalid_argument` if it is given neither or both ways, or the name is not known */
async function peerOf({ config, pacs, host, port, ae, callingAe, url }: PacsOptions): Promise<PacsPeer> {
  const ways = [config, host, url].filter((one) => one !== undefined);
  if (ways.length !== 1) throw new ArgumentError("give one of --config, --host and --url: which PACS is asked");
  if (config !== undefined) {
    const { destinations, defaultCharacterSet } = await readConfig({ file: config, environment: process.env });
    const names = destinations.map(({ name }) => name);
    const found =
      pacs === undefined && destinations.length === 1
        ? destinations[0]
        : destinations.find(({ name }) => name === pacs);
    if (found === undefined)
      throw new ArgumentError(`--pacs: expected one of ${names.join(", ") || "no destinations"}`);
    return openPeer(found, defaultCharacterSet);
  }
  if (url !== undefined) {
    const authorization = process.env.FOVEA_PACS_AUTHORIZATION;
    return openPeer({ name: "pacs", send: [], dicomWeb: { url, ...(authorization && { authorization }) } });
  }
  if (host === undefined || port === undefined || ae === undefined)
    throw new ArgumentError("--host needs --port and --ae too");
  return openPeer({ name: "pacs", send: [], dimse: { host, port, aeTitle: ae, callingAe } });
}

/** What each field of a query must be, by its flag. */
const WANTED: Readonly<Record<string, string>> = {
  patient_id: "--patient-id: expected 1 to 64 characters on one line",
  patient_name: "--patient-name: expected 1 to 64 characters on one line, such as CURIE^M*",
  study_date: "--date: expected YYYYMMDD, or a range: YYYYMMDD-YYYYMMDD",
  modality: "--modality: expected a code in capitals, such as CT",
  accession: "--accession: expected 1 to 16 characters on one line",
  study_uid: "--study: expected a UID: digits and dots, 64 at most",
  limit: "--limit: expected a whole number from 1 to 500",
};

/** @throws {FoveaError} `invalid_argument` */
function queryOf({ patientId, patientName, date, modality, accession, study, limit }: PacsFindOptions): PacsQuery {
  const given = {
    patient_id: patientId,
    patient_name: patientName,
    study_date: date,
    modality,
    accession,
    study_uid: study,
  };
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(values).length === 0)
    throw new ArgumentError("give at least one value to match, such as --patient-id");
  const query: unknown = { ...values, limit };
  if (!Check(PacsQuerySchema, query)) {
    const [first] = Errors(PacsQuerySchema, query);
    throw new ArgumentError(WANTED[first?.instancePath.slice(1) ?? ""] ?? "these values cannot be searched for");
  }
  return query;
}
