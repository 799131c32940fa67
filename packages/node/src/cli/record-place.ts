/**
 * @file Where a command finds the record: by its options, else by the environment, as the service does.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { FoveaError } from "@fovea/core/errors";

export interface RecordOptions {
  readonly dataDir?: string;
  readonly keyFile?: string;
}

export interface RecordPlace {
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly keyFile?: string;
}

/** @throws {FoveaError} `file_not_found` if there is no record: looking at one must not make one */
export function recordPlace({ dataDir, keyFile }: RecordOptions): RecordPlace {
  const folder = resolve(dataDir ?? (process.env.FOVEA_DATA_DIR || "fovea-data"));
  const databaseUrl = process.env.DATABASE_URL || undefined;
  if (databaseUrl === undefined && !existsSync(join(folder, "database"))) {
    throw new FoveaError(
      "file_not_found",
      "no record is here; give the service's folder with --data-dir, or DATABASE_URL",
      {
        file: folder,
      },
    );
  }
  return { dataDir: folder, databaseUrl, keyFile };
}
