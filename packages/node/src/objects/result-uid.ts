/**
 * @file Identifiers of result objects, made from what the objects say: the same result has the same identifiers everywhere.
 */
import { createHash } from "node:crypto";

/**
 * `2.25.` and a UUID of version 8 (RFC 9562 5.8) from the first 128 bits of the SHA-256 of `parts` (PS3.5 B.2). Parts are kept
 * apart by their lengths.
 */
export function resultUid(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  let uuid = BigInt(`0x${hash.digest("hex").slice(0, 32)}`);
  uuid = (uuid & ~(0xfn << 76n)) | (0x8n << 76n);
  uuid = (uuid & ~(0x3n << 62n)) | (0x2n << 62n);
  return `2.25.${uuid}`;
}

/** UID of a model version as a device (PS3.16 TID 1004): one for each SHA-256 of the model's file. */
export function deviceUidOf(sha256: string): string {
  return resultUid("fovea device", sha256.toLowerCase());
}
