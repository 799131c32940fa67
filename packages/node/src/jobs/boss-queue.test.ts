import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { smallDatabase } from "../../test/service/small-database";
import type { Database } from "../store/database";
import { type JobQueueSettings, openJobQueue } from "./boss-queue";
import type { JobContent, JobQueue } from "./job-queue";

let database: Database;
let queues: JobQueue[] = [];
const open = async (settings: JobQueueSettings = {}) => {
  const queue = await openJobQueue(database, settings);
  queues.push(queue);
  return queue;
};

/** Waits until it holds, at most ten seconds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (await holds()) return;
    await sleep(10);
  }
  throw new Error("waited ten seconds in vain");
}

beforeAll(async () => {
  database = await smallDatabase();
});
afterEach(async () => {
  for (const queue of queues) await queue.stop();
  queues = [];
  await database.exec("DROP SCHEMA pgboss CASCADE");
});
afterAll(() => database.close());

describe("the queue", () => {
  test("starts a job within a fraction of a second where it was added", async () => {
    const queue = await open({ pollMs: 60_000 });
    const seen: JobContent[] = [];
    await queue.work("count", { concurrency: 1 }, async (content) => void seen.push(content));
    await sleep(50);
    const started = performance.now();
    await queue.add("count", { number: 7, words: ["a", "b"] });
    await until(() => seen.length === 1);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(seen).toEqual([{ number: 7, words: ["a", "b"] }]);
    await until(async () => (await queue.size("count")) === 0);
  });

  test("adds no second job of a key while one waits, and one while one runs", async () => {
    const queue = await open();
    await queue.add("count", { n: 1 }, { key: "a" });
    await queue.add("count", { n: 2 }, { key: "a" });
    await queue.add("count", { n: 3 }, { key: "b" });
    expect(await queue.size("count")).toBe(2);
    const seen: unknown[] = [];
    let added = false;
    await queue.work("count", { concurrency: 1 }, async ({ n }) => {
      seen.push(n);
      if (added) return;
      added = true;
      await queue.add("count", { n: 4 }, { key: "a" });
    });
    await until(() => seen.length === 3);
    expect(seen).toEqual([1, 3, 4]);
  });

  test("works on no more jobs at a time than it is told", async () => {
    const queue = await open();
    for (let n = 0; n < 9; n++) await queue.add("count", { n });
    let [running, most, done] = [0, 0, 0];
    await queue.work("count", { concurrency: 3 }, async () => {
      most = Math.max(most, ++running);
      await sleep(20);
      running--;
      done++;
    });
    await until(() => done === 9);
    expect(most).toBe(3);
  });

  test("brings back a job that threw, at growing intervals, until it is done", async () => {
    const errors: unknown[] = [];
    const queue = await open({ pollMs: 60_000, onError: (error) => errors.push(error) });
    const at: number[] = [];
    await queue.work("count", { concurrency: 1 }, async () => {
      at.push(performance.now());
      if (at.length < 3) throw new Error("not yet");
    });
    await queue.add("count", {});
    await until(() => at.length === 3);
    // 1 s and 2 s, each with up to half as much again.
    expect(at[1] - at[0]).toBeGreaterThan(900);
    expect(at[2] - at[1]).toBeGreaterThan(1900);
    // A database of one process is not looked at in between, and nothing is later for that.
    expect(at[1] - at[0]).toBeLessThan(2500);
    expect(at[2] - at[1]).toBeLessThan(4000);
    expect(errors).toHaveLength(2);
  });

  test("begins a job when its time has come", async () => {
    const queue = await open({ pollMs: 60_000 });
    const seen: number[] = [];
    await queue.work("count", { concurrency: 1 }, async () => void seen.push(Date.now()));
    const at = Date.now() + 1200;
    await queue.add("count", {}, { startAfter: new Date(at) });
    await until(() => seen.length === 1);
    expect(seen[0]).toBeGreaterThanOrEqual(at);
    expect(seen[0]).toBeLessThan(at + 1000);
  });

  test("tells of a job whose attempts are used up, until that succeeds", async () => {
    const queue = await open({ pollMs: 60_000 });
    const told: JobContent[] = [];
    let attempts = 0;
    await queue.work(
      "count",
      {
        ...{ concurrency: 1, retries: 0 },
        givenUp: async (content) => {
          if (++attempts === 1) throw new Error("the database is away");
          told.push(content);
        },
      },
      async () => {
        throw new Error("never");
      },
    );
    await queue.add("count", { n: 1 });
    await until(() => told.length === 1);
    expect(told).toEqual([{ n: 1 }]);
    expect(await queue.size("count")).toBe(0);
  });

  test("holds a job longer than its lease while its process lives", async () => {
    const [one, other] = [await open({ leaseSeconds: 1, pollMs: 50 }), await open({ leaseSeconds: 1, pollMs: 50 })];
    const workers: string[] = [];
    const work = (name: string) => async () => {
      workers.push(name);
      await sleep(2500);
    };
    await one.work("long", { concurrency: 1 }, work("one"));
    await one.add("long", {});
    await until(() => workers.length === 1);
    await other.work("long", { concurrency: 1 }, work("other"));
    await until(async () => (await one.size("long")) === 0);
    expect(workers).toEqual(["one"]);
  });

  test("gives a job to another worker when its own is silent, and tells the silent one to end", async () => {
    const [silent, other] = [await open({ leaseSeconds: 1, pollMs: 50 }), await open({ leaseSeconds: 1, pollMs: 50 })];
    const story: string[] = [];
    await silent.work("long", { concurrency: 1 }, async (_, signal) => {
      // What the queue does when a lease has run out, as if this process had slept meanwhile.
      await database.query("UPDATE pgboss.job SET state = 'retry', start_after = now() WHERE name = 'long'");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      story.push("told to end");
    });
    await silent.add("long", {});
    await until(async () => (await database.query("SELECT 1 FROM pgboss.job WHERE state = 'retry'")).length === 1);
    await other.work("long", { concurrency: 1 }, async () => {
      story.push("taken");
      await until(() => story.includes("told to end"));
      await sleep(100);
      // That the silent one ended did not end the job of the other one.
      story.push((await database.query("SELECT state FROM pgboss.job WHERE name = 'long'"))[0].state as string);
    });
    await until(async () => (await silent.size("long")) === 0);
    expect(story).toEqual(["taken", "told to end", "active"]);
  });

  test("adds a job with the transaction that it belongs to, or not at all", async () => {
    const queue = await open();
    await queue.add("count", { n: 0 });
    await expect(
      database.transaction(async (sql) => {
        await queue.add("count", { n: 1 }, { within: sql });
        throw new Error("taken back");
      }),
    ).rejects.toThrow("taken back");
    expect(await queue.size("count")).toBe(1);
    await database.transaction((sql) => queue.add("count", { n: 2 }, { within: sql }));
    expect(await queue.size("count")).toBe(2);
  });

  test("lets what runs finish when it stops, and ends what takes too long without counting it as an attempt", async () => {
    const queue = await open({ graceMs: 100 });
    let short = false;
    await queue.work("short", { concurrency: 1 }, async () => {
      await sleep(50);
      short = true;
    });
    await queue.work("long", { concurrency: 1, retries: 0 }, (_, signal) =>
      sleep(60_000, undefined, { signal }).then(() => undefined),
    );
    await queue.add("short", {});
    await queue.add("long", {});
    await until(async () => (await database.query("SELECT 1 FROM pgboss.job WHERE state = 'active'")).length === 2);
    await queue.stop();
    expect(short).toBe(true);
    const rows = await database.query("SELECT name, state, retry_count FROM pgboss.job WHERE state <> 'completed'");
    expect(rows).toEqual([{ name: "long", state: "retry", retry_count: 0 }]);
  });

  test("takes back at its start what a killed process of an embedded database held", async () => {
    const first = await open();
    let begun = 0;
    await first.work("long", { concurrency: 1 }, async (_, signal) => {
      begun++;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    await first.add("long", {});
    await until(() => begun === 1);
    const second = await open();
    let done = false;
    await second.work("long", { concurrency: 1 }, async () => {
      done = true;
    });
    await until(() => done);
  });

  test("waits ten to fifteen minutes at most between two attempts", async () => {
    const queue = await open({ pollMs: 50 });
    await queue.work("count", { concurrency: 1 }, async () => {
      throw new Error("the disk is full");
    });
    await database.query("UPDATE pgboss.queue SET retry_limit = 60 WHERE name = 'count'");
    const paused = new Date(Date.now() + 500);
    await queue.add("count", {}, { startAfter: paused });
    await database.query("UPDATE pgboss.job SET retry_count = 40 WHERE name = 'count'");
    await until(async () => (await database.query("SELECT 1 FROM pgboss.job WHERE state = 'retry'")).length === 1);
    const [{ pause }] = await database.query<{ pause: number }>(
      "SELECT extract(epoch FROM start_after - now())::double precision AS pause FROM pgboss.job WHERE name = 'count'",
    );
    expect(pause).toBeGreaterThan(595);
    expect(pause).toBeLessThanOrEqual(900);
  });

  test("begins at its start with what waits for its next attempt", async () => {
    const first = await open();
    await first.add("count", { n: 1 });
    await database.query("UPDATE pgboss.job SET state = 'retry', start_after = now() + interval '9 hours'");
    const second = await open();
    const seen: unknown[] = [];
    await second.work("count", { concurrency: 1 }, async ({ n }) => void seen.push(n));
    await until(() => seen.length === 1);
  });

  test("gives up a job that ended an embedded database's process as often as it may be begun, and tells of it until that is heard", async () => {
    /** Begins the job or its telling, and ends as a killed process does: nobody says anything of it. */
    const killed = async (kind: string) => {
      const queue = await open({ graceMs: 0 });
      const begun = new Promise<void>((resolve) => {
        const hang = () => {
          resolve();
          return new Promise<void>(() => undefined);
        };
        void queue.work("deadly", { concurrency: 1, retries: 2, givenUp: hang }, hang);
      });
      if (kind === "first") await queue.add("deadly", { n: 1 });
      await begun;
      queues.splice(queues.indexOf(queue), 1);
    };
    await killed("first");
    const counts: unknown[] = [];
    for (let start = 2; start <= 6; start++) {
      await killed(`start ${start}`);
      const rows = await database.query("SELECT name, retry_count FROM pgboss.job WHERE state = 'active'");
      counts.push(...rows.map(({ name, retry_count }) => `${name} ${retry_count}`));
    }
    // Three begins, then the telling begins, however often.
    expect(counts).toEqual(["deadly 1", "deadly 2", "deadly.given-up 0", "deadly.given-up 1", "deadly.given-up 2"]);
    const told: JobContent[] = [];
    const last = await open();
    const work = { concurrency: 1, retries: 2, givenUp: async (content: JobContent) => void told.push(content) };
    await last.work("deadly", work, async () => undefined);
    await until(() => told.length === 1);
    expect(told).toEqual([{ n: 1 }]);
  });
});
