/**
 * @file Studies as clients see them: page by page, and one in detail.
 */
import type { StudyDetail, StudyList as StudyPage, StudyState, StudySummary } from "@fovea/core/contract/study";
import type { Language } from "@fovea/core/language";
import { shownReason } from "@fovea/core/reasons/tell";
import type { Vault } from "../vault/vault";
import type { Database, Row } from "./database";
import {
  FINDING_COLUMNS,
  FINDING_COUNTS,
  FINDING_SOURCE,
  type FindingView,
  findingOfRow,
  findingRecord,
} from "./findings";
import { type ImageOutcome, imageOutcomes } from "./image-outcomes";
import { OWN_RESULT } from "./own-result";
import { decodeCursor, encodeCursor } from "./page-cursor";
import { patientOf } from "./studies";

export interface StudyFilter {
  /** The whole value, as DICOM has it. */
  readonly patientId?: string;
  readonly modality?: string;
  /** Of the study, `YYYYMMDD`, both included. */
  readonly studyDate?: { readonly from?: string; readonly to?: string };
  readonly state?: StudyState;
}

export interface StudyView extends FindingView {
  /** Patient fields are null otherwise. */
  readonly showPatient: boolean;
}

/** Microseconds since 1970: what a Date would cut. */
const ARRIVAL = "(extract(epoch FROM received_at) * 1000000)::bigint AS arrival";

const SUMMARY = `
  (SELECT count(*) FROM series WHERE series.study_uid = study.study_uid) AS series,
  (SELECT count(*) FROM series JOIN instance USING (series_uid) WHERE series.study_uid = study.study_uid) AS instances,
  (SELECT reason FROM series WHERE series.study_uid = study.study_uid AND reason IS NOT NULL
     AND (study.state = 'not_attempted' OR series.state <> 'not_attempted' OR reason <> '${OWN_RESULT}' AND EXISTS (
       SELECT 1 FROM instance WHERE instance.series_uid = series.series_uid AND (rows * columns > 0 OR size_unknown)))
   ORDER BY state <> 'failed', state <> 'analysed', series_number NULLS LAST, series_uid LIMIT 1) AS reason,
  found.findings, found.unreviewed
  FROM page AS study CROSS JOIN LATERAL (
    SELECT count(*) AS findings, count(*) FILTER (WHERE review = 'open') AS unreviewed
    FROM series JOIN instance USING (series_uid) JOIN finding USING (sop_uid)
    WHERE series.study_uid = study.study_uid AND ${FINDING_COUNTS}) AS found`;

export class StudyList {
  readonly #database: Database;
  readonly #vault: () => Vault;

