/**
 * @file Unique identifiers that follow from numbers (PS3.5 B.2, ISO/IEC 9834-8).
 */
import { hashSeed } from "../math/random";

/**
 * `2.25.` and a 128-bit UUID of version 8 made from `parts`: the same parts give the same identifier everywhere.
 *
 * Only for made-up objects: hashes of 32 bits joined are no match for random ones where patients are concerned.
 */
export function uidFrom(...parts: readonly number[]): string {
  let uuid = 0n;
  for (let word = 0; word < 4; word++) uuid = (uuid << 32n) | BigInt(hashSeed(word, ...parts));
  return customUid(uuid);
}

/**
 * `2.25.` and a UUID of version 8 made from the first 128 bits of a SHA-256: one content, one identifier.
 *
 * @param sha256 hexadecimal digits, 64
 */
export function uidFromSha256(sha256: string): string {
  return customUid(BigInt(`0x${sha256.slice(0, 32)}`));
}

/** RFC 9562 5.8: a UUID whose 122 free bits follow from whatever its maker likes. */
function customUid(bits: bigint): string {
  let uuid = bits;
  uuid = (uuid & ~(0xfn << 76n)) | (0x8n << 76n);
  uuid = (uuid & ~(0x3n << 62n)) | (0x2n << 62n);
  return `2.25.${uuid}`;
}
