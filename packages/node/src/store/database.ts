/**
 * @file The database under the record: PGlite in the data folder, or PostgreSQL. One SQL for both.
 */

export type Row = Readonly<Record<string, unknown>>;

/** Parameters as `$1, $2 ...`; objects go as JSON, `Uint8Array` as bytea, `Date` as timestamptz. */
export interface Sql {
  query<T extends Row = Row>(text: string, parameters?: readonly unknown[]): Promise<T[]>;
}

export interface Database extends Sql {
  readonly kind: "pglite" | "postgres";
  /** Runs `work` in one transaction: all of it or nothing. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Statements without parameters, several at once: migrations. */
  exec(text: string): Promise<void>;
  /** Resolves once all that was committed survives a power failure: PostgreSQL sees to that with each commit, PGlite when asked. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
