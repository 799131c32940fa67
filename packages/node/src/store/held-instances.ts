/**
 * @file Objects that were acknowledged and cannot be filed: kept apart, each with its file, and never analysed.
 *
 * The audit log says which they are (`instance.conflict`) and a gauge how many, until retention or somebody deletes them, or they
 * are filed because what stood in their way is gone (`file-held.ts`).
 */
import { FoveaError } from "@fovea/core/errors";
import type { AuditLog } from "./audit-log";
import { removeSoon } from "./booked-blob";
import type { Database, Row, Sql } from "./database";
import { decodeCursor, encodeCursor } from "./page-cursor";
import type { ReceivedInstance } from "./record";

/** `conflict`: other bytes stand under its UID; `astray`: its series stands in another study. */
export type HeldReason = "conflict" | "astray";

export interface HeldRecord {
  /** Its key in the blob store. */
  readonly blob: string;
  readonly sopUid: string;
  readonly seriesUid: string;
  readonly studyUid: string;
  readonly reason: HeldReason;
  readonly bytes: number;
  readonly sha256: string;
  readonly heldAt: Date;
  /** The study that has what stands in its way; absent where nothing does any more. */
  readonly inTheWay?: string;
}

/** Other bytes under its UID; or, where nothing is under its UID, another study that has its series. */
const IN_THE_WAY = `coalesce(
  (SELECT series.study_uid FROM instance JOIN series USING (series_uid)
     WHERE instance.sop_uid = held_instance.sop_uid AND instance.sha256 <> held_instance.sha256),
  (SELECT series.study_uid FROM series WHERE series.series_uid = held_instance.series_uid
     AND series.study_uid <> held_instance.study_uid
     AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.sop_uid = held_instance.sop_uid))) AS in_the_way`;

export class HeldInstances {
  readonly #database: Database;
  readonly #audit: Pick<AuditLog, "appendIn">;

  constructor(database: Database, audit: Pick<AuditLog, "appendIn">) {
    this.#database = database;
    this.#audit = audit;
  }

  /** How many there are. */
  async count(): Promise<number> {
    const [{ held }] = await this.#database.query<{ held: number }>("SELECT count(*) AS held FROM held_instance");
    return held;
  }

  /**
   * The latest first.
   *
   * @param after `next` of the page before
   * @throws {ArgumentError} if `after` is no place in this list
   */
  async page({ after, limit }: { readonly after?: string; readonly limit: number }): Promise<{
    readonly held: HeldRecord[];
    readonly next: string | null;
  }> {
    const [heldAt, blob] = after === undefined ? [] : decodeCursor(after, ["number", "string"] as const);
    const rows = await this.#database.query(
      `SELECT *, (extract(epoch FROM held_at) * 1000000)::bigint AS at, ${IN_THE_WAY} FROM held_instance
       WHERE $1::bigint IS NULL OR (held_at, blob) < (timestamptz 'epoch' + $1 * interval '1 microsecond', $2)
       ORDER BY held_at DESC, blob DESC LIMIT $3`,
      [heldAt, blob, limit + 1],
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > limit && last !== undefined;
    return {
      held: shown.map(heldOfRow),
      next: more ? encodeCursor([last.at as number, last.blob as string]) : null,
    };
  }

  async find(blob: string): Promise<HeldRecord | undefined> {
    const [row] = await this.#database.query(`SELECT *, ${IN_THE_WAY} FROM held_instance WHERE blob = $1`, [blob]);
    return row && heldOfRow(row);
  }

  /** Its row goes and its file stays: an image's row names it from now on, or the caller removes it. @returns whether it was held */
  async releaseIn(sql: Sql, blob: string): Promise<boolean> {
    return (await sql.query("DELETE FROM held_instance WHERE blob = $1 RETURNING 1", [blob])).length > 0;
  }

  /** Somebody does not want it any more: row and file go, with an audit entry. @returns whether it was held */
  discard(blob: string, actor: string): Promise<boolean> {
    return this.#database.transaction(async (sql) => {
      const rows = await sql.query<ReleasedRow>(
        "DELETE FROM held_instance WHERE blob = $1 RETURNING blob, sop_uid, sha256",
        [blob],
      );
      await letGo(sql, this.#audit, rows, { actor, reason: "discarded" });
      return rows.length > 0;
    });
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
 * Lets go of those that were held before `before`, so many at most, and of their files, with an audit entry for each.
 *
 * @returns how many
 */
export async function releaseHeld(
  sql: Sql,
  audit: Pick<AuditLog, "appendIn">,
  before: Date,
  limit: number,
): Promise<number> {
  const rows = await sql.query<ReleasedRow>(
    `DELETE FROM held_instance WHERE blob IN (
       SELECT blob FROM held_instance WHERE held_at < $1 ORDER BY blob LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING blob, sop_uid, sha256`,
    [before, limit],
  );
  await letGo(sql, audit, rows, { actor: "system", reason: "retention" });
  return rows.length;
}

interface ReleasedRow extends Row {
  readonly blob: string;
  readonly sop_uid: string;
  readonly sha256: string;
}

async function letGo(
  sql: Sql,
  audit: Pick<AuditLog, "appendIn">,
  rows: readonly ReleasedRow[],
  { actor, reason }: { readonly actor: string; readonly reason: string },
): Promise<void> {
  // One that was filed after all, by an import that took it up once more, is the image's file now.
  const filed = await sql.query<{ blob: string }>("SELECT blob FROM instance WHERE sop_uid = ANY($1::text[])", [
    rows.map(({ sop_uid }) => sop_uid),
  ]);
  const named = new Set(filed.map(({ blob }) => blob));
  await removeSoon(
    sql,
    rows.map(({ blob }) => blob).filter((blob) => !named.has(blob)),
  );
  await audit.appendIn(
    sql,
    rows.map(({ sop_uid, sha256 }) => ({
      ...{ actor, action: "held.delete", subject: sop_uid, inputSha256: sha256 },
      details: { reason },
    })),
  );
}

function heldOfRow(row: Row): HeldRecord {
  return {
    blob: row.blob as string,
    sopUid: row.sop_uid as string,
    seriesUid: row.series_uid as string,
    studyUid: row.study_uid as string,
    reason: row.reason as HeldReason,
    bytes: row.bytes as number,
    sha256: row.sha256 as string,
    heldAt: row.held_at as Date,
    ...(row.in_the_way !== null && { inTheWay: row.in_the_way as string }),
  };
}
