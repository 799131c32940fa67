/**
 * @file A new key for the record: everything that older keys sealed is sealed anew, then they go.
 *
 * The new key is kept before anything is sealed with it, and the old ones until nothing needs them, so that an interrupted
 * rotation goes on where it stopped, also after a power failure: they go when what was sealed anew is on the disk. Nobody else may have the record open meanwhile: others know the old keys only.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import { type KeyRing, withNewKey, withoutOldKeys } from "../vault/key-ring";
import { sealedBy, Vault } from "../vault/vault";
import { headText } from "./audit-chain";
import type { Database, Row, Sql } from "./database";
import { SAMPLE, type Store } from "./open-store";
import { APPLICATION } from "./postgres-database";
import type { PatientIdentity } from "./record";

/** Rows of one transaction. */
const PAGE = 200;
const [LOOKS, LOOK_MS] = [10, 200];

/** A column of sealed values. */
interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** Columns of the primary key, with their types. */
  readonly key: readonly (readonly [name: string, type: string])[];
  /** What follows `table.column/` in the value's context. */
  readonly context: (row: Row) => string;
}

const JOB_FILE: Pick<SealedColumn, "key" | "context"> = {
  key: [
    ["job_id", "uuid"],
    ["ordinal", "integer"],
  ],
  context: ({ job_id, ordinal }) => `${job_id}/${ordinal}`,
};

const COLUMNS: readonly SealedColumn[] = [
  { table: "study", column: "patient", key: [["study_uid", "text"]], context: ({ study_uid }) => `${study_uid}` },
  {
    table: "series",
    column: "description",
    key: [["series_uid", "text"]],
    context: ({ series_uid }) => `${series_uid}`,
  },
  { table: "review", column: "comment", key: [["review_id", "bigint"]], context: ({ finding_id }) => `${finding_id}` },
  { table: "batch_file", column: "filename", ...JOB_FILE },
  { table: "batch_file", column: "result", ...JOB_FILE },
  {
    table: "identity_map",
    column: "original",
    key: [
      ["kind", "text"],
      ["new_value", "text"],
    ],
    context: ({ kind, new_value }) => `${kind}/${new_value}`,
  },
];

export interface RotationResult {
  /** Values and files that were sealed anew; those an interrupted run had done are not counted. */
  readonly values: number;
  readonly files: number;
  /** Keys that were let go; none where the ring comes from the environment. */
  readonly removed: number;
}

export interface RotationOptions {
  readonly onProgress?: (done: { readonly values: number; readonly files: number }) => void;
}

/**
 * Adds a key and seals everything with it; where the ring has several keys already, goes on with the newest of them.
 *
 * @throws {FoveaError} `busy` if another process has the record open; `wrong_key` if the only key comes from the environment, or a value needs a key that is not here
 */
export async function rotateKeys(store: Store, { onProgress }: RotationOptions = {}): Promise<RotationResult> {
  await expectAlone(store.database);
  const before = store.vault.ring;
  const ring = before.keys.length > 1 ? before : await withNewKey(before);
  const vault = new Vault(ring);
  store.useVault(vault);
  let values = 0;
  let files = 0;
  for (const column of COLUMNS) {
    for await (const count of resealed(store.database, vault, column)) {
      values += count;
      onProgress?.({ values, files });
    }
  }
  for await (const blob of store.blobs.all()) {
    if (await renewed(store, blob)) files++;
    onProgress?.({ values, files });
  }
  await store.audit.settled();
  await store.database.transaction(async (sql) => {
    await remark(sql, vault);
    await sql.query("UPDATE key_check SET sample = $1::bytea", [vault.seal(new Uint8Array(0), SAMPLE)]);
    const details = { newKey: vault.newestKey, values, files };
    await store.audit.appendIn(sql, [{ actor: "system", action: "keys.rotate", details }]);
  });
  // Files were brought to the disk one by one.
  await store.database.flush();
  return { values, files, removed: await removeOld(store, ring) };
}

/** An embedded database is one process's anyway. A service asks its PostgreSQL every second, so that its connections stand there. */
async function expectAlone(database: Database): Promise<void> {
  if (database.kind !== "postgres") return;
  for (let look = 0; await hasOthers(database); look++) {
    // A connection that was just closed stands there for a moment.
    if (look < LOOKS) await sleep(LOOK_MS);
    else {
      throw new FoveaError(
        "busy",
        "another process of Fovea has this record open, and knows the old keys only; stop it first",
      );
    }
  }
}

