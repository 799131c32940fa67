/**
 * @file Records for tests, on both engines: PGlite always, PostgreSQL where a server can be started.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { openStore, type Store, type StoreConfig } from "../src/store/open-store";
import { copyEmptyDatabase } from "./empty-database";
import { missingPostgres, type PostgresServer, startPostgres } from "./postgres-server";

/** A loaded machine takes long to start a server. */
const START_MS = 120_000;

/** All but what says how the record was made. */
const TABLES = [
  "study",
  "held_instance",
  "model",
  "batch_job",
  "api_key",
  "audit",
  "audit_head",
  "identity_map",
  "blob_removal",
  "retrieval",
];

export interface Engine {
  readonly kind: "pglite" | "postgres";
  /** Settings of a record of its own, empty. */
  place(): Promise<StoreConfig>;
  /** Closed when the test ends, whose connections the next one may need. */
  open(place?: StoreConfig): Promise<Store>;
  /** One record for all tests of the file, emptied, its queue and its files with it: quicker than one for each. */
  emptied(): Promise<Store>;
  /** Only of PostgreSQL. */
  readonly server?: PostgresServer;
}

/** Runs `suite` once for each engine; what it opened is closed and removed at the file's end. */
export function onEachEngine(name: string, suite: (engine: Engine) => void): void {
  afterAll(removeShared, START_MS);
  describe(`${name} on PGlite`, () => suite(engineOf("pglite")));
  const missing = missingPostgres();
  describe.skipIf(missing !== undefined)(`${name} on PostgreSQL${missing ? ` (skipped: ${missing})` : ""}`, () =>
    suite(engineOf("postgres")),
  );
}

/** What the suites of one file share, removed at the file's end. */
const folders: string[] = [];
const shared = new Map<Engine["kind"], Promise<Store>>();
let started: Promise<PostgresServer> | undefined;

/** The next file may be in the same process. */
async function removeShared(): Promise<void> {
  const [stores, server] = [[...shared.values()], started];
  shared.clear();
  started = undefined;
  await Promise.all(stores.map(async (store) => (await store).close().catch(() => undefined)));
  await (await server)?.remove();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

function engineOf(kind: Engine["kind"]): Engine {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    if (kind === "pglite") return;
    started ??= startPostgres();
    server = await started;
  }, START_MS);
  const engine: Engine = {
    kind,
    async emptied() {
      const store = shared.get(kind) ?? engine.place().then(openStore);
      shared.set(kind, store);
      const { database, audit, blobs } = await store;
      await audit.settled();
      await database.exec(`TRUNCATE ${TABLES.join(", ")} CASCADE`);
      const [{ queue }] = await database.query<{ queue: boolean }>(
        "SELECT to_regclass('pgboss.job') IS NOT NULL AS queue",
      );
      if (queue) await database.exec("TRUNCATE pgboss.job, pgboss.archive");
      await database.transaction((sql) => audit.beginIn(sql));
      for await (const blob of blobs.all()) await blobs.remove(blob);
      return store;
    },
    get server() {
      return server;
    },
    async place() {
      const dataDir = mkdtempSync(join(tmpdir(), "fovea-record-"));
      folders.push(dataDir);
      if (kind === "pglite") await copyEmptyDatabase(dataDir);
      return { dataDir, databaseUrl: await server?.database() };
    },
    async open(place) {
      const store = await openStore(place ?? (await engine.place()));
      onTestFinished(() => store.close().catch(() => undefined));
      return store;
    },
  };
  return engine;
}
