/**
 * @file Brings the tables to what this program wants: forward only, each step once, each in its own transaction.
 */
import { FoveaError } from "@fovea/core/errors";
import type { Database } from "./database";
import { RECORD } from "./migrations/001-record";
import { REMOVAL_DUE } from "./migrations/002-removal-due";
import { ATTEMPT } from "./migrations/003-attempt";
import { HELD_INSTANCE } from "./migrations/004-held-instance";
import { PATIENCE } from "./migrations/005-patience";
import { RETRIEVAL } from "./migrations/006-retrieval";
import { THRESHOLD } from "./migrations/007-threshold";

export interface Migration {
  /** Counts up. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** A line that was released is never changed. */
export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: "record", sql: RECORD },
  { number: 2, name: "removal-due", sql: REMOVAL_DUE },
  { number: 3, name: "attempt", sql: ATTEMPT },
  { number: 4, name: "held-instance", sql: HELD_INSTANCE },
  { number: 5, name: "patience", sql: PATIENCE },
  { number: 6, name: "retrieval", sql: RETRIEVAL },
  { number: 7, name: "threshold", sql: THRESHOLD },
];

/** Of PostgreSQL's advisory locks, for this: any number that nobody else takes. */
const LOCK = 0x0f_0e_a0_01;

/**
 * Several processes may start at once on one PostgreSQL: one migrates, the others wait.
 *
 * @throws {FoveaError} `invalid_config` if the database is newer than the program
 */
export async function migrate(database: Database, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.query("SELECT pg_advisory_xact_lock($1::bigint)", [LOCK]);
    await sql.query(
      "CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
    );
  });
  for (const migration of migrations) await database.transaction((sql) => apply(sql, migration));
  const [{ newest }] = await database.query<{ newest: number }>("SELECT max(number) AS newest FROM migration");
  const known = migrations.at(-1)?.number ?? 0;
  if (newest > known) {
    throw new FoveaError(
      "invalid_config",
      `the database has tables of version ${newest}, this program knows ${known}; start the newer version of Fovea`,
    );
  }
}

async function apply(
  sql: { query(text: string, parameters?: readonly unknown[]): Promise<unknown[]> },
  { number, name, sql: statements }: Migration,
): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock($1::bigint)", [LOCK]);
  const done = await sql.query("SELECT 1 FROM migration WHERE number >= $1", [number]);
  if (done.length > 0) return;
  await sql.query(statements);
  await sql.query("INSERT INTO migration (number, name) VALUES ($1, $2)", [number, name]);
}
