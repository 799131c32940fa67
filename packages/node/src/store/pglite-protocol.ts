/**
 * @file What the database's thread and its owner say to each other.
 */
import type { ThreadFailure } from "../thread-failure";
import type { Row } from "./database";
import type { PgliteProgram } from "./pglite-program";
import type { EncodedParameter } from "./sql-values";

export interface PgliteSetup {
  /** Folder of the database. */
  readonly folder: string;
  /** PGlite's program, compiled. */
  readonly program: PgliteProgram;
}

/** A statement; without parameters there may be several. */
export interface PgliteJob {
  readonly id: number;
  readonly text: string;
  readonly parameters?: readonly EncodedParameter[];
}

/** PostgreSQL's error as its parts: cloning would lose the code. */
export interface SqlFailure {
  readonly message: string;
  readonly sqlState?: string;
  readonly constraint?: string;
}

export type PgliteReply =
  | { readonly id: number; readonly rows: Row[]; readonly affected: number }
  | { readonly id: number; readonly sql: SqlFailure }
  | { readonly id: number; readonly failure: ThreadFailure }
  /** Id -1: it is open, or could not be opened. */
  | { readonly id: number; readonly opened: true };
