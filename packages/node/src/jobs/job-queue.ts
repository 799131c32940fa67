/**
 * @file Work that must not be lost, on the record's database: at least once, so that whoever works must be idempotent.
 */

export interface JobOptions {
  /** While a job of this key waits, another is not added. */
  readonly key?: string;
  readonly startAfter?: Date;
}

export interface JobQueue {
  add(kind: string, content: Readonly<Record<string, unknown>>, options?: JobOptions): Promise<void>;
  /**
   * @param handle called for each job; if it throws, the job comes again later, at growing intervals
   */
  work(
    kind: string,
    options: { readonly concurrency: number; readonly retries?: number },
    handle: (content: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<void>,
  ): Promise<void>;
  /** Jobs waiting and running. */
  size(kind: string): Promise<number>;
  /** Lets what runs finish. */
  stop(): Promise<void>;
}
