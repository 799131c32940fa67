/**
 * @file Jobs of a process that is killed: they come back, and what they do is done once.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { openJobQueue } from "../../src/jobs/boss-queue";
import type { Database } from "../../src/store/database";
import { openDatabase } from "../../src/store/open-database";
import type { StoreConfig } from "../../src/store/open-store";
import { onEachEngine } from "../stores";
import { until } from "./waiting";

const ROOT = resolve(import.meta.dirname, "../../../..");

/** Works on jobs until it is killed: the first two are done, the third takes for ever. */
const WORKER = `(async () => {
const { openJobQueue } = await import("@fovea/node/jobs/boss-queue");
const { openDatabase } = await import("@fovea/node/store/open-database");
const database = await openDatabase(JSON.parse(process.argv[1]));
const queue = await openJobQueue(database, { leaseSeconds: 2, pollMs: 50 });
let begun = 0;
await queue.work("count", { concurrency: 1 }, async ({ n }) => {
  begun++;
  if (begun === 3) {
    console.log("holds");
    await new Promise(() => undefined);
  }
  await database.query("INSERT INTO effect (n) VALUES ($1) ON CONFLICT DO NOTHING", [n]);
});
})()`;

async function worker(place: StoreConfig): Promise<ChildProcess> {
  const options = ["-e", WORKER, JSON.stringify(place)];
  const child = spawn(process.execPath, options, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(child.stdout as NodeJS.ReadableStream);
  await Promise.race([once(lines, "line"), once(child, "exit").then(() => Promise.reject(new Error("ended early")))]);
  return child;
}

async function effects(database: Database): Promise<unknown[]> {
  return (await database.query("SELECT n FROM effect ORDER BY n")).map(({ n }) => n);
}

onEachEngine("a killed worker", (engine) => {
  test("leaves its job to the next one, and no effect happens twice", async () => {
    const place = await engine.place();
    const first = await openDatabase(place);
    await first.exec("CREATE TABLE effect (n integer PRIMARY KEY)");
    const queue = await openJobQueue(first);
    for (let n = 1; n <= 5; n++) await queue.add("count", { n });
    await queue.stop();
    await first.close();

    const child = await worker(place);
    child.kill("SIGKILL");
    await once(child, "exit");

    const database = await openDatabase(place);
    const next = await openJobQueue(database, { leaseSeconds: 2, pollMs: 50 });
    const done: unknown[] = [];
    try {
      expect(await effects(database)).toHaveLength(2);
      await next.work("count", { concurrency: 2 }, async ({ n }) => {
        await database.query("INSERT INTO effect (n) VALUES ($1)", [n]);
        done.push(n);
      });
      await until(async () => (await next.size("count")) === 0, 30);
      expect(done).toHaveLength(3);
      expect(await effects(database)).toEqual([1, 2, 3, 4, 5]);
    } finally {
      await next.stop();
      await database.close();
    }
  });

  test.skipIf(engine.kind === "pglite")(
    "shares its jobs with a worker on another machine, each done once",
    async () => {
      const place = await engine.place();
      const databases = [await openDatabase(place), await openDatabase(place)];
      const done: [worker: number, n: unknown][] = [];
      const queues = await Promise.all(databases.map((database) => openJobQueue(database, { pollMs: 20 })));
      try {
        for (const [i, queue] of queues.entries()) {
          await queue.work("count", { concurrency: 3 }, async ({ n }) => {
            await new Promise((resolve) => setTimeout(resolve, 20));
            done.push([i, n]);
          });
        }
        for (let n = 0; n < 40; n++) await queues[0].add("count", { n });
        await until(async () => (await queues[1].size("count")) === 0, 30);
        expect(done.map(([, n]) => n).sort((a, b) => Number(a) - Number(b))).toEqual(
          Array.from({ length: 40 }, (_, n) => n),
        );
        expect(new Set(done.map(([i]) => i)).size).toBe(2);
      } finally {
        for (const queue of queues) await queue.stop();
        for (const database of databases) await database.close();
      }
    },
  );
});
