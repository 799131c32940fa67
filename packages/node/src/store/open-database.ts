/**
 * @file Opens the database under the record, with its tables as this program wants them.
 */
import { join } from "node:path";
import type { Database } from "./database";
import { migrate } from "./migrate";
import { openPglite } from "./pglite-database";
import { openPostgres, type PostgresOptions } from "./postgres-database";

export interface DatabasePlace {
  /** PGlite lies in `dataDir/database`. */
  readonly dataDir: string;
  /** PostgreSQL instead. */
  readonly databaseUrl?: string;
}

/**
 * The database as it is, for looking into it.
 *
 * @throws {FoveaError} `busy` if another process has the embedded database; `database_unavailable`
 */
export async function connectDatabase(
  { dataDir, databaseUrl }: DatabasePlace,
  options?: PostgresOptions,
): Promise<Database> {
  return databaseUrl === undefined ? openPglite(join(dataDir, "database")) : openPostgres(databaseUrl, options);
}

/**
 * The database with the tables that this program wants.
 *
 * @throws {FoveaError} as `connectDatabase`; `invalid_config` if the database was made by a newer version of Fovea
 */
export async function openDatabase(place: DatabasePlace, options?: PostgresOptions): Promise<Database> {
  if (place.databaseUrl !== undefined) {
    // Large tables take long to change, and another process may be at it: no answer yet is no sign that the server is lost.
    const patient = await openPostgres(place.databaseUrl, { ...options, connections: 1, answerMs: 0 });
    await migrate(patient).finally(() => patient.close());
    return connectDatabase(place, options);
  }
  const database = await connectDatabase(place, options);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
