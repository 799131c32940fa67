/**
 * @file The durable queue: pg-boss as the tables and statements, with a loop of our own that starts a job at once where
 * it was added, and keeps what it holds by signs of life.
 *
 * A job that is worked on is held for a short lease, renewed while its process lives. A killed process renews nothing:
 * its jobs come back after the lease, on whatever machine works. An embedded database has one process only, so there
 * whatever is held at the start belongs to nobody, and comes back at once.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import PgBoss from "pg-boss";
import type { Database, Sql } from "../store/database";
import { bossDatabase, bossSql } from "./boss-database";
import { JobLoop } from "./job-loop";
import type { JobContent, JobOptions, JobQueue, WorkOptions } from "./job-queue";

export interface JobQueueSettings {
  /** Jobs of a process that gives no sign of life come back after so long, seconds. @default 20 */
  readonly leaseSeconds?: number;
  /**
   * How often a process looks for jobs that another one added, ms. @default 1000; on an embedded database, which has one process,
   * 10000: it looks when something is added or due, and this late only for what a lease gave back
   */
  readonly pollMs?: number;
  /** First interval between two attempts, whole seconds; each is twice the one before, up to ten minutes. @default 1 */
  readonly retrySeconds?: number;
  /** When stopping: how long what runs may take before it is told to end, ms. @default 10000 */
  readonly graceMs?: number;
  /** Told of what goes wrong between the attempts: the database is away, a job threw. */
  readonly onError?: (error: unknown, kind: string) => void;
}

/** Queue of jobs whose attempts are used up. */
const GIVEN_UP = ".given-up";
const RETRIES = 50;
/** Of what is given up: it is told however often that ends with its process. */
const TELLINGS = 1_000_000;
/** pg-boss drops jobs that waited two weeks; ours wait for a PACS, or for somebody who comes back from a holiday. */
const KEEP_DAYS = 3650;
const TIDY_MS = 300_000;
const POLL_MS = 1000;
const ALONE_POLL_MS = 10_000;
const START_ATTEMPTS = 6;

/**
 * Opens the queue; its tables stand in the schema `pgboss`.
 *
 * @throws {FoveaError} `database_unavailable`
 */
export async function openJobQueue(database: Database, settings: JobQueueSettings = {}): Promise<JobQueue> {
  const queue = new BossQueue(database, settings, await startBoss(database));
  await queue.start();
  return queue;
}

/** Several processes that start together on an empty database make the tables at the same time: the slower one tries again. */
async function startBoss(database: Database): Promise<PgBoss> {
  for (let attempt = 1; ; attempt++) {
    const boss = new PgBoss({
      ...{ db: bossDatabase(database), schema: "pgboss", supervise: false, schedule: false },
      ...{ retentionDays: KEEP_DAYS, archiveCompletedAfterSeconds: 3600, deleteAfterDays: 1 },
    });
    try {
      return await boss.start();
    } catch (error) {
      if (error instanceof FoveaError) throw error;
      if (attempt === START_ATTEMPTS) {
        throw new FoveaError("database_unavailable", "the tables of the queue could not be made", { cause: error });
      }
      await sleep(100 * attempt);
    }
  }
}

/** Until it is done, at growing intervals; for what has no attempts to count. */
async function insistently(
  work: () => Promise<void>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  for (let pause = 1000; ; pause = Math.min(2 * pause, 60_000)) {
    try {
      return await work();
    } catch (error) {
      onError(error);
      await sleep(pause, undefined, { signal });
    }
  }
}

/**
 * Nobody takes up the waiting job of a key until the transaction ends: workers skip what is locked.
 *
 * @returns false if somebody has just taken it up
 */
async function holdWaiting(sql: Sql, kind: string, key: string | undefined): Promise<boolean> {
  const rows = await sql.query(
    "SELECT 1 FROM pgboss.job WHERE name = $1 AND singleton_key = $2 AND state = 'created' FOR UPDATE",
    [kind, key],
  );
  return rows.length > 0;
}

/** An embedded database has one process. */
function isAlone({ kind }: Database): boolean {
  return kind === "pglite";
}

