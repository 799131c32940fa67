/**
 * @file Records for tests, on both engines: PGlite always, PostgreSQL where a server can be started.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { MIGRATIONS } from "../src/store/migrate";
import { openDatabase } from "../src/store/open-database";
import { openStore, type Store, type StoreConfig } from "../src/store/open-store";
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
  /** One record for all tests of the file, emptied: quicker than one for each. */
  emptied(): Promise<Store>;
  /** Only of PostgreSQL. */
  readonly server?: PostgresServer;
}

/** Runs `suite` once for each engine; what it opened is closed and removed at the file's end. */
export function onEachEngine(name: string, suite: (engine: Engine) => void): void {
  describe(`${name} on PGlite`, () => suite(engineOf("pglite")));
  const missing = missingPostgres();
  describe.skipIf(missing !== undefined)(`${name} on PostgreSQL${missing ? ` (skipped: ${missing})` : ""}`, () =>
    suite(engineOf("postgres")),
  );
}

/**
 * A database with its tables: PGlite takes seconds to make one and an instant to open it, so that each record starts as a copy.
 * Kept with the installed packages, under the hash of what it was made of.
 */
async function emptyPglite(): Promise<string> {
  const version = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../../node_modules/@electric-sql/pglite/package.json"), "utf8"),
  ).version;
  const name = createHash("sha256")
    .update(JSON.stringify([version, MIGRATIONS]))
    .digest("hex")
    .slice(0, 16);
  const cache = join(import.meta.dirname, "../../../node_modules/.cache/fovea");
  const kept = join(cache, `pglite-${name}`);
  if (existsSync(kept)) return kept;
  mkdirSync(cache, { recursive: true });
  const dataDir = mkdtempSync(join(cache, "making-"));
  await (await openDatabase({ dataDir })).close();
  // Another test file may have been faster.
  if (!existsSync(kept)) renameSync(join(dataDir, "database"), kept);
  rmSync(dataDir, { recursive: true, force: true });
  return kept;
}

/** What the suites of one file share, removed at the file's end. */
const folders: string[] = [];
const shared = new Map<Engine["kind"], Promise<Store>>();
let started: Promise<PostgresServer> | undefined;

afterAll(async () => {
  await Promise.all([...shared.values()].map(async (store) => (await store).close().catch(() => undefined)));
  await (await started)?.remove();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}, START_MS);

function engineOf(kind: Engine["kind"]): Engine {
  let server: PostgresServer | undefined;
  let template: string | undefined;
  beforeAll(async () => {
    if (kind === "pglite") template = await emptyPglite();
    else {
      started ??= startPostgres();
      server = await started;
    }
  }, START_MS);
  const engine: Engine = {
    kind,
    async emptied() {
      const store = shared.get(kind) ?? engine.place().then(openStore);
      shared.set(kind, store);
      const { database, audit } = await store;
      await audit.settled();
      await database.exec(`TRUNCATE ${TABLES.join(", ")} CASCADE`);
      await database.transaction((sql) => audit.beginIn(sql));
      return store;
    },
    get server() {
      return server;
    },
    async place() {
      const dataDir = mkdtempSync(join(tmpdir(), "fovea-record-"));
      folders.push(dataDir);
      if (template !== undefined) cpSync(template, join(dataDir, "database"), { recursive: true });
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
