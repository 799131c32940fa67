/**
 * @file API keys to callers, with a small memory, so that not every request asks the database.
 */
import { createHash } from "node:crypto";
import type { Role } from "../../config/service-config";
import type { Caller } from "./caller";

/** A key that is good at this moment. */
export interface GoodKey {
  readonly keyId: string;
  readonly role: Role;
  readonly expiresAt?: Date;
}

const PATTERN = /^fovea_[A-Za-z0-9_-]{43}$/;

/** Whether a token is one of ours rather than one of OpenID Connect. */
export function looksLikeApiKey(token: string): boolean {
  return token.startsWith("fovea_");
}

export interface KeyLookupOptions {
  /** A revoked key of another machine's doing works for so long at most. @default 10000 */
  readonly rememberMs?: number;
  /** Keys remembered at one time. @default 256 */
  readonly most?: number;
  /** @default Date.now */
  readonly now?: () => number;
}

export class KeyLookup {
  readonly #find: (key: string) => Promise<GoodKey | undefined>;
  readonly #rememberMs: number;
  readonly #most: number;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly key: GoodKey; readonly until: number }>();
  /** Counts what was forgotten: an answer of the database from before must not be remembered after. */
  #generation = 0;

  /** @param find what the record has of a key, if it is neither expired nor revoked */
  constructor(
    find: (key: string) => Promise<GoodKey | undefined>,
    { rememberMs = 10_000, most = 256, now = Date.now }: KeyLookupOptions = {},
  ) {
    this.#find = find;
    this.#rememberMs = rememberMs;
    this.#most = most;
    this.#now = now;
  }

  /** Undefined for a key that is none, expired or revoked. */
  async callerOf(token: string): Promise<Caller | undefined> {
    const key = PATTERN.test(token) ? await this.#lookUp(token) : undefined;
    if (key === undefined || (key.expiresAt !== undefined && key.expiresAt.getTime() <= this.#now())) return undefined;
    return { actor: `key:${key.keyId}`, role: key.role };
  }

  /** Whether a key was good when it was last looked up. */
  remembers(token: string): boolean {
    return this.#known.has(digest(token));
  }

  /** Forgets all: a key was revoked. */
  forget(): void {
    this.#generation++;
    this.#known.clear();
  }

  async #lookUp(token: string): Promise<GoodKey | undefined> {
    const sha256 = digest(token);
    const known = this.#known.get(sha256);
    if (known !== undefined && known.until > this.#now()) return known.key;
    const generation = this.#generation;
    const key = await this.#find(token);
    this.#known.delete(sha256);
    if (key === undefined || generation !== this.#generation) return key;
    // The oldest goes: a Map keeps its order.
    const [oldest] = this.#known.keys();
    if (this.#known.size >= this.#most && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(sha256, { key, until: this.#now() + this.#rememberMs });
    return key;
  }
}

/** Keys themselves are not kept in memory for longer than a request. */
function digest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
