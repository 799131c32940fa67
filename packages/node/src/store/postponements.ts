/**
 * @file Images whose analysis did not come off for a reason that may pass: how often it was tried, and since when.
 */
import type { Database, Sql } from "./database";

export class Postponements {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One more try was in vain. @returns how many that makes, and for how long, ms */
  async add(
    sopUid: string,
    modelId: string,
    reason: string,
    sql: Sql = this.#database,
  ): Promise<{ readonly tries: number; readonly forMs: number }> {
    const [{ tries, for_ms }] = await sql.query<{ tries: number; for_ms: number }>(
      `INSERT INTO postponement (sop_uid, model_id, reason) VALUES ($1, $2, $3)
       ON CONFLICT (sop_uid, model_id) DO UPDATE SET tries = postponement.tries + 1, reason = excluded.reason
       RETURNING tries, (1000 * extract(epoch FROM clock_timestamp() - since))::double precision AS for_ms`,
      [sopUid, modelId, reason],
    );
    return { tries, forMs: for_ms };
  }

  /** SOP instance UIDs, of those given, whose last try was in vain for a reason that begins with `code`. */
  async becauseOf(code: string, sopUids: readonly string[], modelId: string): Promise<Set<string>> {
    const rows = await this.#database.query<{ sop_uid: string }>(
      "SELECT sop_uid FROM postponement WHERE sop_uid = ANY($1::text[]) AND model_id = $2 AND starts_with(reason, $3)",
      [sopUids, modelId, `${code}:`],
    );
    return new Set(rows.map(({ sop_uid }) => sop_uid));
  }

  /** It came to an end, whatever that is. */
  async end(sopUid: string, modelId: string, sql: Sql = this.#database): Promise<void> {
    await sql.query("DELETE FROM postponement WHERE sop_uid = $1 AND model_id = $2", [sopUid, modelId]);
  }
}
