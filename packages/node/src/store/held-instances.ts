/**
 * @file Objects that were acknowledged and cannot be filed: kept apart, each with its file, and never analysed.
 *
 * The audit log says which they are (`instance.conflict`) and a gauge how many, until retention deletes them.
 */
import { FoveaError } from "@fovea/core/errors";
import type { AuditLog } from "./audit-log";
import type { Database, Sql } from "./database";
import type { ReceivedInstance } from "./record";

/** `conflict`: other bytes stand under its UID; `astray`: its series stands in another study. */
export type HeldReason = "conflict" | "astray";

export class HeldInstances {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** How many there are. */
  async count(): Promise<number> {
    const [{ held }] = await this.#database.query<{ held: number }>("SELECT count(*) AS held FROM held_instance");
    return held;
  }

  /**
   * Keeps them in the transaction `sql`. What is held already under the same UID, byte for byte, is not held twice; nobody lets
   * go of that until the transaction ends.
   *
   * @returns `named`: blobs that rows name now, of those given; `added`: those that none named before
   * @throws {FoveaError} `busy` if somebody just did: begin again
   */
  async holdIn(
    sql: Sql,
    instances: readonly (ReceivedInstance & { readonly reason: HeldReason })[],
  ): Promise<{ readonly named: ReadonlySet<string>; readonly added: ReadonlySet<string> }> {
    if (instances.length === 0) return { named: new Set(), added: new Set() };
    const blobs = instances.map(({ blob }) => blob);
    const added = await sql.query<{ blob: string }>(
      `INSERT INTO held_instance (blob, sop_uid, series_uid, study_uid, reason, bytes, sha256)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])
       ON CONFLICT DO NOTHING RETURNING blob`,
      [
        blobs,
        instances.map(({ sopUid }) => sopUid),
        instances.map(({ seriesUid }) => seriesUid),
        instances.map(({ studyUid }) => studyUid),
        instances.map(({ reason }) => reason),
        instances.map(({ bytes }) => bytes),
        instances.map(({ sha256 }) => sha256),
      ],
    );
    const held = await sql.query<{ blob: string; sop_uid: string; sha256: string }>(
      "SELECT blob, sop_uid, sha256 FROM held_instance WHERE sop_uid = ANY($1::text[]) ORDER BY blob FOR SHARE",
      [instances.map(({ sopUid }) => sopUid)],
    );
    const standing = new Set(held.map(({ sop_uid, sha256 }) => `${sop_uid} ${sha256}`));
    if (!instances.every(({ sopUid, sha256 }) => standing.has(`${sopUid} ${sha256}`))) {
      throw new FoveaError("busy", "the record changed while an object was held apart; try again");
    }
    const named = held.filter(({ blob }) => blobs.includes(blob));
    return { named: new Set(named.map(({ blob }) => blob)), added: new Set(added.map(({ blob }) => blob)) };
  }
}

/**
 * Lets go of those that were held before `before`, so many at most, with an audit entry for each.
 *
 * @returns their files, which the caller removes
 */
export async function releaseHeld(
  sql: Sql,
  audit: Pick<AuditLog, "appendIn">,
  before: Date,
  limit: number,
): Promise<string[]> {
  const rows = await sql.query<{ blob: string; sop_uid: string; sha256: string }>(
    `DELETE FROM held_instance WHERE blob IN (
       SELECT blob FROM held_instance WHERE held_at < $1 ORDER BY blob LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING blob, sop_uid, sha256`,
    [before, limit],
  );
  await audit.appendIn(
    sql,
    rows.map(({ sop_uid, sha256 }) => ({
      ...{ actor: "system", action: "held.delete", subject: sop_uid, inputSha256: sha256 },
      details: { reason: "retention" },
    })),
  );
  return rows.map(({ blob }) => blob);
}
