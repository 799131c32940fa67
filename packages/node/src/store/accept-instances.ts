/**
 * @file Images into the record: a few statements for any number of them.
 */
import { FoveaError } from "@fovea/core/errors";
import type { Vault } from "../vault/vault";
import type { Sql } from "./database";
import type { AcceptOutcome, ReceivedInstance } from "./record";

/** What is known of the UIDs that came. */
interface Known {
  /** SHA-256 by SOP instance UID. */
  readonly images: ReadonlyMap<string, string>;
  /** Study by series. */
  readonly series: ReadonlyMap<string, string>;
}

/**
 * @returns one outcome for each, in order
 * @throws {FoveaError} `busy` if other transactions changed the same studies meanwhile: begin again
 */
export async function acceptInstances(
  sql: Sql,
  vault: Vault,
  instances: readonly ReceivedInstance[],
): Promise<AcceptOutcome[]> {
  const known = await lookUp(sql, instances);
  const fresh = unseen(instances, known);
  // Two processes that take the same studies meet in the same order, so neither waits for the other for ever.
  const sorted = [...fresh.values()].sort((a, b) => (a.sopUid < b.sopUid ? -1 : 1));
  // They go out together and are carried out in this order: one way there and back instead of three.
  const [, , added] = await Promise.all([
    addStudies(sql, vault, sorted),
    addSeries(sql, vault, sorted),
    addImages(sql, sorted),
  ]);
  const mine = new Set(added);
  await reopen(
    sql,
    sorted.filter(({ sopUid }) => mine.has(sopUid)),
  );
  // Another process may have had the same image, or its series, at the same moment: then what stands there decides.
  const isNew = (instance: ReceivedInstance) => mine.has(instance.sopUid) && fresh.get(instance.sopUid) === instance;
  const now = fresh.size === 0 || instances.every(isNew) ? known : await lookUp(sql, instances);
  return instances.map((instance) => (isNew(instance) ? "new" : standing(instance, now)));
}

/** What the record says of an image that it did not take. */
function standing({ sopUid, seriesUid, studyUid, sha256 }: ReceivedInstance, { images, series }: Known): AcceptOutcome {
  const there = images.get(sopUid);
  if (there !== undefined) return there === sha256 ? "same" : "conflict";
  const study = series.get(seriesUid);
  if (study !== undefined && study !== studyUid) return "astray";
  // Somebody deleted the study, or the image, between two statements. Whoever brings it must not think that it is here.
  throw new FoveaError("busy", "the record changed while an image was filed; try again");
}

async function lookUp(sql: Sql, instances: readonly ReceivedInstance[]): Promise<Known> {
  const [images, series] = await Promise.all([
    sql.query<{ sop_uid: string; sha256: string }>(
      "SELECT sop_uid, sha256 FROM instance WHERE sop_uid = ANY($1::text[])",
      [instances.map(({ sopUid }) => sopUid)],
    ),
    sql.query<{ series_uid: string; study_uid: string }>(
      "SELECT series_uid, study_uid FROM series WHERE series_uid = ANY($1::text[])",
      [[...new Set(instances.map(({ seriesUid }) => seriesUid))]],
    ),
  ]);
  return {
    images: new Map(images.map(({ sop_uid, sha256 }) => [sop_uid, sha256])),
    series: new Map(series.map(({ series_uid, study_uid }) => [series_uid, study_uid])),
  };
}

/** First of each UID that is not here, unless its series stands in another study: PS3.3 A.1.2 gives a series one study. */
function unseen(instances: readonly ReceivedInstance[], { images, series }: Known): Map<string, ReceivedInstance> {
  const fresh = new Map<string, ReceivedInstance>();
  const studyOf = new Map(series);
  for (const instance of instances) {
    const { sopUid, seriesUid, studyUid } = instance;
    if (images.has(sopUid) || fresh.has(sopUid)) continue;
    if ((studyOf.get(seriesUid) ?? studyUid) !== studyUid) continue;
    studyOf.set(seriesUid, studyUid);
    fresh.set(sopUid, instance);
  }
  return fresh;
}

/** The first of each `key`, in its order. */
function firstOf(instances: readonly ReceivedInstance[], key: "studyUid" | "seriesUid"): ReceivedInstance[] {
  const first = new Map<string, ReceivedInstance>();
  for (const instance of instances) if (!first.has(instance[key])) first.set(instance[key], instance);
  return [...first.values()].sort((a, b) => (a[key] < b[key] ? -1 : 1));
}

