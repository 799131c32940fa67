/**
 * @file PostgreSQL through a pool of connections, which outlives restarts of the server.
 */
import { randomBytes } from "node:crypto";
import { FoveaError } from "@fovea/core/errors";
import pg from "pg";
import type { Database, Row, Sql } from "./database";
import { SqlError, statementError } from "./sql-error";
import { DECODERS, encodeParameter } from "./sql-values";

export interface PostgresOptions {
  /** Connections at most. @default 10 */
  readonly connections?: number;
  /** A server that is away is waited for so long. @default 15000 */
  readonly patienceMs?: number;
  /** A statement without an answer for so long counts as lost: its server has vanished without a word; 0: any time. @default 60000 */
  readonly answerMs?: number;
}

/** Connections are called so, each process's with a word of its own behind it. */
export const APPLICATION = "fovea";

/** Server is shutting down, starting up, or has too many clients: nothing was done (appendix A, classes 57P and 53). */
const NOT_DONE = new Set(["57P01", "57P02", "57P03", "53300"]);
/** The statement was taken back so that others could go on: a deadlock, or two that do not go together (class 40). */
const TAKEN_BACK = new Set(["40P01", "40001"]);
/** What the socket says when nobody is there, or nobody any more. */
const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** One attempt to connect takes so long at most. */
const CONNECT_MS = 10_000;
/** A connection that says nothing is asked whether it lives after so long, then each second; ten times in vain, and it is dead. */
const KEEP_ALIVE_MS = 10_000;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => DECODERS[oid] ?? ((text: string) => text),
};

/** @throws {FoveaError} `database_unavailable` if no server answers, or it does not let us in */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Database> {
  const database = new PostgresDatabase(url, options);
  try {
    await database.query("SELECT 1");
    return database;
  } catch (error) {
    await database.close();
    throw error instanceof SqlError ? unavailable(error, "does not let us in") : error;
  }
}

class PostgresDatabase implements Database {
  readonly kind = "postgres";
  readonly #pool: pg.Pool;
  readonly #patienceMs: number;

