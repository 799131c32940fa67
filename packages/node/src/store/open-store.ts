/**
 * @file The record as one object: database, keys, files and what is kept in them. Whoever opens it closes it.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ServiceConfig } from "../config/service-config";
import { writeFailure } from "../data/atomic-write";
import { Vault } from "../vault/vault";
import { Analyses } from "./analyses";
import { ApiKeys } from "./api-keys";
import { Attempts } from "./attempts";
import { AuditLog } from "./audit-log";
import { BatchJobs } from "./batch-jobs";
import { BlobFiles } from "./blob-files";
import type { Database } from "./database";
import { Deliveries } from "./deliveries";
import { checkFileFolder, MARKER } from "./file-folder";
import { HeldInstances } from "./held-instances";
import { IdentityMap } from "./identity-map";
import { Models } from "./models";
import { openDatabase } from "./open-database";
import { Postponements } from "./postponements";
import { Retention } from "./retention";
import { Retrievals } from "./retrievals";
import { Studies } from "./studies";
import { StudyList } from "./study-list";
import { UploadSweep } from "./upload-sweep";

/** What the sample of the key is sealed as. */
export const SAMPLE = "key_check.sample";

export type StoreConfig = Pick<ServiceConfig, "dataDir" | "databaseUrl" | "keyFile">;

export interface StoreOptions {
  /** Files wait for the disk, so that they survive a power failure. @default true with PostgreSQL, false with PGlite, which does not */
  readonly sync?: boolean;
  /** @default process.env.FOVEA_KEY */
  readonly environmentKey?: string;
}

export interface Store {
  readonly database: Database;
  /** The keys as they are now. */
  readonly vault: Vault;
  readonly blobs: BlobFiles;
  readonly studies: Studies;
  readonly held: HeldInstances;
  readonly studyList: StudyList;
  readonly analyses: Analyses;
  readonly attempts: Attempts;
  readonly postponements: Postponements;
  readonly deliveries: Deliveries;
  readonly retrievals: Retrievals;
  readonly models: Models;
  readonly apiKeys: ApiKeys;
  readonly audit: AuditLog;
  readonly batchJobs: BatchJobs;
  readonly identityMap: IdentityMap;
  readonly retention: Retention;
  readonly uploadSweep: UploadSweep;
  /** Other keys from now on. */
  useVault(vault: Vault): void;
  /** Waits for audit entries that are under way, then lets go of database and folder. */
  close(): Promise<void>;
}

/**
 * Opens the record, and makes it where there is none.
 *
 * @throws {FoveaError} `busy` if another process has the embedded database; `database_unavailable`; `wrong_key` if the record was
 *   made with another key; `files_unavailable` if the folder of files is not the record's; `file_unreadable`, `write_failed`
 */
export async function openStore(
  { dataDir, databaseUrl, keyFile }: StoreConfig,
  { sync = databaseUrl !== undefined, environmentKey }: StoreOptions = {},
): Promise<Store> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw writeFailure(dataDir, error);
  });
  const database = await openDatabase({ dataDir, databaseUrl });
  try {
    const mayMake = await isNew(database);
    let vault = await Vault.open({ dataDir, keyFile, environment: environmentKey }, { mayMake });
    const keys = () => vault;
    const audit = new AuditLog(database, keys);
    if (mayMake) await begin(database, vault, audit);
    await checkVault(database, vault);
    const files = join(dataDir, "files");
    await checkFileFolder(database, files);
    const blobs = await BlobFiles.open(files, keys, { sync, alone: database.kind === "pglite", marker: MARKER });
    return {
      database,
      get vault() {
        return vault;
      },
      blobs,
      studies: new Studies(database, keys),
      held: new HeldInstances(database, audit),
      studyList: new StudyList(database, keys),
      analyses: new Analyses(database, keys, audit),
      attempts: new Attempts(database),
      postponements: new Postponements(database),
      deliveries: new Deliveries(database),
      retrievals: new Retrievals(database),
      models: new Models(database),
      apiKeys: new ApiKeys(database),
      audit,
      batchJobs: new BatchJobs(database, keys),
      identityMap: new IdentityMap(database, keys),
      retention: new Retention(database, blobs, audit, keys),
      uploadSweep: new UploadSweep(database, blobs),
      useVault(next) {
        vault = next;
      },
      async close() {
        await audit.settled();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A record without a sample of its keys has nothing sealed yet. */
async function isNew(database: Database): Promise<boolean> {
  return (await database.query("SELECT 1 FROM key_check")).length === 0;
}

/** What the first start leaves: a sample of the key, and the end of an audit log without entries. */
async function begin(database: Database, vault: Vault, audit: AuditLog): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.query("INSERT INTO key_check (sample) VALUES ($1::bytea) ON CONFLICT (single) DO NOTHING", [
      vault.seal(new Uint8Array(0), SAMPLE),
    ]);
    // Where something was kept already, the sample was taken away, and the log may have been with it.
    const [{ kept }] = await sql.query<{ kept: boolean }>(
      `SELECT EXISTS (SELECT FROM study) OR EXISTS (SELECT FROM model) OR EXISTS (SELECT FROM api_key)
         OR EXISTS (SELECT FROM batch_job) AS kept`,
    );
    if (!kept) await audit.beginIn(sql);
  });
}

/** Says at the start, not at the first patient, that the key is another one. */
async function checkVault(database: Database, vault: Vault): Promise<void> {
  const [{ sample }] = await database.query<{ sample: Uint8Array }>("SELECT sample FROM key_check");
  vault.open(sample, SAMPLE);
}