async function addStudies(sql: Sql, vault: Vault, instances: readonly ReceivedInstance[]): Promise<void> {
  if (instances.length === 0) return;
  const studies = firstOf(instances, "studyUid");
  await sql.query(
    `INSERT INTO study (study_uid, patient, patient_key, study_date, origin)
     SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::text[]) ON CONFLICT (study_uid) DO NOTHING`,
    [
      studies.map(({ studyUid }) => studyUid),
      studies.map(({ patient, studyUid }) => vault.sealJson(patient, `study.patient/${studyUid}`)),
      studies.map(({ patient: { PatientID } }) => (PatientID ? vault.lookup(PatientID, "patient") : undefined)),
      studies.map(({ studyDate }) => studyDate),
      studies.map(({ origin }) => origin),
    ],
  );
}

async function addSeries(sql: Sql, vault: Vault, instances: readonly ReceivedInstance[]): Promise<void> {
  if (instances.length === 0) return;
  const series = firstOf(instances, "seriesUid");
  await sql.query(
    `INSERT INTO series (series_uid, study_uid, modality, body_part, station, calling_ae, description, series_number)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::integer[])
     ON CONFLICT (series_uid) DO NOTHING`,
    [
      series.map(({ seriesUid }) => seriesUid),
      series.map(({ studyUid }) => studyUid),
      series.map(({ modality }) => modality),
      series.map(({ bodyPart }) => bodyPart),
      series.map(({ station }) => station),
      series.map(({ callingAe }) => callingAe),
      series.map(({ seriesUid, seriesDescription }) =>
        seriesDescription === undefined
          ? undefined
          : vault.sealJson(seriesDescription, `series.description/${seriesUid}`),
      ),
      series.map(({ seriesNumber }) => seriesNumber),
    ],
  );
}

/** @returns UIDs of those that were added */
async function addImages(sql: Sql, instances: readonly ReceivedInstance[]): Promise<string[]> {
  if (instances.length === 0) return [];
  const column = <T>(of: (instance: ReceivedInstance) => T) => instances.map(of);
  const rows = await sql.query<{ sop_uid: string }>(
    `INSERT INTO instance (sop_uid, series_uid, sop_class_uid, transfer_syntax_uid, media_type, instance_number, frames, rows,
                           columns, size_unknown, bytes, sha256, blob)
     SELECT sop_uid, series_uid, sop_class_uid, transfer_syntax_uid, media_type, instance_number, frames, rows, columns,
            size_unknown, bytes, sha256, blob
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::integer[], $8::integer[],
                 $9::integer[], $10::boolean[], $11::bigint[], $12::text[], $13::text[], $14::text[])
       AS given (sop_uid, series_uid, sop_class_uid, transfer_syntax_uid, media_type, instance_number, frames, rows, columns,
                 size_unknown, bytes, sha256, blob, study_uid)
       JOIN series USING (series_uid, study_uid)
     ON CONFLICT (sop_uid) DO NOTHING RETURNING sop_uid`,
    [
      column(({ sopUid }) => sopUid),
      column(({ seriesUid }) => seriesUid),
      column(({ sopClassUid }) => sopClassUid),
      column(({ transferSyntaxUid }) => transferSyntaxUid),
      column(({ mediaType }) => mediaType ?? "application/dicom"),
      column(({ instanceNumber }) => instanceNumber),
      column(({ frames }) => frames),
      column(({ rows }) => rows),
      column(({ columns }) => columns),
      column(({ sizeUnknown = false }) => sizeUnknown),
      column(({ bytes }) => bytes),
      column(({ sha256 }) => sha256),
      column(({ blob }) => blob),
      column(({ studyUid }) => studyUid),
    ],
  );
  return rows.map(({ sop_uid }) => sop_uid);
}

/** Studies and series that got something new receive (again). */
async function reopen(sql: Sql, added: readonly ReceivedInstance[]): Promise<void> {
  if (added.length === 0) return;
  const pairs = [...new Map(added.map((one) => [`${one.studyUid} ${one.modality}`, one])).values()];
  const locked = sql.query("SELECT 1 FROM study WHERE study_uid = ANY($1::text[]) ORDER BY study_uid FOR UPDATE", [
    pairs.map(({ studyUid }) => studyUid),
  ]);
  const studies = sql.query(
    `UPDATE study SET last_received_at = clock_timestamp(), state = 'receiving', completed_at = NULL, modalities = (
       SELECT coalesce(array_agg(DISTINCT modality ORDER BY modality), '{}')
       FROM (SELECT unnest(study.modalities) UNION SELECT modality FROM unnest($1::text[], $2::text[]) AS given (study_uid, modality)
             WHERE given.study_uid = study.study_uid AND modality IS NOT NULL) AS one (modality))
     WHERE study_uid = ANY($1::text[])`,
    [pairs.map(({ studyUid }) => studyUid), pairs.map(({ modality }) => modality)],
  );
  const series = sql.query(
    "UPDATE series SET state = 'received', reason = NULL WHERE series_uid = ANY($1::text[]) AND state <> 'received'",
    [[...new Set(added.map(({ seriesUid }) => seriesUid))]],
  );
  await Promise.all([locked, studies, series]);
}
