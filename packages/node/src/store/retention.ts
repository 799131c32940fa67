/**
 * @file What is deleted when it is old enough: images, then whole studies. Never while a result waits to be delivered.
 */
import { FoveaError } from "@fovea/core/errors";
import type { RetentionConfig } from "../config/service-config";
import type { Vault } from "../vault/vault";
import type { AuditLog } from "./audit-log";
import type { BlobStore } from "./blob-store";
import { removeSoon } from "./booked-blob";
import type { Database, Sql } from "./database";
import { forget, rememberedOf } from "./forget-identities";
import { releaseHeld } from "./held-instances";

/** Studies, or jobs, of one transaction. */
const STUDIES_AT_ONCE = 20;

export interface RetentionResult {
  readonly images: number;
  readonly studies: number;
  /** Large batches, with their results. */
  readonly jobs: number;
}

/** What one transaction came to: studies or jobs, and what of them was deleted. */
interface Pass {
  readonly found: number;
  readonly count: number;
}

/** Studies that nobody works on and nothing is owed to. */
const AT_REST = `state NOT IN ('receiving', 'queued')
  AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.study_uid = study.study_uid AND delivery.state IN ('pending', 'sending'))`;

export class Retention {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #audit: AuditLog;
  readonly #vault: () => Vault;

  constructor(database: Database, blobs: BlobStore, audit: AuditLog, vault: () => Vault) {
    this.#database = database;
    this.#blobs = blobs;
    this.#audit = audit;
    this.#vault = vault;
  }

  /**
   * Deletes what is older than the rules say, with an audit entry for each study. Files go after the rows, so none is missing that a row names.
   *
   * @throws {FoveaError} `write_failed`, once all else is done, if files could not be removed; they are tried again
   */
  async apply({ imagesDays, recordsDays }: RetentionConfig, now: Date = new Date()): Promise<RetentionResult> {
    const left = new Set<string>();
    await this.#removeDoomed(left);
    const studies =
      recordsDays === undefined
        ? 0
        : await this.#repeat(left, (sql) => this.#deleteStudies(sql, daysBefore(now, recordsDays)));
    const jobs =
      recordsDays === undefined
        ? 0
        : await this.#repeat(left, (sql) => this.#deleteJobs(sql, daysBefore(now, recordsDays)));
    const heldDays = imagesDays ?? recordsDays;
    if (heldDays !== undefined) await this.#repeat(left, (sql) => this.#deleteHeld(sql, daysBefore(now, heldDays)));
    const images =
      imagesDays === undefined
        ? 0
        : await this.#repeat(left, (sql) => this.#deleteImages(sql, daysBefore(now, imagesDays)));
    if (left.size > 0) {
      const message = `${left.size} files of the record could not be removed; see whether their folder is there, and who may write to it. They are tried again in an hour`;
      throw new FoveaError("write_failed", message);
    }
    return { images, studies, jobs };
  }

