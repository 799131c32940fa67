/**
 * @file What a statement failed of, the same for both engines.
 */

/** A statement that the database refused. `sqlState` as in PostgreSQL's appendix A; the message may name values, so it is not for clients. */
export class SqlError extends Error {
  override readonly name = "SqlError";
  readonly sqlState: string | undefined;
  readonly constraint: string | undefined;

  constructor(message: string, sqlState?: string, constraint?: string, options?: ErrorOptions) {
    super(message, options);
    this.sqlState = sqlState;
    this.constraint = constraint;
  }
}
