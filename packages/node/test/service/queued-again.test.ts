/**
 * @file A job that waits, and is wanted by a transaction too: whoever takes it up sees what the transaction did.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openJobQueue } from "../../src/jobs/boss-queue";
import { onEachEngine } from "../stores";
import { until } from "./waiting";

onEachEngine("a job that waits already", (engine) => {
  test("is not taken up before the transaction that wants it too has ended", async () => {
    const { database } = await engine.open();
    const queue = await openJobQueue(database, { pollMs: 20 });
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
      begin();
      await sleep(500);
    });
    await working;
    await until(async () => (await queue.size("read")) === 0);
    expect(seen).toEqual(["after"]);
    await queue.stop();
  });
});
