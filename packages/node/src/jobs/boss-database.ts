/**
 * @file The record's database as pg-boss wants it.
 */
import type PgBoss from "pg-boss";
import type { Database, Sql } from "../store/database";

/**
 * pg-boss's statements over `database`.
 *
 * Those without parameters may be several in one text (`BEGIN; ...; COMMIT`), which goes through `exec`: PGlite's
 * `query` takes one statement only.
 */
export function bossDatabase(database: Database): PgBoss.Db {
  return {
    executeSql: async (text, values) => {
      if (values !== undefined) return bossSql(database).executeSql(text, values);
      if (isSeveral(text)) {
        await database.exec(text);
        return { rows: [] };
      }
      return { rows: await database.query(text) };
    },
  };
}

/** Statements inside of a transaction, or alone. */
export function bossSql(sql: Sql): PgBoss.Db {
  return {
    executeSql: async (text, values) => ({
      rows: await sql.query(
        text,
        values.map((value) => value ?? null),
      ),
    }),
  };
}

function isSeveral(text: string): boolean {
  return text.trimEnd().replace(/;$/, "").includes(";");
}
