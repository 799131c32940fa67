/**
 * @file What a statement failed of, the same for both engines.
 */
import { FoveaError } from "@fovea/core/errors";

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

/** `disk_full` of PostgreSQL's appendix A, class 53. */
const DISK_FULL = "53100";

/** The error of a refused statement: that its disk is full is the machine's fault, not the statement's, and passes. */
export function statementError(
  message: string,
  sqlState?: string,
  constraint?: string,
  options?: ErrorOptions,
): SqlError | FoveaError {
  if (sqlState !== DISK_FULL) return new SqlError(message, sqlState, constraint, options);
  return new FoveaError("disk_full", "the database's disk has no space left; free some", options);
}
