/**
 * @file API keys: `fovea_` and 32 random bytes. The record holds their hashes alone, so that who reads it has no key.
 *
 * Keys are random, not chosen: one round of SHA-256 is as good as a slow hash, and looking one up by its hash tells nobody
 * who measures time how much of a guess was right.
 */
import { createHash, randomBytes } from "node:crypto";

const PREFIX = "fovea_";
const PATTERN = /^fovea_[A-Za-z0-9_-]{43}$/;

/** A new key; it is shown once and kept by nobody. */
export function newApiKey(): string {
  return `${PREFIX}${randomBytes(32).toString("base64url")}`;
}

/** Whether a token is one of ours rather than one of OpenID Connect. */
export function looksLikeApiKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

export function isApiKey(token: string): boolean {
  return PATTERN.test(token);
}

/** What is kept of a key: hexadecimal. */
export function apiKeyHash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
