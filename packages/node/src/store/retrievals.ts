/**
 * @file Studies that are fetched from a PACS: who asked, how far it is, and how it ended. Those that ended are kept for 30 days.
 */
import { randomUUID } from "node:crypto";
import type { Database, Row, Sql } from "./database";

/** What is wanted of which PACS. */
export interface NewRetrieval {
  readonly pacs: string;
  readonly studyUid: string;
  /** @default the whole study */
  readonly seriesUid?: string;
  /** Who asked. */
  readonly actor: string;
}

/** `partial`: it ended, and objects were refused here. `failed`: given up before all had come. */
export type RetrievalState = "waiting" | "running" | "complete" | "partial" | "failed";

export interface RetrievalRecord extends NewRetrieval {
  readonly retrievalId: string;
  readonly state: RetrievalState;
  readonly attempts: number;
  /** Of the attempt that ended it: objects that are kept, and objects that were refused here. */
  readonly stored: number;
  readonly refused: number;
  /** Why the last attempt did not end it, or why not all came. */
  readonly reason?: string;
  readonly askedAt: Date;
  readonly endedAt?: Date;
}

/** How a retrieval ended. */
export type RetrievalEnd = Pick<RetrievalRecord, "stored" | "refused" | "reason"> & {
  readonly state: "complete" | "partial" | "failed";
};

const KEEP_DAYS = 30;

export class Retrievals {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The one of these images that has not ended; a new one where there is none. */
  async ask({ pacs, studyUid, seriesUid, actor }: NewRetrieval, sql: Sql = this.#database): Promise<RetrievalRecord> {
    const [row] = await sql.query(
      `INSERT INTO retrieval (retrieval_id, pacs, study_uid, series_uid, actor) VALUES ($1::uuid, $2, $3, $4, $5)
       ON CONFLICT (pacs, study_uid, coalesce(series_uid, '')) WHERE ended_at IS NULL DO UPDATE SET pacs = excluded.pacs
       RETURNING *`,
      [randomUUID(), pacs, studyUid, seriesUid, actor],
    );
    return retrievalOfRow(row);
  }

  async find(retrievalId: string): Promise<RetrievalRecord | undefined> {
    const [row] = await this.#database.query("SELECT * FROM retrieval WHERE retrieval_id::text = $1", [retrievalId]);
    return row && retrievalOfRow(row);
  }

  /** An attempt begins. @returns undefined if it has ended */
  async begin(retrievalId: string): Promise<RetrievalRecord | undefined> {
    const [row] = await this.#database.query(
      `UPDATE retrieval SET state = 'running', attempts = attempts + 1
       WHERE retrieval_id::text = $1 AND ended_at IS NULL RETURNING *`,
      [retrievalId],
    );
    return row && retrievalOfRow(row);
  }

  /** The attempt did not end it; there will be another. */
  async wait(retrievalId: string, reason: string): Promise<void> {
    await this.#database.query(
      "UPDATE retrieval SET state = 'waiting', reason = $2 WHERE retrieval_id::text = $1 AND ended_at IS NULL",
      [retrievalId, reason],
    );
  }

  /** @returns false if it had ended before */
  async end(retrievalId: string, { state, stored, refused, reason }: RetrievalEnd, sql: Sql): Promise<boolean> {
    const rows = await sql.query(
      `UPDATE retrieval SET state = $2, stored = $3, refused = $4, reason = $5, ended_at = now()
       WHERE retrieval_id::text = $1 AND ended_at IS NULL RETURNING 1`,
      [retrievalId, state, stored, refused, reason],
    );
    await sql.query("DELETE FROM retrieval WHERE ended_at < now() - $1::double precision * interval '1 day'", [
      KEEP_DAYS,
    ]);
    return rows.length > 0;
  }

  /** The latest first. */
  async latest(limit: number): Promise<RetrievalRecord[]> {
    const rows = await this.#database.query(
      "SELECT * FROM retrieval ORDER BY asked_at DESC, retrieval_id DESC LIMIT $1",
      [limit],
    );
    return rows.map(retrievalOfRow);
  }
}

function retrievalOfRow(row: Row): RetrievalRecord {
  return {
    retrievalId: row.retrieval_id as string,
    pacs: row.pacs as string,
    studyUid: row.study_uid as string,
    ...(row.series_uid !== null && { seriesUid: row.series_uid as string }),
    actor: row.actor as string,
    state: row.state as RetrievalState,
    attempts: row.attempts as number,
    stored: row.stored as number,
    refused: row.refused as number,
    ...(row.reason !== null && { reason: row.reason as string }),
    askedAt: row.asked_at as Date,
    ...(row.ended_at !== null && { endedAt: row.ended_at as Date }),
  };
}
