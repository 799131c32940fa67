import { describe, expect, test } from "vitest";
import { crc32 } from "./crc32";

describe("crc32", () => {
  // The check value of the CRC catalogue: CRC-32/ISO-HDLC of "123456789" is 0xcbf43926. PNG's empty IEND chunk ends in
  // 0xae426082 (ISO/IEC 15948, 11.2.5). The others are zlib's.
  test.each([
    ["", 0],
    ["a", 0xe8b7be43],
    ["IEND", 0xae426082],
    ["123456789", 0xcbf43926],
    ["The quick brown fox jumps over the lazy dog", 0x414fa339],
  ])("of %j, wherever it stands in memory", (text, value) => {
    const memory = new Uint8Array(64);
    for (let offset = 0; offset < 9; offset++) {
      const bytes = memory.subarray(offset, offset + text.length);
      bytes.set(new TextEncoder().encode(text));
      expect(crc32(bytes)).toBe(value);
    }
  });
});
