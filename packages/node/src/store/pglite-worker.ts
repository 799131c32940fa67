/**
 * @file Entry of the database's thread: PGlite is WebAssembly that works while it is called, so it works here.
 *
 * Every commit is written to the file system before it is answered; `kill -9` loses none. PGlite asks for no fsync: a power
 * failure may lose what the system had not brought to the disk (docs/record.md).
 */
import { parentPort, workerData } from "node:worker_threads";
import { PGlite, type Results } from "@electric-sql/pglite";
import { FoveaError } from "@fovea/core/errors";
import { failureOf } from "../thread-failure";
import type { Row } from "./database";
import type { PgliteJob, PgliteReply, PgliteSetup, SqlFailure } from "./pglite-protocol";
import { DISK_FULL } from "./sql-error";
import { DECODERS } from "./sql-values";

const port = parentPort;
if (port === null) throw new Error("unreachable: pglite-worker runs as a thread only");

const { folder, program } = workerData as PgliteSetup;

/** Parameters are text already, whatever their type. */
const serializers = Object.fromEntries(Object.keys(DECODERS).map((oid) => [oid, (value: string) => value]));
const types = { parsers: { ...DECODERS }, serializers };

const database = PGlite.create(`file://${folder}`, { relaxedDurability: false, pgliteWasmModule: program, ...types });

/** Rows of the last statement, as `Sql.query` gives them. */
async function answer(database: PGlite, { id, text, parameters }: PgliteJob): Promise<PgliteReply> {
  const results: readonly Results<Row>[] =
    parameters === undefined
      ? ((await database.exec(text)) as readonly Results<Row>[])
      : [await database.query<Row>(text, [...parameters])];
  const last = results.at(-1);
  return { id, rows: last?.rows ?? [], affected: last?.affectedRows ?? 0 };
}

function sqlFailure(error: unknown): SqlFailure | undefined {
  if (!(error instanceof Error) || !("severity" in error)) return undefined;
  const { message, code, constraint } = error as Error & { readonly code?: string; readonly constraint?: string };
  return { message, sqlState: code, constraint };
}

port.on("message", async (job: PgliteJob | "close") => {
  if (job === "close") {
    await (await database).close();
    port.close();
    return;
  }
  try {
    port.postMessage((await answer(await database, job)) satisfies PgliteReply);
  } catch (error) {
    const sql = sqlFailure(error);
    const reply: PgliteReply = sql ? { id: job.id, sql } : { id: job.id, failure: failureOf(gaveUp(error)) };
    port.postMessage(reply);
    // Its owner starts it again: it mends itself from its log, as after any end.
    if (sql === undefined || leavesDamage(sql)) process.exit(1);
  }
});

/**
 * Whether PGlite is not to be trusted after an error. PostgreSQL ends itself where its log cannot be written; PGlite goes on, in a
 * state in which every later statement fails. A table that cannot grow does no harm.
 */
function leavesDamage({ message, sqlState = "" }: SqlFailure): boolean {
  return sqlState.startsWith("XX") || (sqlState === DISK_FULL && !message.startsWith("could not extend file"));
}

function gaveUp(cause: unknown): FoveaError {
  const message = "the embedded database gave up and starts again; look at the disk's space";
  return new FoveaError("database_unavailable", message, { cause });
}

database.then(
  () => port.postMessage({ id: -1, opened: true } satisfies PgliteReply),
  (cause: unknown) => {
    const message =
      "the database cannot be opened; see whether the disk is full, else bring the folder back from a backup";
    const error = new FoveaError("database_unavailable", `${message} (${String(cause)})`, { file: folder });
    port.postMessage({ id: -1, failure: failureOf(error) } satisfies PgliteReply);
    port.close();
  },
);
