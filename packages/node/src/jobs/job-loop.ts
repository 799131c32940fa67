/**
 * @file The loop of one kind of jobs: fetches what is due, works on so many at a time, keeps them by signs of life.
 *
 * Jobs that this process adds wake it. Those of others it finds by looking again; where there are no others, it sleeps until the
 * next one is due by time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type PgBoss from "pg-boss";
import type { Database } from "../store/database";
import type { JobContent } from "./job-queue";
import { pauseAfter } from "./pause";

export interface JobLoopSettings {
  readonly kind: string;
  readonly concurrency: number;
  readonly handle: (content: JobContent, signal: AbortSignal) => Promise<void>;
  /** Between two looks at most. */
  readonly pollMs: number;
  /** No other process adds jobs, or brings them back. */
  readonly alone: boolean;
  readonly leaseMs: number;
  /** The first pause before another attempt. */
  readonly retryMs: number;
  /** Told once a job's attempts are used up. */
  readonly onGivenUp: () => void;
  readonly onError: (error: unknown, kind: string) => void;
}

interface RunningJob {
  /** Attempts before this one. A job that went to somebody else meanwhile has more: how we know that it is ours. */
  readonly attempt: number;
  readonly end: AbortController;
  readonly done: Promise<void>;
}

type FetchedJob = PgBoss.JobWithMetadata<JobContent>;

/** `startAfter` is compared as "before now": a job added in this very millisecond is not yet due. */
const JUST_DUE_MS = 5;
/** Looks for what is due by time are so far apart at least. */
const LEAST_PAUSE_MS = 50;
/** Where the database did not answer. */
const AFTER_FAILURE_MS = 1000;

export class JobLoop {
  readonly #settings: JobLoopSettings;
  readonly #boss: PgBoss;
  readonly #database: Database;
  readonly #running = new Map<string, RunningJob>();
  #stopping = false;
  #wake: () => void = () => undefined;
  #woken = false;
  #done: Promise<void> = Promise.resolve();
  #signs: NodeJS.Timeout | undefined;

  constructor(settings: JobLoopSettings, boss: PgBoss, database: Database) {
    this.#settings = settings;
    this.#boss = boss;
    this.#database = database;
  }

  start(): void {
    this.#signs = setInterval(() => void this.#signOfLife(), this.#settings.leaseMs / 4);
    this.#done = this.#loop();
  }

