/**
 * @file Large batches that became jobs: their files, what became of each, how far they are.
 */
import { randomUUID } from "node:crypto";
import type { Vault } from "../vault/vault";
import type { Database, Row, Sql } from "./database";

export type BatchJobState = "queued" | "running" | "done" | "cancelled";

export interface BatchJobRecord {
  readonly jobId: string;
  readonly state: BatchJobState;
  readonly actor: string;
  readonly language: "zh" | "en";
  /** As it was asked for. @default the one for each image's modality */
  readonly model?: string;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly createdAt: Date;
  readonly finishedAt?: Date;
}

/** A file that waits, or one whose result is here already. */
export type NewBatchFile =
  | { readonly filename: string; readonly blob: string }
  | { readonly filename: string; readonly result: unknown; readonly failed: boolean };

/** A file of a job; `result` is what the route would have answered for it. */
export interface BatchFile {
  readonly ordinal: number;
  readonly filename: string;
  /** Absent once it was removed. */
  readonly blob?: string;
  readonly result?: unknown;
  readonly failed: boolean;
}

export class BatchJobs {
  readonly #database: Database;
  readonly #vault: () => Vault;

  constructor(database: Database, vault: () => Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  /**
   * @param files in order; their bytes are in the blob store already, or their results are here at once
   * @param enter what else belongs to the same transaction: the job is there if, and only if, that is
   */
  async create(
    { actor, language, model }: Pick<BatchJobRecord, "actor" | "language" | "model">,
    files: readonly NewBatchFile[],
    enter: (jobId: string, sql: Sql) => Promise<void> = async () => undefined,
  ): Promise<string> {
    const jobId = randomUUID();
    await this.#database.transaction(async (sql) => {
      await sql.query(
        "INSERT INTO batch_job (job_id, state, actor, language, model) VALUES ($1::uuid, 'queued', $2, $3, $4)",
        [jobId, actor, language, model],
      );
      await sql.query(
        `INSERT INTO batch_file (job_id, ordinal, filename, blob, result, failed)
         SELECT $1::uuid, given.* FROM unnest($2::integer[], $3::bytea[], $4::text[], $5::bytea[], $6::boolean[]) AS given`,
        [
          jobId,
          files.map((_, i) => i),
          files.map(({ filename }, i) => this.#vault().sealJson(filename, nameContext(jobId, i))),
          files.map((file) => ("blob" in file ? file.blob : undefined)),
          files.map((file, i) =>
            "result" in file ? this.#vault().sealJson(file.result, resultContext(jobId, i)) : undefined,
          ),
          files.map((file) => "result" in file && file.failed),
        ],
      );
      await enter(jobId, sql);
    });
    return jobId;
  }

