/**
 * @file Analyses that were begun, written down before and struck out after: what is left of an image that ended the process.
 */
import { randomUUID } from "node:crypto";
import type { Database, Sql } from "./database";

export class Attempts {
  readonly #database: Database;
  readonly #process: string;

  /** @param process name of this process, another one at each start */
  constructor(database: Database, process: string = randomUUID()) {
    this.#database = database;
    this.#process = process;
  }

  /** SOP instance UIDs, of those given, whose analysis other processes began and did not end. */
  async suspects(sopUids: readonly string[], modelId: string): Promise<Set<string>> {
    const rows = await this.#database.query<{ sop_uid: string }>(
      "SELECT sop_uid FROM attempt WHERE sop_uid = ANY($1::text[]) AND model_id = $2 AND process <> $3",
      [sopUids, modelId, this.#process],
    );
    return new Set(rows.map(({ sop_uid }) => sop_uid));
  }

  /**
   * The analysis of an image begins; durable when it resolves. A second attempt of the same process counts no more than the first.
   *
   * @returns how many processes before this one began it and did not end it
   */
  async begin(sopUid: string, modelId: string): Promise<number> {
    const [row] = await this.#database.query<{ begun: number }>(
      `INSERT INTO attempt (sop_uid, model_id, process) VALUES ($1, $2, $3)
       ON CONFLICT (sop_uid, model_id) DO UPDATE
         SET begun = attempt.begun + (attempt.process <> excluded.process)::integer, process = excluded.process
       RETURNING begun`,
      [sopUid, modelId, this.#process],
    );
    return row.begun - 1;
  }

  /** It came to an end, whatever that is. */
  async end(sopUid: string, modelId: string, sql: Sql = this.#database): Promise<void> {
    await sql.query("DELETE FROM attempt WHERE sop_uid = $1 AND model_id = $2 AND process = $3", [
      sopUid,
      modelId,
      this.#process,
    ]);
  }
}