async function hasOthers(database: Database): Promise<boolean> {
  const others = await database.query(
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE $1
       AND application_name <> current_setting('application_name')`,
    [`${APPLICATION} %`],
  );
  return others.length > 0;
}

async function removeOld(store: Store, ring: KeyRing): Promise<number> {
  if (ring.file === undefined) return 0;
  const left = await withoutOldKeys(ring);
  store.useVault(new Vault(left));
  return ring.keys.length - left.keys.length;
}

/** Seals a column's values anew, page by page. Yields how many each page had. */
async function* resealed(database: Database, vault: Vault, column: SealedColumn): AsyncGenerator<number> {
  for (let after: Row | undefined; ; ) {
    const page = await database.transaction((sql) => resealPage(sql, vault, column, after));
    if (page.last === undefined) return;
    after = page.last;
    yield page.count;
  }
}

async function resealPage(sql: Sql, vault: Vault, sealed: SealedColumn, after: Row | undefined) {
  const { table, column, key, context } = sealed;
  const names = key.map(([name]) => name).join(", ");
  const bounds = key.map(([, type], i) => `$${i + 1}::${type}`).join(", ");
  const rows = await sql.query(
    `SELECT * FROM ${table} WHERE ${column} IS NOT NULL ${after === undefined ? "" : `AND (${names}) > (${bounds})`}
     ORDER BY ${names} LIMIT ${PAGE} FOR UPDATE`,
    after === undefined ? [] : key.map(([name]) => after[name]),
  );
  const stale = rows.filter((row) => sealedBy(row[column] as Uint8Array) !== vault.newestKey);
  if (stale.length > 0) await reseal(sql, vault, sealed, stale, (row) => `${table}.${column}/${context(row)}`);
  return { last: rows.at(-1), count: stale.length };
}

async function reseal(
  sql: Sql,
  vault: Vault,
  { table, column, key }: SealedColumn,
  rows: readonly Row[],
  context: (row: Row) => string,
): Promise<void> {
  const plain = rows.map((row) => vault.open(row[column] as Uint8Array, context(row)));
  const isStudy = table === "study";
  const arrays = key.map(([, type], i) => `$${i + 3}::${type}[]`).join(", ");
  await sql.query(
    `UPDATE ${table} SET ${column} = given.sealed ${isStudy ? ", patient_key = given.hash" : ""}
     FROM unnest($1::bytea[], $2::text[], ${arrays}) AS given (sealed, hash, ${key.map(([name]) => name).join(", ")})
     WHERE ${key.map(([name]) => `${table}.${name} = given.${name}`).join(" AND ")}`,
    [
      rows.map((row, i) => vault.seal(plain[i], context(row))),
      plain.map((bytes) => (isStudy ? patientKey(vault, bytes) : null)),
      ...key.map(([name]) => rows.map((row) => row[name])),
    ],
  );
}

function patientKey(vault: Vault, plain: Uint8Array): string | null {
  const { PatientID } = JSON.parse(Buffer.from(plain).toString("utf8")) as PatientIdentity;
  return PatientID ? vault.lookup(PatientID, "patient") : null;
}

async function renewed({ blobs }: Store, blob: string): Promise<boolean> {
  try {
    return await blobs.renew(blob);
  } catch (error) {
    // Removed meanwhile.
    if (error instanceof FoveaError && error.code === "file_not_found") return false;
    throw error;
  }
}

/** The head of the audit chain under the new key, if it is true under the old one: a broken chain is not made whole. */
async function remark(sql: Sql, vault: Vault): Promise<void> {
  const [head] = await sql.query<{ seq: number; hash: string; mark: string }>("SELECT * FROM audit_head FOR UPDATE");
  const text = headText(head?.seq ?? 0, head?.hash ?? "");
  if (head === undefined || !vault.checkMark(text, head.mark)) {
    throw new FoveaError(
      "audit_broken",
      "the head of the audit chain was not written by this service; see fovea audit verify",
    );
  }
  await sql.query("UPDATE audit_head SET mark = $1", [vault.mark(text)]);
}
