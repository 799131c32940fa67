/**
 * @file Studies, series and instances as they come in, and what becomes of them.
 */
import type { SeriesState, StudyState } from "@fovea/core/contract/study";
import type { Vault } from "../vault/vault";
import { acceptInstances } from "./accept-instances";
import type { Database, Row, Sql } from "./database";
import type { AcceptOutcome, Origin, PatientIdentity, ReceivedInstance } from "./record";

/** A series as routing and analysis need it. */
export interface SeriesRecord {
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly modality?: string;
  readonly bodyPart?: string;
  readonly station?: string;
  readonly callingAe?: string;
  readonly description?: string;
  readonly seriesNumber?: number;
  readonly state: SeriesState;
  readonly reason?: string;
  readonly modelId?: string;
}

export interface StudyRecord {
  readonly studyUid: string;
  readonly patient: PatientIdentity;
  readonly studyDate?: string;
  readonly modalities: readonly string[];
  readonly origin: Origin;
  readonly state: StudyState;
  readonly receivedAt: Date;
  readonly lastReceivedAt: Date;
}

export interface InstanceRecord {
  readonly sopUid: string;
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly sopClassUid?: string;
  readonly transferSyntaxUid?: string;
  readonly mediaType: string;
  readonly instanceNumber?: number;
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
  /** Its head did not say its size, so that `rows` and `columns` are 0; it counts as an image. */
  readonly sizeUnknown: boolean;
  readonly bytes: number;
  readonly sha256: string;
  /** Absent once retention has deleted it. */
  readonly blob?: string;
}

export interface QuietStudy {
  readonly studyUid: string;
  readonly instances: number;
  readonly lastReceivedAt: Date;
  /** How long nothing came, ms, by the database's clock. */
  readonly quietMs: number;
  readonly callingAes: readonly string[];
}

export class Studies {
  readonly #database: Database;
  readonly #vault: () => Vault;

  constructor(database: Database, vault: () => Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  /**
   * Takes images into the record, all in one transaction; twice does no harm. A study that had been complete receives again
   * when a new image comes.
   *
   * @returns one outcome for each, in order
   */
  accept(instances: readonly ReceivedInstance[]): Promise<AcceptOutcome[]> {
    return this.#database.transaction((sql) => this.acceptIn(sql, instances));
  }

  /** The same as a part of a transaction. */
  acceptIn(sql: Sql, instances: readonly ReceivedInstance[]): Promise<AcceptOutcome[]> {
    return acceptInstances(sql, this.#vault(), instances);
  }

  /** Studies that receive and heard nothing for so long, ms, oldest first. The database has the time: it wrote when images came. */
  async quiet(forMs: number, limit = 100): Promise<QuietStudy[]> {
    const rows = await this.#database.query(
      `SELECT study_uid, last_received_at, 1000 * extract(epoch FROM clock_timestamp() - last_received_at)::float8 AS quiet_ms,
         (SELECT count(*) FROM instance JOIN series USING (series_uid) WHERE series.study_uid = study.study_uid) AS instances,
         (SELECT coalesce(array_agg(DISTINCT calling_ae) FILTER (WHERE calling_ae IS NOT NULL), '{}')
            FROM series WHERE series.study_uid = study.study_uid) AS calling_aes
       FROM study WHERE state = 'receiving' AND last_received_at <= clock_timestamp() - $1::float8 * interval '1 ms'
       ORDER BY last_received_at LIMIT $2`,
      [forMs, limit],
    );
    return rows.map((row) => ({
      studyUid: row.study_uid as string,
      instances: row.instances as number,
      lastReceivedAt: row.last_received_at as Date,
      quietMs: row.quiet_ms as number,
      callingAes: row.calling_aes as string[],
    }));
  }

  /** Whether there is a study that receives. */
  async isReceiving(): Promise<boolean> {
    return (await this.#database.query("SELECT 1 FROM study WHERE state = 'receiving' LIMIT 1")).length > 0;
  }

  /**
   * A study is complete: from `receiving` to `queued`, unless something came in since it was looked at.
   *
   * @returns whether it was this call that did it: one of several workers gets true
   */
  async complete(
    { studyUid, lastReceivedAt }: Pick<QuietStudy, "studyUid" | "lastReceivedAt">,
    sql: Sql = this.#database,
  ): Promise<boolean> {
    const rows = await sql.query(
      `UPDATE study SET state = 'queued', completed_at = now()
       WHERE study_uid = $1 AND state = 'receiving' AND date_trunc('milliseconds', last_received_at) <= $2 RETURNING 1`,
      [studyUid, lastReceivedAt],
    );
    return rows.length > 0;
  }

  async setSeriesState(
    seriesUid: string,
    { state, reason, modelId }: { readonly state: SeriesState; readonly reason?: string; readonly modelId?: string },
    sql: Sql = this.#database,
  ): Promise<void> {
    await sql.query(
      "UPDATE series SET state = $2, reason = $3, model_id = coalesce($4, model_id) WHERE series_uid = $1",
      [seriesUid, state, reason, modelId],
    );
  }

  /** Why a series that is queued still waits. */
  async setReason(seriesUid: string, reason: string): Promise<void> {
    await this.#database.query("UPDATE series SET reason = $2 WHERE series_uid = $1 AND state = 'queued'", [
      seriesUid,
      reason,
    ]);
  }