  /** Looks again now. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Takes no more; tells what still runs after `graceMs` to end, and puts it back. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#done;
    const finished = Promise.all([...this.#running.values()].map(({ done }) => done));
    const late = new AbortController();
    await Promise.race([finished, sleep(graceMs, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    for (const { end } of this.#running.values()) end.abort();
    await finished;
    clearInterval(this.#signs);
  }

  async #loop(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false;
      const free = this.#settings.concurrency - this.#running.size;
      const { jobs, pauseMs } = await this.#look(free);
      for (const job of jobs) this.#begin(job);
      if (jobs.length === 0 || jobs.length === free) await this.#pause(pauseMs);
    }
  }

  /** Up to `free` jobs that are due, and how long nothing else will be as far as can be known. */
  async #look(free: number): Promise<{ readonly jobs: readonly FetchedJob[]; readonly pauseMs: number }> {
    const { kind, pollMs, alone, onError } = this.#settings;
    // The end of one that runs wakes us.
    if (free === 0) return { jobs: [], pauseMs: pollMs };
    try {
      const jobs = await this.#boss.fetch<JobContent>(kind, { batchSize: free, includeMetadata: true });
      const dueMs = alone && jobs.length === 0 ? await this.#untilDue() : undefined;
      return { jobs, pauseMs: Math.min(pollMs, dueMs ?? pollMs) };
    } catch (error) {
      onError(error, kind);
      return { jobs: [], pauseMs: Math.min(pollMs, AFTER_FAILURE_MS) };
    }
  }

  /** Until the first of those that wait may begin, ms; undefined if none waits. */
  async #untilDue(): Promise<number | undefined> {
    const [{ ms }] = await this.#database.query<{ ms: number | null }>(
      `SELECT 1000 * extract(epoch FROM min(start_after) - clock_timestamp())::double precision AS ms
       FROM pgboss.job WHERE name = $1 AND state < 'active'`,
      [this.#settings.kind],
    );
    return ms === null ? undefined : Math.max(ms + JUST_DUE_MS, LEAST_PAUSE_MS);
  }

  /** Until somebody wakes us, or the time to look again has come. */
  async #pause(ms: number): Promise<void> {
    if (this.#woken) await sleep(JUST_DUE_MS);
    else {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          setTimeout(resolve, JUST_DUE_MS);
        };
      });
      this.#wake = () => undefined;
    }
  }

  #begin(job: FetchedJob): void {
    const { id, retryCount: attempt } = job;
    const end = new AbortController();
    const done = this.#work(job, end.signal).finally(() => {
      this.#running.delete(id);
      this.wake();
    });
    this.#running.set(id, { attempt, end, done });
  }

  async #work(job: FetchedJob, signal: AbortSignal): Promise<void> {
    const { kind, handle, onError } = this.#settings;
    const { id, data, retryCount } = job;
    try {
      try {
        await handle(data, signal);
      } catch (error) {
        if (this.#stopping && signal.aborted) return await this.#putBack(id, retryCount);
        onError(error, kind);
        return await this.#failed(job);
      }
      if (await this.#isOurs(id, retryCount)) await this.#boss.complete(kind, id);
    } catch (error) {
      // The database is away: the lease runs out, and the job comes again.
      onError(error, kind);
    }
  }

  /** Another attempt, after a pause; without any left, it is given up. */
  async #failed({ id, retryCount, retryLimit }: FetchedJob): Promise<void> {
    const { kind, retryMs, onGivenUp } = this.#settings;
    if (retryCount >= retryLimit) {
      if (await this.#isOurs(id, retryCount)) await this.#boss.fail(kind, id);
      onGivenUp();
      return;
    }
    await this.#database.query(
      `UPDATE pgboss.job SET state = 'retry', start_after = now() + $4::double precision * interval '1 millisecond'
       WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`,
      [kind, id, retryCount, pauseAfter(retryCount + 1, Math.random, retryMs)],
    );
  }

  async #isOurs(id: string, attempt: number): Promise<boolean> {
    return (await this.#renew([{ id, attempt }])).has(id);
  }

  /** What we ended ourselves is no failed attempt. */
  async #putBack(id: string, attempt: number): Promise<void> {
    await this.#database.query(
      `UPDATE pgboss.job SET state = 'retry', start_after = now(), started_on = NULL
       WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`,
      [this.#settings.kind, id, attempt],
    );
  }

  /** Renews the lease of what runs here; what is held no more was given to somebody else, and ends here. */
  async #signOfLife(): Promise<void> {
    const jobs = [...this.#running].map(([id, { attempt }]) => ({ id, attempt }));
    if (jobs.length === 0) return;
    try {
      const ours = await this.#renew(jobs);
      for (const { id } of jobs) if (!ours.has(id)) this.#running.get(id)?.end.abort();
    } catch (error) {
      this.#settings.onError(error, this.#settings.kind);
    }
  }

  async #renew(jobs: readonly { readonly id: string; readonly attempt: number }[]): Promise<Set<string>> {
    const held = await this.#database.query<{ id: string }>(
      `UPDATE pgboss.job AS job SET started_on = now()
       FROM jsonb_to_recordset($2::jsonb) AS ours (id uuid, attempt integer)
       WHERE job.name = $1 AND job.id = ours.id AND job.retry_count = ours.attempt AND job.state = 'active'
       RETURNING job.id`,
      [this.#settings.kind, JSON.stringify(jobs)],
    );
    return new Set(held.map(({ id }) => id));
  }
}
