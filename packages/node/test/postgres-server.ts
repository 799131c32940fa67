/**
 * @file A private PostgreSQL server for tests, from Debian's programs, on a free port of loopback.
 *
 * `FOVEA_TEST_DATABASE_URL` names a database of a running server instead.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

/** Where Debian keeps each version's programs. */
const ROOT = "/usr/lib/postgresql";

export interface PostgresServer {
  /** Address of a new, empty database. */
  database(): Promise<string>;
  /** Absent where the server is not ours to stop. */
  readonly power?: {
    /** Stops it as an administrator would: connections are ended. */
    off(): void;
    /** Again on the same port and data. */
    on(): void;
  };
  /** Ends it and removes what was made. */
  remove(): Promise<void>;
}

function programs(): string | undefined {
  if (!existsSync(ROOT)) return undefined;
  const versions = readdirSync(ROOT).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(ROOT, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

/** The server refuses to run as root; Debian's package has a user for it. */
function userOf(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

/** Why there is no server to test with; undefined if there is one. */
export function missingPostgres(): string | undefined {
  if (process.env.FOVEA_TEST_DATABASE_URL !== undefined) return undefined;
  if (programs() === undefined) return `no PostgreSQL in ${ROOT}`;
  const user = userOf();
  return user !== undefined && !(user.uid > 0) ? "root, and no user postgres to run the server as" : undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("unreachable: no port");
  return address.port;
}

/** Makes databases on a running server and removes them. */
function databasesOn(url: string): Pick<PostgresServer, "database" | "remove"> {
  const made: string[] = [];
  const asAdministrator = async (statement: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  return {
    async database() {
      const name = `fovea_test_${randomBytes(6).toString("hex")}`;
      await asAdministrator(`CREATE DATABASE ${name}`);
      made.push(name);
      const address = new URL(url);
      address.pathname = `/${name}`;
      return address.href;
    },
    async remove() {
      for (const name of made.splice(0)) await asAdministrator(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** A server of its own, or that of `FOVEA_TEST_DATABASE_URL`. Durable it is not: tests are quicker so. */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env.FOVEA_TEST_DATABASE_URL;
  if (given !== undefined) return databasesOn(given);
  const bin = programs();
  if (bin === undefined) throw new Error("unreachable: ask missingPostgres first");
  const user = userOf();
  const folder = mkdtempSync(join(tmpdir(), "fovea-postgres-"));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  const run = (program: string, parameters: readonly string[]) =>
    execFileSync(join(bin, program), parameters, { ...user, cwd: folder, stdio: "ignore", env });
  const data = join(folder, "data");
  run("initdb", ["-D", data, "-U", "fovea", "-A", "trust", "-E", "UTF8", "--no-sync"]);
  const port = await freePort();
  const settings = `-p ${port} -k '' -h 127.0.0.1 -F -c shared_buffers=16MB -c max_connections=50`;
  const on = () => run("pg_ctl", ["-D", data, "-w", "-o", settings, "-l", join(folder, "log"), "start"]);
  const off = () => run("pg_ctl", ["-D", data, "-w", "-m", "fast", "stop"]);
  on();
  return {
    ...databasesOn(`postgres://fovea@127.0.0.1:${port}/postgres`),
    power: { on, off },
    async remove() {
      spawnSync(join(bin, "pg_ctl"), ["-D", data, "-m", "immediate", "stop"], {
        ...user,
        cwd: folder,
        stdio: "ignore",
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
