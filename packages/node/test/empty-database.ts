/**
 * @file An embedded database with its tables, and nothing in them, made once for all test files.
 *
 * PGlite takes seconds to make a database and half a second to open it: each record starts as a copy. It is kept with the installed
 * packages, under the hash of what it was made of.
 */
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { openJobQueue } from "../src/jobs/boss-queue";
import { MIGRATIONS } from "../src/store/migrate";
import { openDatabase } from "../src/store/open-database";

const MODULES = join(import.meta.dirname, "../../../node_modules");

const versionOf = (name: string) => JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8")).version;

/** Folder of the database, made if it is not there: the tables of the record and of the queue. */
async function emptyDatabase(): Promise<string> {
  const name = createHash("sha256")
    .update(JSON.stringify([versionOf("@electric-sql/pglite"), versionOf("pg-boss"), MIGRATIONS]))
    .digest("hex")
    .slice(0, 16);
  const cache = join(MODULES, ".cache/fovea");
  const kept = join(cache, `pglite-${name}`);
  if (existsSync(kept)) return kept;
  mkdirSync(cache, { recursive: true });
  const dataDir = mkdtempSync(join(cache, "making-"));
  const database = await openDatabase({ dataDir });
  await (await openJobQueue(database)).stop();
  await database.close();
  // Another test file may have been faster.
  if (!existsSync(kept)) renameSync(join(dataDir, "database"), kept);
  rmSync(dataDir, { recursive: true, force: true });
  return kept;
}

/** `cpSync` looks at each of a thousand files several times, and takes twice as long. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else copyFileSync(source, target);
  }
}

/** Gives a record that has not begun the tables that its first start would make. */
export async function copyEmptyDatabase(dataDir: string): Promise<void> {
  copyTree(await emptyDatabase(), join(dataDir, "database"));
}
