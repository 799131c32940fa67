/**
 * @file What a statement failed of, the same for both engines.
 */
import { FoveaError } from "@fovea/core/errors";

/** `disk_full` (53100) of PostgreSQL's appendix A. */
export const DISK_FULL = "53100";

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

/** The error of a statement: `disk_full` for what an administrator must mend, else a `SqlError`. */
export function statementError(
  {
    message,
    sqlState,
    constraint,
  }: { readonly message: string; readonly sqlState?: string; readonly constraint?: string },
  options?: ErrorOptions,
): Error {
  if (sqlState !== DISK_FULL) return new SqlError(message, sqlState, constraint, options);
  return new FoveaError("disk_full", "the database has no space left; free some, it goes on by itself", options);
}