  /**
   * The state of a study that is complete follows from its series: `failed` where one failed, `queued` while one waits,
   * `analysed` where one was, else `not_attempted`. Two series that end at the same moment settle one after the other: the
   * second one's statement begins when the first one's transaction is over, and sees what became of its series.
   */
  async settleState(studyUid: string, sql?: Sql): Promise<StudyState | undefined> {
    if (sql === undefined) return this.#database.transaction((inside) => this.settleState(studyUid, inside));
    await sql.query("SELECT 1 FROM study WHERE study_uid = $1 FOR NO KEY UPDATE", [studyUid]);
    const [row] = await sql.query<{ state: StudyState }>(
      `UPDATE study SET state = (
         SELECT CASE WHEN bool_or(state IN ('received', 'queued')) THEN 'queued' WHEN bool_or(state = 'failed') THEN 'failed'
                     WHEN bool_or(state = 'analysed') THEN 'analysed' ELSE 'not_attempted' END
         FROM series WHERE series.study_uid = study.study_uid)
       WHERE study_uid = $1 AND state <> 'receiving' RETURNING state`,
      [studyUid],
    );
    return row?.state;
  }

  async find(studyUid: string): Promise<StudyRecord | undefined> {
    const [row] = await this.#database.query("SELECT * FROM study WHERE study_uid = $1", [studyUid]);
    if (row === undefined) return undefined;
    return {
      studyUid,
      patient: patientOf(this.#vault(), row),
      studyDate: optional(row.study_date),
      modalities: row.modalities as string[],
      origin: row.origin as Origin,
      state: row.state as StudyState,
      receivedAt: row.received_at as Date,
      lastReceivedAt: row.last_received_at as Date,
    };
  }

  async series(studyUid: string): Promise<SeriesRecord[]> {
    const rows = await this.#database.query(
      "SELECT * FROM series WHERE study_uid = $1 ORDER BY series_number NULLS LAST, series_uid",
      [studyUid],
    );
    return rows.map((row) => seriesOf(this.#vault(), row));
  }

  async findSeries(seriesUid: string): Promise<SeriesRecord | undefined> {
    const [row] = await this.#database.query("SELECT * FROM series WHERE series_uid = $1", [seriesUid]);
    return row && seriesOf(this.#vault(), row);
  }

  /** In the order of their numbers. */
  async instances(seriesUid: string): Promise<InstanceRecord[]> {
    const rows = await this.#database.query(
      `SELECT instance.*, study_uid FROM instance JOIN series USING (series_uid)
       WHERE series_uid = $1 ORDER BY instance_number NULLS LAST, sop_uid`,
      [seriesUid],
    );
    return rows.map(instanceOf);
  }

  /** UIDs of a series' images, so many at most. */
  async sopUids(seriesUid: string, limit: number): Promise<string[]> {
    const rows = await this.#database.query<{ sop_uid: string }>(
      "SELECT sop_uid FROM instance WHERE series_uid = $1 LIMIT $2",
      [seriesUid, limit],
    );
    return rows.map(({ sop_uid }) => sop_uid);
  }

  /** Which of these images of a series were filed since then, and have their files. */
  async filedSince(
    since: Date,
    { seriesUid, sopUids }: { readonly seriesUid: string; readonly sopUids: readonly string[] },
  ): Promise<Set<string>> {
    const rows = await this.#database.query<{ sop_uid: string }>(
      `SELECT sop_uid FROM instance
       WHERE sop_uid = ANY($1::text[]) AND series_uid = $2 AND received_at >= $3 AND blob IS NOT NULL`,
      [sopUids, seriesUid, since],
    );
    return new Set(rows.map(({ sop_uid }) => sop_uid));
  }

  async findInstance(sopUid: string): Promise<InstanceRecord | undefined> {
    const [row] = await this.#database.query(
      "SELECT instance.*, study_uid FROM instance JOIN series USING (series_uid) WHERE sop_uid = $1",
      [sopUid],
    );
    return row && instanceOf(row);
  }
}

export function patientOf(vault: Vault, { study_uid, patient }: Row): PatientIdentity {
  return patient === null
    ? {}
    : (vault.openJson(patient as Uint8Array, `study.patient/${study_uid}`) as PatientIdentity);
}

function seriesOf(vault: Vault, row: Row): SeriesRecord {
  const seriesUid = row.series_uid as string;
  const description = row.description as Uint8Array | null;
  return {
    seriesUid,
    studyUid: row.study_uid as string,
    modality: optional(row.modality),
    bodyPart: optional(row.body_part),
    station: optional(row.station),
    callingAe: optional(row.calling_ae),
    description:
      description === null ? undefined : (vault.openJson(description, `series.description/${seriesUid}`) as string),
    seriesNumber: optional(row.series_number),
    state: row.state as SeriesState,
    reason: optional(row.reason),
    modelId: optional(row.model_id),
  };
}

function instanceOf(row: Row): InstanceRecord {
  return {
    sopUid: row.sop_uid as string,
    seriesUid: row.series_uid as string,
    studyUid: row.study_uid as string,
    sopClassUid: optional(row.sop_class_uid),
    transferSyntaxUid: optional(row.transfer_syntax_uid),
    mediaType: row.media_type as string,
    instanceNumber: optional(row.instance_number),
    frames: row.frames as number,
    rows: row.rows as number,
    columns: row.columns as number,
    sizeUnknown: row.size_unknown as boolean,
    bytes: row.bytes as number,
    sha256: row.sha256 as string,
    blob: optional(row.blob),
  };
}

/** SQL's NULL as TypeScript's undefined. */
function optional<T>(value: unknown): T | undefined {
  return value === null ? undefined : (value as T);
}
