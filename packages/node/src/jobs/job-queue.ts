/**
 * @file Work that must not be lost, on the record's database: at least once, so that whoever works must be idempotent.
 */
import type { Sql } from "../store/database";

export type JobContent = Readonly<Record<string, unknown>>;

export interface JobOptions {
  /** While a job of this key waits, another is not added; with `within`, the one that waits is not begun before that ends. */
  readonly key?: string;
  readonly startAfter?: Date;
  /** The transaction that the job belongs to: it is there if, and only if, the rest is. */
  readonly within?: Sql;
}

export interface WorkOptions {
  /** Jobs of this process at one time. */
  readonly concurrency: number;
  /** Attempts after the first, those that ended with their process among them. @default 50, in nearly seven hours at least */
  readonly retries?: number;
  /**
   * Called with a job whose attempts are used up, at least once: the place to write down that nothing comes of it.
   * It is tried again like a job if it throws.
   */
  readonly givenUp?: (content: JobContent) => Promise<void>;
}

export interface JobQueue {
  add(kind: string, content: JobContent, options?: JobOptions): Promise<void>;
  /**
   * @param handle called for each job; if it throws, the job comes again later, at intervals that grow up to ten minutes, and at
   *   the next start. The signal is aborted when the queue stops, or when the job has gone to another process because this one was silent too long
   */
  work(
    kind: string,
    options: WorkOptions,
    handle: (content: JobContent, signal: AbortSignal) => Promise<void>,
  ): Promise<void>;
  /** Jobs waiting and running. */
  size(kind: string): Promise<number>;
  /** Lets what runs finish; what takes longer is told to end, and comes again. */
  stop(): Promise<void>;
}