  /** One pass after another until one finds nothing. @returns how many in all */
  async #repeat(left: Set<string>, pass: (sql: Sql) => Promise<Pass>): Promise<number> {
    for (let all = 0; ; ) {
      const { found, count } = await this.#database.transaction(pass);
      all += count;
      await this.#removeDoomed(left);
      if (found === 0) return all;
    }
  }

  /** Also those that an earlier process did not come to. @param left those that cannot be removed are added */
  async #removeDoomed(left: Set<string>): Promise<void> {
    for (;;) {
      const rows = await this.#database.query<{ blob: string }>(
        "SELECT blob FROM blob_removal WHERE due_at <= now() LIMIT 500",
      );
      if (rows.length === 0) return;
      for (const { blob } of rows) await this.#blobs.remove(blob).catch(() => left.add(blob));
      const blobs = rows.map(({ blob }) => blob);
      await this.#database.query(
        "UPDATE blob_removal SET due_at = now() + interval '1 hour' WHERE blob = ANY($1::text[])",
        [blobs.filter((blob) => left.has(blob))],
      );
      await this.#database.query("DELETE FROM blob_removal WHERE blob = ANY($1::text[])", [
        blobs.filter((blob) => !left.has(blob)),
      ]);
    }
  }

  async #deleteImages(sql: Sql, before: Date) {
    const studies = await sql.query<{ study_uid: string }>(
      `SELECT study_uid FROM study WHERE last_received_at < $1 AND ${AT_REST}
         AND EXISTS (SELECT 1 FROM series JOIN instance USING (series_uid) WHERE series.study_uid = study.study_uid AND blob IS NOT NULL)
       ORDER BY study_uid LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [before, STUDIES_AT_ONCE],
    );
    const rows = await sql.query<{ study_uid: string; blob: string }>(
      `WITH doomed AS (SELECT sop_uid, blob, study_uid FROM instance JOIN series USING (series_uid)
                       WHERE study_uid = ANY($1::text[]) AND blob IS NOT NULL)
       UPDATE instance SET blob = NULL FROM doomed WHERE instance.sop_uid = doomed.sop_uid RETURNING doomed.study_uid, doomed.blob`,
      [studies.map(({ study_uid }) => study_uid)],
    );
    await removeSoon(
      sql,
      rows.map(({ blob }) => blob),
    );
    await this.#tell(sql, "images.delete", rows);
    return { found: studies.length, count: rows.length };
  }

  /** What could not be filed goes as images do. */
  async #deleteHeld(sql: Sql, before: Date): Promise<Pass> {
    const count = await releaseHeld(sql, this.#audit, before, STUDIES_AT_ONCE);
    return { found: count, count };
  }

  async #deleteStudies(sql: Sql, before: Date) {
    const studies = await sql.query<{ study_uid: string }>(
      `SELECT study_uid FROM study WHERE last_received_at < $1 AND ${AT_REST} ORDER BY study_uid LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [before, STUDIES_AT_ONCE],
    );
    const uids = studies.map(({ study_uid }) => study_uid);
    const rows = await sql.query<{ study_uid: string; blob: string }>(
      `SELECT study_uid, blob FROM instance JOIN series USING (series_uid) WHERE study_uid = ANY($1::text[]) AND blob IS NOT NULL
       UNION SELECT study_uid, blob FROM delivery WHERE study_uid = ANY($1::text[])`,
      [uids],
    );
    await removeSoon(
      sql,
      rows.map(({ blob }) => blob),
    );
    const remembered = await rememberedOf(sql, this.#vault(), uids);
    await sql.query("DELETE FROM study WHERE study_uid = ANY($1::text[])", [uids]);
    await forget(sql, remembered);
    await this.#tell(sql, "study.delete", [...studies, ...rows]);
    return { found: studies.length, count: studies.length };
  }

  async #deleteJobs(sql: Sql, before: Date): Promise<Pass> {
    const jobs = await sql.query<{ job_id: string }>(
      "SELECT job_id FROM batch_job WHERE finished_at < $1 ORDER BY job_id LIMIT $2 FOR UPDATE SKIP LOCKED",
      [before, STUDIES_AT_ONCE],
    );
    const ids = jobs.map(({ job_id }) => job_id);
    const files = await sql.query<{ blob: string }>(
      "SELECT blob FROM batch_file WHERE job_id = ANY($1::uuid[]) AND blob IS NOT NULL",
      [ids],
    );
    await removeSoon(
      sql,
      files.map(({ blob }) => blob),
    );
    await sql.query("DELETE FROM batch_job WHERE job_id = ANY($1::uuid[])", [ids]);
    const details = { reason: "retention" };
    await this.#audit.appendIn(
      sql,
      ids.map((subject) => ({ actor: "system", action: "job.delete", subject, details })),
    );
    return { found: jobs.length, count: jobs.length };
  }

  async #tell(sql: Sql, action: string, rows: readonly { readonly study_uid: string; readonly blob?: string }[]) {
    const files = new Map<string, number>();
    for (const { study_uid, blob } of rows)
      files.set(study_uid, (files.get(study_uid) ?? 0) + (blob === undefined ? 0 : 1));
    await this.#audit.appendIn(
      sql,
      [...files].map(([subject, count]) => ({
        actor: "system",
        action,
        subject,
        details: { reason: "retention", files: count },
      })),
    );
  }
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 86_400_000);
}