  constructor(connectionString: string, { connections = 10, patienceMs = 15_000, answerMs = 60_000 }: PostgresOptions) {
    this.#patienceMs = patienceMs;
    this.#pool = new pg.Pool({
      connectionString,
      max: connections,
      application_name: `${APPLICATION} ${randomBytes(8).toString("hex")}`,
      connectionTimeoutMillis: Math.min(CONNECT_MS, patienceMs),
      query_timeout: answerMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      types,
    });
    // A connection that dies while nobody uses it: the pool makes another when one is wanted.
    this.#pool.on("error", () => undefined);
  }

  /** A statement that surely was not carried out, or was taken back, is tried again; of others only reading ones. */
  async query<T extends Row = Row>(text: string, parameters?: readonly unknown[]): Promise<T[]> {
    const deadline = Date.now() + this.#patienceMs;
    for (;;) {
      const client = await this.#connect(deadline);
      try {
        const rows = await run<T>(client, text, parameters);
        client.release();
        return rows;
      } catch (error) {
        const lost = isLost(error);
        if (!lost && isBare(parameters)) await run(client, "ROLLBACK").catch(() => undefined);
        client.release(lost);
        if (!lost) {
          const takenBack = error instanceof SqlError && TAKEN_BACK.has(error.sqlState ?? "");
          if (!takenBack || Date.now() > deadline) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100 * Math.random()));
          continue;
        }
        const again = NOT_DONE.has(codeOf(error)) || /^\s*select\b/i.test(text);
        if (!again || Date.now() > deadline) throw unavailable(error, "went away during a statement");
      }
    }
  }

  async exec(text: string): Promise<void> {
    await this.query(text);
  }

  async flush(): Promise<void> {
    // Each commit waited for the disk.
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.#begin();
    let lost = false;
    let open = true;
    // Statements that are sent together are carried out one after another, as on PGlite.
    let turn: Promise<unknown> = Promise.resolve();
    const sql: Sql = {
      query: async <R extends Row>(text: string, parameters?: readonly unknown[]) => {
        if (!open) throw new Error("a statement after the end of its transaction");
        const mine = turn.then(() => run<R>(client, text, parameters));
        turn = mine.catch(() => undefined);
        return mine;
      },
    };
    try {
      const result = await work(sql);
      open = false;
      await turn;
      await run(client, "COMMIT");
      return result;
    } catch (error) {
      open = false;
      await turn;
      lost = isLost(error);
      if (!lost) await run(client, "ROLLBACK").catch(() => (lost = true));
      throw lost ? unavailable(error, "went away during a transaction") : error;
    } finally {
      client.release(lost);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** A connection with a transaction begun: one that died in the pool is noticed here, where nothing is lost. */
  async #begin(): Promise<pg.PoolClient> {
    const deadline = Date.now() + this.#patienceMs;
    for (;;) {
      const client = await this.#connect(deadline);
      try {
        await run(client, "BEGIN");
        return client;
      } catch (error) {
        client.release(true);
        if (!isLost(error) || Date.now() > deadline) throw isLost(error) ? unavailable(error, "went away") : error;
      }
    }
  }

  async #connect(deadline: number): Promise<pg.PoolClient> {
    for (let wait = 50; ; wait = Math.min(2 * wait, 1000)) {
      try {
        const client = await connected(this.#pool, deadline);
        // The pool listens only while it has it; an error in between must not end the process.
        if (client.listenerCount("error") === 0) client.on("error", () => undefined);
        return client;
      } catch (error) {
        const hopeless = codeOf(error) !== "" && !isLost(error);
        if (hopeless || Date.now() + wait > deadline) throw unavailable(error, "cannot be reached");
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }
}

/** A connection of the pool, until the deadline; one that comes later goes back to it. */
async function connected(pool: pg.Pool, deadline: number): Promise<pg.PoolClient> {
  const connecting = pool.connect();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        connecting.then((client) => client.release()).catch(() => undefined);
        reject(new Error("timeout exceeded when trying to connect"));
      },
      Math.max(0, deadline - Date.now()),
    );
  });
  return Promise.race([connecting, late]).finally(() => clearTimeout(timer));
}

function isBare(parameters?: readonly unknown[]): boolean {
  return parameters === undefined || parameters.length === 0;
}

async function run<T extends Row>(client: pg.PoolClient, text: string, parameters?: readonly unknown[]): Promise<T[]> {
  try {
    if (parameters === undefined || parameters.length === 0) {
      const result = (await client.query(text)) as pg.QueryResult<T> | readonly pg.QueryResult<T>[];
      return (Array.isArray(result) ? result.at(-1)?.rows : (result as pg.QueryResult<T>).rows) ?? [];
    }
    return (await client.query<T>(text, parameters.map(encodeParameter))).rows;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || NOT_DONE.has(error.code ?? "")) throw error;
    const { message, code, constraint } = error;
    throw statementError({ message, sqlState: code, constraint }, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Whether the connection is gone, not the statement wrong. */
function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (NOT_DONE.has(code) || CONNECTION_CODES.has(code) || code.startsWith("08")) return true;
  if (error instanceof FoveaError || error instanceof SqlError) return false;
  // node-postgres gives these no code.
  return (
    error instanceof Error &&
    /^(Connection terminated|Client has encountered a connection error|timeout exc|Query read timeout|Client was closed)/i.test(
      error.message,
    )
  );
}

/** Where the server answers and does not let us in, what is to be mended (appendix A, classes 28 and 3D). */
const REFUSED: Readonly<Record<string, string>> = {
  "28000": "refuses the user; check the user of the address, and the server's pg_hba.conf",
  "28P01": "refuses the password; check user and password of the address",
  "3D000": "is not on its server; create it, or check the name at the end of the address",
};

/** Without the address: it may hold a password. */
function unavailable(cause: unknown, what: string): FoveaError {
  const why = codeOf(cause) || (cause instanceof Error ? cause.message : String(cause));
  const told = REFUSED[why] ?? `${what} (${why}); check that it runs and that the address is right`;
  return new FoveaError("database_unavailable", `the database of DATABASE_URL ${told}`, { cause });
}
