/**
 * @file The chain of the audit log: each entry carries the hash of the one before, so that none can be changed, taken out or
 * moved without all after it being made anew.
 */
import { createHash } from "node:crypto";
import type { AuditEntry } from "./record";

/** What the first entry has for the hash before it. */
export const GENESIS = "0".repeat(64);
/**
 * What an entry has for the hash before it where the end of the chain was taken away: what happens is still logged, and the
 * chain is broken there for good.
 */
export const HEADLESS = "f".repeat(64);

/** An entry in its place. */
export interface ChainedEntry extends AuditEntry {
  /** Counts up from 1, without gaps. */
  readonly seq: number;
  /** Milliseconds count. */
  readonly at: Date;
  readonly details: Readonly<Record<string, unknown>>;
  readonly previousHash: string;
  /** Of all of the above: `entryHash`. */
  readonly hash: string;
}

/**
 * SHA-256, hexadecimal, over the entry as JSON: keys sorted at every level, no white space, what is absent left out, `at` as
 * ISO 8601 in UTC with milliseconds.
 */
export function entryHash(entry: Omit<ChainedEntry, "hash">): string {
  const { seq, at, actor, action, subject, details, inputSha256, modelSha256, rulesSha256, previousHash } = entry;
  const content = {
    seq,
    at: at.toISOString(),
    actor,
    action,
    subject,
    details,
    inputSha256,
    modelSha256,
    rulesSha256,
    previousHash,
  };
  return createHash("sha256").update(canonicalJson(content), "utf8").digest("hex");
}

/** Puts entries behind the one that has `previousHash` and number `seq`. */
export function chain(entries: readonly AuditEntry[], seq: number, previousHash: string, at: Date): ChainedEntry[] {
  let before = previousHash;
  return entries.map((entry, i) => {
    const placed = { ...storable(entry), seq: seq + 1 + i, at, previousHash: before };
    before = entryHash(placed);
    return { ...placed, hash: before };
  });
}

/** What a database gives back as it was given: PostgreSQL's text and JSON know no NUL and no half of a character. */
function storable(entry: AuditEntry): AuditEntry & { readonly details: Readonly<Record<string, unknown>> } {
  const { actor, action, subject, details = {}, inputSha256, modelSha256, rulesSha256 } = entry;
  return {
    actor: cleanText(actor),
    action: cleanText(action),
    subject: subject === undefined ? undefined : cleanText(subject),
    details: storableDetails(details),
    inputSha256,
    modelSha256,
    rulesSha256,
  };
}

function storableDetails(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const json = JSON.stringify(details);
  // JSON escapes NUL and halves of characters: where it escapes nothing by number, there are none.
  if (!json.includes("\\u")) return JSON.parse(json) as Record<string, unknown>;
  return JSON.parse(json, (_key, value: unknown) => cleanValue(value)) as Record<string, unknown>;
}

function cleanValue(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), inner]));
}

/** NUL, and halves of characters or whole ones of two halves. */
const STRANGE = /[\0\uD800-\uDFFF]/;

function cleanText(text: string): string {
  if (!STRANGE.test(text)) return text;
  // With `u`, half a surrogate pair matches and a whole one does not.
  return text.replace(/[\0\uD800-\uDFFF]/gu, "\uFFFD");
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((one) => canonicalJson(one ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`);
  return `{${pairs.join(",")}}`;
}

/** What is marked with the vault's key about the end of the chain. */
export function headText(seq: number, hash: string): string {
  return `fovea audit head ${seq} ${hash}`;
}
