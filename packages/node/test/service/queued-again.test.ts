/**
 * @file A job that waits, and is wanted by a transaction too: whoever takes it up sees what the transaction did.
 */
import { expect, test } from "vitest";
import { openJobQueue } from "../../src/jobs/boss-queue";
import type { Database, Row } from "../../src/store/database";
import { onEachEngine } from "../stores";
import { until } from "./waiting";

/** What workers asked of the database. */
interface Watched {
  readonly database: Database;
  /** Statements that were begun. */
  readonly begun: () => number;
  /** Looks for due jobs that were answered: pg-boss does so with SKIP LOCKED. */
  readonly looks: () => number;
}

function watched(database: Database): Watched {
  let [begun, looks] = [0, 0];
  return {
    begun: () => begun,
    looks: () => looks,
    database: {
      kind: database.kind,
      exec: (text) => database.exec(text),
      transaction: (work) => database.transaction(work),
      flush: () => database.flush(),
      close: () => database.close(),
      async query<T extends Row>(text: string, parameters?: readonly unknown[]) {
        begun++;
        const rows = await database.query<T>(text, parameters);
        if (text.includes("SKIP LOCKED")) looks++;
        return rows;
      },
    },
  };
}

onEachEngine("a job that waits already", (engine) => {
  test("is not taken up before the transaction that wants it too has ended", async () => {
    const { database } = await engine.open();
    const asked = watched(database);
    const queue = await openJobQueue(asked.database, { pollMs: 20 });
    await database.exec("CREATE TABLE note (said text); INSERT INTO note VALUES ('before')");
    await queue.add("read", {}, { key: "a" });
    const seen: unknown[] = [];
    let begin: () => void = () => undefined;
    const working = new Promise<void>((resolve) => {
      begin = resolve;
    }).then(() =>
      queue.work("read", { concurrency: 2 }, async () => {
        for (const { said } of await database.query("SELECT said FROM note")) seen.push(said);
      }),
    );
    await database.transaction(async (sql) => {
      await sql.query("UPDATE note SET said = 'after'");
      await queue.add("read", {}, { key: "a", within: sql });
      const before = asked.begun();
      begin();
      // The embedded database has one connection, the transaction's: there workers wait with their very first statement.
      await until(() => (engine.kind === "pglite" ? asked.begun() > before : asked.looks() > 1));
    });
    await working;
    await until(async () => (await queue.size("read")) === 0);
    expect(seen).toEqual(["after"]);
    await queue.stop();
  });
});
