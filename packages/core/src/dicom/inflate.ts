/**
 * @file Deflated bytes (RFC 1951), let out up to a limit.
 */
import { Inflate } from "fflate";
import { joined } from "./joined-bytes";

/** Bytes; a deflated file that grows past this is a mistake or an attack. */
export const MAX_INFLATED_FILE = 2 ** 29;

/** @throws {Error} if the stream is damaged, or holds more than `limit` bytes */
export function inflated(bytes: Uint8Array, limit: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  const stream = new Inflate((part) => {
    total += part.length;
    if (total > limit) throw new Error(`inflates to more than ${limit} bytes`);
    parts.push(part);
  });
  // In pieces, so that a small file cannot ask for all memory at once.
  for (let at = 0; at < bytes.length; at += 65536) {
    stream.push(bytes.subarray(at, at + 65536), at + 65536 >= bytes.length);
  }
  return joined(parts);
}

/** The first bytes of a deflated stream that may be cut short or damaged: as many as come of it, `limit` at most. */
export function inflatedHead(bytes: Uint8Array, limit: number): Uint8Array {
  const head = new Uint8Array(limit);
  let filled = 0;
  const stream = new Inflate((part) => {
    const piece = part.subarray(0, limit - filled);
    head.set(piece, filled);
    filled += piece.length;
  });
  try {
    for (let at = 0; at < bytes.length && filled < limit; at += 65536) stream.push(bytes.subarray(at, at + 65536));
    // Nothing more is held back then; a stream that was cut short throws, when all of it is out.
    if (filled < limit) stream.push(new Uint8Array(0), true);
  } catch {
    // What came before the damage is what there is.
  }
  return head.subarray(0, filled);
}
