/**
 * @file Identifiers of results that follow from what was found: the same analysis always makes the same objects.
 */
import { createHash } from "node:crypto";

/** `2.25.` and a UUID of version 8 (RFC 9562) from the SHA-256 of `parts` (PS3.5 B.2). */
export function hashedUid(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  // Lengths keep ["ab", "c"] apart from ["a", "bc"].
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part};`);
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${bytes.toString("hex")}`)}`;
}
