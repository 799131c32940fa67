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
  uuid = (uuid & ~(0xfn << 76n)) | (0x8n << 76n);
  uuid = (uuid & ~(0x3n << 62n)) | (0x2n << 62n);
  return `2.25.${uuid}`;
}
