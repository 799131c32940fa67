/**
 * @file The audit log: who saw, sent, changed what, and when. Entries that arrive together share a transaction.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Vault } from "../vault/vault";
import { type ChainedEntry, chain, GENESIS, HEADLESS, headText } from "./audit-chain";
import type { Database, Row, Sql } from "./database";
import type { AuditEntry } from "./record";

/** Entries of one transaction at most. */
const MOST_TOGETHER = 500;
/** Those that come within so long share a transaction. */
const GATHER_MS = 4;

interface Waiting {
  readonly entry: AuditEntry;
  resolve(): void;
  reject(error: unknown): void;
}

export interface AuditFilter {
  /** Entries before this number. */
  readonly before?: number;
  readonly subject?: string;
  readonly actor?: string;
  readonly action?: string;
  /** @default 100 */
  readonly limit?: number;
}

export class AuditLog {
  readonly #database: Database;
  readonly #vault: () => Vault;
  readonly #waiting: Waiting[] = [];
  /** Entries of a transaction's work are written outside of it. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #flushing: Promise<void> | undefined;

  constructor(database: Database, vault: () => Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  /** The end of a chain without entries, marked: only when the record is made, as an emptied log would be whole again. */
  async beginIn(sql: Sql): Promise<void> {
    await sql.query("INSERT INTO audit_head (seq, hash, mark) VALUES (0, $1, $2) ON CONFLICT (single) DO NOTHING", [
      GENESIS,
      this.#vault().mark(headText(0, GENESIS)),
    ]);
  }

  /** Resolves once the entry is durable. Inside a transaction use `appendIn`, or do not wait for it. */
  append(entry: AuditEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#flushing ??= this.#outside(() => this.#flush());
    });
  }

  /**
   * Appends as a part of a transaction: the entries are there if and only if what they tell of is. The end of the chain stays
   * locked until the transaction ends, so it comes last in it.
   */
  async appendIn(sql: Sql, entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const { seq, hash } = await lockHead(sql);
    const placed = chain(entries, seq, hash, new Date());
    const last = placed[placed.length - 1];
    await insert(sql, placed);
    const mark = this.#vault().mark(headText(last.seq, last.hash));
    await sql.query("UPDATE audit_head SET seq = $1, hash = $2, mark = $3", [last.seq, last.hash, mark]);
  }

  /** Newest first. */
  async list({ before, subject, actor, action, limit = 100 }: AuditFilter = {}): Promise<ChainedEntry[]> {
    const rows = await this.#database.query<AuditRow>(
      `SELECT * FROM audit
       WHERE ($1::bigint IS NULL OR seq < $1) AND ($2::text IS NULL OR subject = $2)
         AND ($3::text IS NULL OR actor = $3) AND ($4::text IS NULL OR action = $4)
       ORDER BY seq DESC LIMIT $5`,
      [before, subject, actor, action, Math.min(limit, 1000)],
    );
    return rows.map(entryOfRow);
  }

  /** Waits until nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  async #flush(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, MOST_TOGETHER);
      try {
        await this.#database.transaction((sql) =>
          this.appendIn(
            sql,
            together.map(({ entry }) => entry),
          ),
        );
        for (const { resolve } of together) resolve();
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#flushing = undefined;
  }
}

/** The row lock lets one writer at a time go on, on several machines too. */
async function lockHead(sql: Sql): Promise<{ readonly seq: number; readonly hash: string }> {
  const [head] = await sql.query<{ seq: number; hash: string }>("SELECT seq, hash FROM audit_head FOR UPDATE");
  if (head !== undefined) return head;
  // Somebody took it away. Whoever loses this race waits for the other's row.
  await sql.query(
    `INSERT INTO audit_head (seq, hash, mark) SELECT coalesce(max(seq), 0), $1, '' FROM audit ON CONFLICT (single) DO NOTHING`,
    [HEADLESS],
  );
  return lockHead(sql);
}

async function insert(sql: Sql, entries: readonly ChainedEntry[]): Promise<void> {
  const column = <T>(of: (entry: ChainedEntry) => T) => entries.map(of);
  await sql.query(
    `INSERT INTO audit (seq, at, actor, action, subject, details, input_sha256, model_sha256, rules_sha256, previous_hash, hash)
     SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[],
                          $8::text[], $9::text[], $10::text[], $11::text[])`,
    [
      column(({ seq }) => seq),
      column(({ at }) => at),
      column(({ actor }) => actor),
      column(({ action }) => action),
      column(({ subject }) => subject),
      column(({ details }) => details),
      column(({ inputSha256 }) => inputSha256),
      column(({ modelSha256 }) => modelSha256),
      column(({ rulesSha256 }) => rulesSha256),
      column(({ previousHash }) => previousHash),
      column(({ hash }) => hash),
    ],
  );
}

export interface AuditRow extends Row {
  readonly seq: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly input_sha256: string | null;
  readonly model_sha256: string | null;
  readonly rules_sha256: string | null;
  readonly previous_hash: string;
  readonly hash: string;
}

export function entryOfRow(row: AuditRow): ChainedEntry {
  return {
    seq: row.seq,
    at: row.at,
    actor: row.actor,
    action: row.action,
    subject: row.subject ?? undefined,
    details: row.details,
    inputSha256: row.input_sha256 ?? undefined,
    modelSha256: row.model_sha256 ?? undefined,
    rulesSha256: row.rules_sha256 ?? undefined,
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}
