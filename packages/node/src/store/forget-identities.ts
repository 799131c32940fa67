/**
 * @file Who somebody was before de-identification goes with their studies: values of the study at once, those of the patient with
 * the patient's last study.
 */
import type { Vault } from "../vault/vault";
import type { Row, Sql } from "./database";
import { patientOf } from "./studies";

/** Kind of a value in `identity_map`, and the value. */
type Known = readonly [kind: string, newValue: string];

/** What stands in `identity_map` of a study that is to be deleted. */
interface Remembered {
  /** Nobody else has these. */
  readonly own: readonly Known[];
  /** Other studies of the patient have these too, by the hash of the patient ID. */
  readonly patients: readonly { readonly key: string | null; readonly values: readonly Known[] }[];
}

/** To be asked before the studies are deleted, which says what to forget. */
export async function rememberedOf(sql: Sql, vault: Vault, studyUids: readonly string[]): Promise<Remembered> {
  const [any] = await sql.query("SELECT 1 FROM identity_map LIMIT 1");
  if (any === undefined) return { own: [], patients: [] };
  const studies = await sql.query(
    "SELECT study_uid, patient, patient_key FROM study WHERE study_uid = ANY($1::text[])",
    [studyUids],
  );
  const series = await sql.query<{ uid: string }>(
    "SELECT series_uid AS uid FROM series WHERE study_uid = ANY($1::text[])",
    [studyUids],
  );
  const images = await sql.query<{ uid: string }>(
    "SELECT sop_uid AS uid FROM instance JOIN series USING (series_uid) WHERE study_uid = ANY($1::text[])",
    [studyUids],
  );
  return {
    own: [
      ...studyUids.map((uid) => ["study_uid", uid] as const),
      ...series.map(({ uid }) => ["series_uid", uid] as const),
      ...images.map(({ uid }) => ["sop_uid", uid] as const),
    ],
    patients: studies.map((row) => ({ key: row.patient_key as string | null, values: valuesOf(vault, row) })),
  };
}

function valuesOf(vault: Vault, row: Row): Known[] {
  const { PatientID, PatientName, AccessionNumber } = patientOf(vault, row);
  const values = { patient_id: PatientID, patient_name: PatientName, accession_number: AccessionNumber };
  return Object.entries(values).flatMap(([kind, value]) => (value === undefined ? [] : [[kind, value] as const]));
}

/** Once the studies are deleted. What was met within a day stays: its object may be on its way into the record. */
export async function forget(sql: Sql, { own, patients }: Remembered): Promise<void> {
  const left = await sql.query<{ patient_key: string | null }>(
    `SELECT DISTINCT patient_key FROM study
     WHERE patient_key = ANY($1::text[]) OR (patient_key IS NULL AND $2::boolean)`,
    [patients.flatMap(({ key }) => (key === null ? [] : [key])), patients.some(({ key }) => key === null)],
  );
  const stay = new Set(left.map(({ patient_key }) => patient_key));
  const gone = [...own, ...patients.flatMap(({ key, values }) => (stay.has(key) ? [] : values))];
  if (gone.length === 0) return;
  await sql.query(
    `DELETE FROM identity_map USING unnest($1::text[], $2::text[]) AS given (kind, new_value)
     WHERE identity_map.kind = given.kind AND identity_map.new_value = given.new_value
       AND kept_at < now() - interval '1 day'`,
    [gone.map(([kind]) => kind), gone.map(([, value]) => value)],
  );
}
