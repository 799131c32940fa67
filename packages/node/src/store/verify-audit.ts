/**
 * @file Proves the chain of the audit log, entry by entry, in pages.
 */
import type { Vault } from "../vault/vault";
import { entryHash, GENESIS, HEADLESS, headText } from "./audit-chain";
import { type AuditRow, entryOfRow } from "./audit-log";
import type { Database } from "./database";

const PAGE = 1000;

export interface AuditVerdict {
  /** Entries that were proven. */
  readonly entries: number;
  /** Hash of the last of them; keep it elsewhere, and `contains` proves later that nothing before it was changed. */
  readonly head: string;
  /** First entry that does not fit, and why; absent: the chain holds. */
  readonly broken?: { readonly seq: number; readonly reason: string };
}

export interface VerifyOptions {
  /** Hash of an entry that must be in the chain: the head that an earlier check printed. */
  readonly contains?: string;
  readonly onPage?: (entries: number) => void;
}

/**
 * Entries that were changed, taken out or moved are found by the chain; those taken from its end by its head, which only the
 * holder of the vault's key can mark. Nothing here notices that the log was put back to an earlier state with the head of then,
 * which whoever reads the database may have copied: that takes a head kept elsewhere (`contains`).
 *
 * @throws {FoveaError} `wrong_key` if the head was marked with a key that is not here
 */
export async function verifyAudit(
  database: Database,
  vault: Vault,
  { contains, onPage }: VerifyOptions = {},
): Promise<AuditVerdict> {
  // Entries that arrive meanwhile are behind this head and not looked at.
  const [head] = await database.query<{ seq: number; hash: string; mark: string }>("SELECT * FROM audit_head");
  const until = head?.seq ?? 0;
  let hash = GENESIS;
  let seq = 0;
  let met = contains === undefined || contains === GENESIS;
  const verdict = (at: number, reason: string): AuditVerdict => ({
    entries: seq,
    head: hash,
    broken: { seq: at, reason },
  });

  while (seq < until) {
    const rows = await database.query<AuditRow>(
      "SELECT * FROM audit WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3",
      [seq, until, PAGE],
    );
    if (rows.length === 0) break;
    for (const entry of rows.map(entryOfRow)) {
      const reason = fault(entry, seq, hash);
      if (reason !== undefined) return verdict(seq + 1, reason);
      hash = entry.hash;
      seq = entry.seq;
      met ||= hash === contains;
    }
    onPage?.(seq);
  }
  const atEnd =
    head === undefined ? "the head of the chain is missing" : await faultOfHead(database, vault, head, seq, hash);
  if (atEnd !== undefined) return verdict(seq + 1, atEnd);
  if (!met)
    return verdict(
      seq + 1,
      "the entry with the hash that was given is not in the chain: it was replaced, or put back to an earlier state",
    );
  return { entries: seq, head: hash };
}

function fault(entry: ReturnType<typeof entryOfRow>, seq: number, hash: string): string | undefined {
  if (entry.seq !== seq + 1) return `entry ${seq + 1} is missing; the next one is ${entry.seq}`;
  if (entry.previousHash === HEADLESS) return "the end of the chain was taken away before it was written";
  if (entry.previousHash !== hash) return "it does not continue the entry before it";
  return entryHash(entry) === entry.hash ? undefined : "its content was changed";
}

async function faultOfHead(
  database: Database,
  vault: Vault,
  head: { readonly seq: number; readonly hash: string; readonly mark: string },
  seq: number,
  hash: string,
): Promise<string | undefined> {
  if (!vault.checkMark(headText(head.seq, head.hash), head.mark))
    return "the head of the chain was not written by this service";
  if (head.seq !== seq) return `entries ${seq + 1} to ${head.seq} are missing at the end`;
  return head.hash === hash ? strays(database, seq) : "the last entry is not the one that the head names";
}

/** Entries behind the head, unless it moved on meanwhile. */
async function strays(database: Database, seq: number): Promise<string | undefined> {
  const [{ last, head }] = await database.query<{ last: number | null; head: number | null }>(
    "SELECT (SELECT max(seq) FROM audit) AS last, (SELECT seq FROM audit_head) AS head",
  );
  return last !== null && last > Math.max(seq, head ?? 0)
    ? `entry ${last} stands behind the head of the chain`
    : undefined;
}