  constructor(database: Database, vault: () => Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  /**
   * Newest arrivals first.
   *
   * @param limit of one page, 500 at most. @default 50
   * @throws {ArgumentError} if `after` is no place in this list
   */
  async page(
    { patientId, modality, studyDate, state }: StudyFilter,
    {
      after,
      limit = 50,
      showPatient,
      language,
    }: Pick<StudyView, "showPatient" | "language"> & { readonly after?: string; readonly limit?: number },
  ): Promise<StudyPage> {
    const [arrival, uid] = after === undefined ? [] : decodeCursor(after, ["number", "string"] as const);
    const size = Math.min(limit, 500);
    const keys = patientId === undefined ? undefined : this.#vault().lookups(patientId, "patient");
    const rows = await this.#database.query(
      `WITH page AS (
         SELECT *, ${ARRIVAL} FROM study
         WHERE ($1::text[] IS NULL OR patient_key = ANY($1)) AND ($2::text IS NULL OR $2 = ANY(modalities))
           AND ($3::text IS NULL OR study_date >= $3) AND ($4::text IS NULL OR study_date <= $4)
           AND ($5::text IS NULL OR state = $5)
           AND ($6::bigint IS NULL
                OR (received_at, study_uid) < (timestamptz 'epoch' + $6 * interval '1 microsecond', $7::text))
         ORDER BY received_at DESC, study_uid DESC LIMIT $8)
       SELECT study.*, ${SUMMARY} ORDER BY received_at DESC, study_uid DESC`,
      [keys, modality, studyDate?.from, studyDate?.to, state, arrival, uid, size + 1],
    );
    const shown = rows.slice(0, size);
    const last = shown.at(-1);
    const more = rows.length > size && last !== undefined;
    return {
      studies: shown.map((row) => this.#summary(row, { showPatient, language })),
      next: more ? encodeCursor([last.arrival as number, last.study_uid as string]) : null,
    };
  }

  async detail(studyUid: string, view: StudyView): Promise<StudyDetail | undefined> {
    const [study] = await this.#database.query(
      `WITH page AS (SELECT * FROM study WHERE study_uid = $1) SELECT study.*, ${SUMMARY}`,
      [studyUid],
    );
    if (study === undefined) return undefined;
    const series = await this.#database.query(
      "SELECT * FROM series WHERE study_uid = $1 ORDER BY series_number NULLS LAST, series_uid",
      [studyUid],
    );
    const instances = await this.#database.query(
      `SELECT instance.* FROM instance JOIN series USING (series_uid) WHERE study_uid = $1
       ORDER BY instance_number NULLS LAST, sop_uid`,
      [studyUid],
    );
    const findings = await this.#database.query(
      `SELECT ${FINDING_COLUMNS} FROM ${FINDING_SOURCE} WHERE study_uid = $1 AND ${FINDING_COUNTS}
       ORDER BY series_uid, instance_number NULLS LAST, sop_uid, frame, ordinal`,
      [studyUid],
    );
    const deliveries = await this.#database.query(
      "SELECT * FROM delivery WHERE study_uid = $1 ORDER BY destination, kind, object_sop_uid",
      [studyUid],
    );
    const outcomes = await imageOutcomes(this.#database, studyUid);
    const { showPatient, language } = view;
    const imagesOf = new Map<unknown, Row[]>(series.map(({ series_uid }) => [series_uid, []]));
    for (const instance of instances) imagesOf.get(instance.series_uid)?.push(instance);
    return {
      study: this.#summary(study, view),
      series: series.map((row) =>
        this.#seriesRecord(row, imagesOf.get(row.series_uid) ?? [], { showPatient, language, outcomes }),
      ),
      findings: findings.map((row) => findingRecord(findingOfRow(row), view)),
      deliveries: deliveries.map((row) => deliveryRecord(row, language)),
    };
  }

  #summary(row: Row, { showPatient, language }: Pick<StudyView, "showPatient" | "language">): StudySummary {
    const patient = showPatient ? patientOf(this.#vault(), row) : {};
    return {
      study_uid: row.study_uid as string,
      patient_id: patient.PatientID ?? null,
      patient_name: patient.PatientName ?? null,
      study_date: row.study_date as string | null,
      description: patient.StudyDescription ?? null,
      modalities: row.modalities as string[],
      series: row.series as number,
      instances: row.instances as number,
      findings: row.findings as number,
      unreviewed: row.unreviewed as number,
      state: row.state as StudyState,
      ...toldReason(row, language),
      received_at: (row.received_at as Date).toISOString(),
    };
  }

  #seriesRecord(
    row: Row,
    instances: readonly Row[],
    {
      showPatient,
      language,
      outcomes,
    }: Pick<StudyView, "showPatient" | "language"> & {
      readonly outcomes: ReadonlyMap<string, ImageOutcome>;
    },
  ): StudyDetail["series"][number] {
    // Names stand in descriptions.
    const description = showPatient ? (row.description as Uint8Array | null) : null;
    return {
      series_uid: row.series_uid as string,
      modality: row.modality as string | null,
      body_part: row.body_part as string | null,
      description:
        description === null
          ? null
          : (this.#vault().openJson(description, `series.description/${row.series_uid}`) as string),
      series_number: row.series_number as number | null,
      state: row.state as StudyDetail["series"][number]["state"],
      ...toldReason(row, language),
      model_version: row.model_id as string | null,
      instances: instances.map((instance) => ({
        ...toldFailure(outcomes.get(instance.sop_uid as string), language),
        sop_uid: instance.sop_uid as string,
        instance_number: instance.instance_number as number | null,
        frames: instance.frames as number,
        rows: instance.rows as number,
        columns: instance.columns as number,
        size_unknown: instance.size_unknown as boolean,
      })),
    };
  }
}

function toldReason({ reason }: Row, language: Language) {
  return { reason: reason as string | null, reason_shown: shownReason(reason as string | null, language) };
}

function toldFailure(outcome: ImageOutcome | undefined, language: Language) {
  const failure = outcome?.failure ?? null;
  return { failure, failure_shown: shownReason(failure, language) };
}

function deliveryRecord(row: Row, language: Language): StudyDetail["deliveries"][number] {
  return {
    id: row.delivery_id as string,
    kind: row.kind as string,
    destination: row.destination as string,
    state: row.state as StudyDetail["deliveries"][number]["state"],
    attempts: row.attempts as number,
    ...toldReason(row, language),
    sent_at: (row.sent_at as Date | null)?.toISOString() ?? null,
  };
}