  async find(jobId: string): Promise<BatchJobRecord | undefined> {
    const [row] = await this.#database.query(
      `SELECT batch_job.*, count(batch_file.ordinal) AS total, count(result) AS done, count(*) FILTER (WHERE failed) AS failed
       FROM batch_job LEFT JOIN batch_file USING (job_id) WHERE job_id::text = $1 GROUP BY batch_job.job_id`,
      [jobId],
    );
    return row && jobOfRow(row);
  }

  /** Files without a result, up to `limit`: `after` is the last ordinal that was looked at. */
  async waiting(jobId: string, limit: number, after = -1): Promise<BatchFile[]> {
    return this.#files(jobId, "AND result IS NULL", after, limit);
  }

  /** Files in order, page by page: `after` is the last ordinal of the page before. */
  async files(jobId: string, after = -1, limit = 500): Promise<BatchFile[]> {
    return this.#files(jobId, "", after, limit);
  }

  /** Keeps a file's result. @returns false if it had one already, which stays */
  async keepResult(
    jobId: string,
    ordinal: number,
    result: unknown,
    { failed = false }: { readonly failed?: boolean } = {},
  ): Promise<boolean> {
    const sealed = this.#vault().sealJson(result, resultContext(jobId, ordinal));
    const rows = await this.#database.query(
      `UPDATE batch_file SET result = $3::bytea, failed = $4 WHERE job_id = $1::uuid AND ordinal = $2 AND result IS NULL RETURNING 1`,
      [jobId, ordinal, sealed, failed],
    );
    return rows.length > 0;
  }

  /** The analysis of a file begins; durable when it resolves. @returns how often it was begun and not ended before */
  async begin(jobId: string, ordinal: number): Promise<number> {
    const [row] = await this.#database.query<{ begun: number }>(
      "UPDATE batch_file SET begun = begun + 1 WHERE job_id = $1::uuid AND ordinal = $2 RETURNING begun",
      [jobId, ordinal],
    );
    return (row?.begun ?? 1) - 1;
  }

  /** It was given up for a reason that is not the file's. */
  async putBack(jobId: string, ordinal: number): Promise<void> {
    await this.#database.query(
      "UPDATE batch_file SET begun = begun - 1 WHERE job_id = $1::uuid AND ordinal = $2 AND begun > 0",
      [jobId, ordinal],
    );
  }

  /** It was tried in vain, for a reason that may pass. @returns how often that makes, and for how long, ms */
  async postpone(jobId: string, ordinal: number): Promise<{ readonly tries: number; readonly forMs: number }> {
    const [row] = await this.#database.query<{ tries: number; for_ms: number }>(
      `UPDATE batch_file SET tries = tries + 1, tried_since = coalesce(tried_since, clock_timestamp()), begun = greatest(begun - 1, 0)
       WHERE job_id = $1::uuid AND ordinal = $2
       RETURNING tries, (1000 * extract(epoch FROM clock_timestamp() - tried_since))::double precision AS for_ms`,
      [jobId, ordinal],
    );
    return { tries: row?.tries ?? 0, forMs: row?.for_ms ?? 0 };
  }

  /** Its bytes were removed from the blob store. */
  async dropBlobs(jobId: string): Promise<void> {
    await this.#database.query("UPDATE batch_file SET blob = NULL WHERE job_id = $1::uuid", [jobId]);
  }

  /** What is done or cancelled stays so. @returns whether it changed */
  async setState(jobId: string, state: BatchJobState): Promise<boolean> {
    const rows = await this.#database.query(
      `UPDATE batch_job SET state = $2, finished_at = CASE WHEN $2 IN ('done', 'cancelled') THEN now() END
       WHERE job_id::text = $1 AND state IN ('queued', 'running') RETURNING 1`,
      [jobId, state],
    );
    return rows.length > 0;
  }

  async #files(jobId: string, condition: string, after: number, limit: number): Promise<BatchFile[]> {
    const rows = await this.#database.query(
      `SELECT * FROM batch_file WHERE job_id::text = $1 AND ordinal > $2 ${condition} ORDER BY ordinal LIMIT $3`,
      [jobId, after, limit],
    );
    return rows.map((row) => this.#fileOf(jobId, row));
  }

  #fileOf(jobId: string, { ordinal, filename, blob, result, failed }: Row): BatchFile {
    const place = ordinal as number;
    return {
      ordinal: place,
      filename: this.#vault().openJson(filename as Uint8Array, nameContext(jobId, place)) as string,
      blob: (blob as string | null) ?? undefined,
      result: result === null ? undefined : this.#vault().openJson(result as Uint8Array, resultContext(jobId, place)),
      failed: failed as boolean,
    };
  }
}

function nameContext(jobId: string, ordinal: number): string {
  return `batch_file.filename/${jobId}/${ordinal}`;
}

function resultContext(jobId: string, ordinal: number): string {
  return `batch_file.result/${jobId}/${ordinal}`;
}

function jobOfRow(row: Row): BatchJobRecord {
  return {
    jobId: row.job_id as string,
    state: row.state as BatchJobState,
    actor: row.actor as string,
    language: row.language as "zh" | "en",
    model: (row.model as string | null) ?? undefined,
    total: row.total as number,
    done: row.done as number,
    failed: row.failed as number,
    createdAt: row.created_at as Date,
    finishedAt: (row.finished_at as Date | null) ?? undefined,
  };
}
