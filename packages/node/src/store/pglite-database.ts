/**
 * @file The embedded database: PGlite in a thread of its own, its folder locked against other processes.
 *
 * There is one connection. A transaction holds it; what comes meanwhile waits its turn.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { FoveaError } from "@fovea/core/errors";
import { syncTree } from "../data/atomic-write";
import { errorOfFailure } from "../thread-failure";
import { workerEntry } from "../worker-entry";
import type { Database, Row, Sql } from "./database";
import { type FolderLock, type FolderLockOptions, lockFolder } from "./folder-lock";
import { type PgliteProgram, pgliteProgram } from "./pglite-program";
import type { PgliteJob, PgliteReply, PgliteSetup } from "./pglite-protocol";
import { statementError } from "./sql-error";
import { encodeParameter } from "./sql-values";

interface Waiting {
  resolve(reply: { readonly rows: Row[] }): void;
  reject(error: unknown): void;
}

const refusal = (owner: string) =>
  `the record is in use by ${owner}: the service is running; stop it first, or use PostgreSQL (DATABASE_URL), which several processes may share`;

/** @throws {FoveaError} `busy` if another process has the folder, `database_unavailable` if it is damaged */
export async function openPglite(
  folder: string,
  options: Omit<FolderLockOptions, "onLost" | "refusal"> = {},
): Promise<Database> {
  let database: PgliteDatabase | undefined;
  const program = await pgliteProgram();
  const lock = await lockFolder(`${folder}.lock`, { ...options, refusal, onLost: () => database?.giveUp() });
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const isNew = !existsSync(join(folder, "PG_VERSION"));
    database = new PgliteDatabase(folder, program, lock);
    await database.start();
    // What makes the tables of a new database leaves half a gigabyte behind, which ends with its thread only.
    if (isNew) await database.startAnew();
    return database;
  } catch (error) {
    lock.release();
    throw error;
  }
}

class PgliteDatabase implements Database {
  readonly kind = "pglite";
  readonly #folder: string;
  readonly #program: PgliteProgram;
  readonly #lock: FolderLock;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  /** Set while a transaction's work runs: to tell a mistake from a wait. */
  readonly #inside = new AsyncLocalStorage<{ open: boolean }>();
  #nextId = 0;
  /** Never rejects. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Why its thread ended. */
  #ended: Error | undefined;
  /** It does not start again. */
  #closed = false;

  constructor(folder: string, program: PgliteProgram, lock: FolderLock) {
    this.#folder = folder;
    this.#program = program;
    this.#lock = lock;
  }

  /** Starts its thread; after PGlite gave up (a disk without any space is enough) once more: it mends itself from its log. */
  async start(): Promise<void> {
    const workerData: PgliteSetup = { folder: this.#folder, program: this.#program };
    const worker = new Worker(workerEntry("store/pglite-worker"), { workerData });
    this.#worker = worker;
    this.#ended = undefined;
    const opened = new Promise<unknown>((resolve, reject) => this.#waiting.set(-1, { resolve, reject }));
    worker.on("message", (reply: PgliteReply) => this.#receive(reply));
    worker.on("error", (error) => this.#end(worker, error));
    worker.on("exit", () => this.#end(worker, new Error("its thread ended")));
    await opened;
  }

  /** The folder is another process's now: not even what waits may be written any more. */
  giveUp(): void {
    const worker = this.#worker;
    if (this.#closed || worker === undefined) return;
    this.#closed = true;
    this.#ended = lost();
    this.#end(worker, this.#ended);
    void worker.terminate();
  }

  async startAnew(): Promise<void> {
    await this.#endThread();
    await this.start();
  }

  async query<T extends Row = Row>(text: string, parameters?: readonly unknown[]): Promise<T[]> {
    return this.#inTurn(async () => {
      try {
        return await this.#send<T>(text, parameters);
      } catch (error) {
        // Several statements may have begun a transaction of their own.
        const bare = parameters === undefined || parameters.length === 0;
        if (bare && this.#ended === undefined) await this.#send("ROLLBACK");
        throw error;
      }
    });
  }

  async exec(text: string): Promise<void> {
    await this.query(text);
  }

  /** PGlite writes its files and never waits for the disk: a checkpoint brings all into them, and they are brought to the disk here. */
  async flush(): Promise<void> {
    await this.query("CHECKPOINT");
    await syncTree(this.#folder);
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const state = { open: true };
      const sql: Sql = {
        query: async <R extends Row>(text: string, parameters?: readonly unknown[]) => {
          if (!state.open) throw new Error("a statement after the end of its transaction");
          return this.#send<R>(text, parameters);
        },
      };
      await this.#send("BEGIN");
      try {
        const result = await this.#inside.run(state, () => work(sql));
        state.open = false;
        await this.#send("COMMIT");
        return result;
      } catch (error) {
        state.open = false;
        if (this.#ended === undefined) await this.#send("ROLLBACK");
        throw error;
      } finally {
        // Only one transaction runs at a time; between them, no promise of this process pays for being followed.
        this.#inside.disable();
      }
    });
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#closed = true;
    await this.#endThread();
    this.#lock.release();
  }

  async #endThread(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || this.#ended !== undefined) return;
    const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.postMessage("close");
    await exited;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside.getStore()?.open) {
      return Promise.reject(
        new Error("inside a transaction, statements go through its own `sql`: this one would wait for ever"),
      );
    }
    const inTurn = async () => {
      if (this.#ended !== undefined && !this.#closed) await this.start();
      return work();
    };
    const mine = this.#turn.then(inTurn);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #send<T extends Row>(text: string, parameters?: readonly unknown[]): Promise<T[]> {
    if (this.#ended !== undefined) return Promise.reject(unavailable(this.#ended));
    const id = this.#nextId++;
    const encoded = parameters === undefined || parameters.length === 0 ? undefined : parameters.map(encodeParameter);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: ({ rows }) => resolve(rows as T[]), reject });
      this.#worker?.postMessage({ id, text, parameters: encoded } satisfies PgliteJob);
    });
  }

  #receive(reply: PgliteReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("failure" in reply) waiting?.reject(errorOfFailure(reply.failure));
    else if ("sql" in reply) waiting?.reject(statementError(reply.sql));
    else waiting?.resolve("rows" in reply ? reply : { rows: [] });
  }

  #end(worker: Worker, error: Error): void {
    // Another has taken its place already.
    if (worker !== this.#worker) return;
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(unavailable(error));
    this.#waiting.clear();
  }
}

function lost(): FoveaError {
  const message =
    "another process has taken the record over, as this one was silent for too long; end this one, and see that only one is started";
  return new FoveaError("database_unavailable", message);
}

function unavailable(cause: Error): FoveaError {
  if (cause instanceof FoveaError) return cause;
  return new FoveaError(
    "database_unavailable",
    `the embedded database has ended (${cause.message}); it starts again with the next request`,
    {
      cause,
    },
  );
}
