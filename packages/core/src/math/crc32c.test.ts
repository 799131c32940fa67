import { describe, expect, test } from "vitest";
import { crc32c } from "./crc32c";

describe("crc32c", () => {
  // RFC 3720, B.4: 32 bytes of zeros, of ones, and 0 to 31. "123456789" is the check value of the CRC catalogue.
  test.each([
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(255), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [new TextEncoder().encode("123456789"), 0xe3069283],
    [new Uint8Array(0), 0],
  ])("of %j", (bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
  });
});