class BossQueue implements JobQueue {
  readonly #database: Database;
  readonly #settings: Required<JobQueueSettings>;
  readonly #boss: PgBoss;
  readonly #known = new Map<string, Promise<void>>();
  readonly #loops = new Map<string, JobLoop>();
  readonly #timers: NodeJS.Timeout[] = [];
  #tending: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(database: Database, settings: JobQueueSettings, boss: PgBoss) {
    this.#database = database;
    const pollMs = isAlone(database) ? ALONE_POLL_MS : POLL_MS;
    const defaults = { leaseSeconds: 20, pollMs, retrySeconds: 1, graceMs: 10_000, onError: () => undefined };
    this.#settings = { ...defaults, ...settings };
    this.#boss = boss;
    this.#boss.on("error", (error) => this.#settings.onError(error, "queue"));
  }

  async start(): Promise<void> {
    if (isAlone(this.#database)) await this.#takeBackAll();
    // Somebody may have mended what it failed of: nothing waits for the end of a pause that an earlier process began.
    await this.#database.query(
      "UPDATE pgboss.job SET start_after = now() WHERE state = 'retry' AND start_after > now()",
    );
    this.#timers.push(setInterval(() => this.#tend(() => this.#expire()), this.#settings.leaseSeconds * 250));
    this.#timers.push(setInterval(() => this.#tend(() => this.#boss.maintain()), TIDY_MS));
  }

  async add(kind: string, content: JobContent, { key, startAfter, within }: JobOptions = {}): Promise<void> {
    await this.#ensure(kind);
    const { leaseSeconds, retrySeconds } = this.#settings;
    const options: PgBoss.SendOptions = {
      // Of a lease that ran out; after what threw, the loop says how long.
      ...{ expireInSeconds: leaseSeconds, retryDelay: retrySeconds, retryBackoff: false },
      // Jobs without a key would all share the empty one.
      singletonKey: key ?? randomUUID(),
      ...(startAfter !== undefined && { startAfter }),
      ...(within !== undefined && { db: bossSql(within) }),
    };
    while ((await this.#boss.send(kind, content, options)) === null) {
      // One waits already. Taken up before the end of this transaction, it would not see what the transaction did.
      if (within === undefined || (await holdWaiting(within, kind, options.singletonKey))) break;
    }
    this.#loops.get(kind)?.wake();
  }

  async work(
    kind: string,
    { concurrency, retries = RETRIES, givenUp }: WorkOptions,
    handle: (content: JobContent, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    await this.#ensure(kind);
    await this.#boss.updateQueue(kind, { name: kind, policy: "short", retryLimit: retries });
    this.#loop(kind, concurrency, handle);
    if (givenUp !== undefined) {
      const { onError } = this.#settings;
      this.#loop(`${kind}${GIVEN_UP}`, 1, (content, signal) =>
        insistently(
          () => givenUp(content),
          signal,
          (error) => onError(error, kind),
        ),
      );
    }
  }

  async size(kind: string): Promise<number> {
    await this.#ensure(kind);
    return this.#boss.getQueueSize(kind, { before: "completed" });
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop(this.#settings.graceMs)));
    await this.#tending;
    await this.#boss.stop({ graceful: false, close: false });
  }

  #loop(kind: string, concurrency: number, handle: (content: JobContent, signal: AbortSignal) => Promise<void>): void {
    if (this.#loops.has(kind)) throw new Error(`unreachable: jobs of ${kind} have a worker already`);
    const { leaseSeconds, pollMs, retrySeconds, onError } = this.#settings;
    const loop = new JobLoop(
      {
        ...{ kind, concurrency, handle, pollMs, leaseMs: 1000 * leaseSeconds, retryMs: 1000 * retrySeconds, onError },
        alone: isAlone(this.#database),
        onGivenUp: () => this.#loops.get(`${kind}${GIVEN_UP}`)?.wake(),
      },
      this.#boss,
      this.#database,
    );
    this.#loops.set(kind, loop);
    loop.start();
  }

  /** The queue of a kind and that of what is given up; several processes may make them at one time. */
  #ensure(kind: string): Promise<void> {
    let made = this.#known.get(kind);
    if (made === undefined) {
      made = this.#make(kind);
      this.#known.set(kind, made);
      made.catch(() => this.#known.delete(kind));
    }
    return made;
  }

  async #make(kind: string): Promise<void> {
    const deadLetter = `${kind}${GIVEN_UP}`;
    await this.#boss.createQueue(deadLetter, { name: deadLetter, policy: "standard" });
    // "short": one waiting job for each key, as many running ones as there are.
    await this.#boss.createQueue(kind, { name: kind, policy: "short", deadLetter, retryLimit: RETRIES });
  }

  /** After a crash of the only process: what it held waits again, and the attempt counts; what has no attempts left is given up. */
  async #takeBackAll(): Promise<void> {
    await this.#database.query(
      `UPDATE pgboss.job SET state = 'retry', start_after = now()
       WHERE state = 'active' AND (retry_count < retry_limit OR name LIKE '%' || $1)`,
      [GIVEN_UP],
    );
    // As if the lease had run out.
    await this.#database.query("UPDATE pgboss.job SET started_on = 'epoch' WHERE state = 'active'");
    await this.#expire();
  }

  /** Takes jobs from processes that give no sign of life. */
  async #expire(): Promise<void> {
    await this.#database.query(
      "UPDATE pgboss.job SET retry_limit = $1 WHERE name LIKE '%' || $2 AND retry_limit < $1",
      [TELLINGS, GIVEN_UP],
    );
    await this.#boss.expire();
  }

  /** One piece of upkeep at a time; that it failed is told, and it comes again. */
  #tend(work: () => Promise<void>): void {
    this.#tending = this.#tending.then(work).catch((error: unknown) => this.#settings.onError(error, "queue"));
  }
}
