import { expect, test } from "vitest";
import { uidFrom, uidFromSha256 } from "./uid";

test("uidFrom gives the same identifier for the same numbers and another one for others", () => {
  expect(uidFrom(7, 1)).toBe(uidFrom(7, 1));
  expect(new Set([uidFrom(7, 1), uidFrom(7, 2), uidFrom(1, 7), uidFrom(8, 1), uidFrom(7)]).size).toBe(5);
});

test("uidFrom gives a UUID of version 8 in at most 64 characters without a leading zero", () => {
  const uid = uidFrom(0);
  // RFC 9562: version in bits 76 to 79, variant 10 in bits 62 and 63.
  const uuid = BigInt(uid.slice("2.25.".length));
  expect((uuid >> 76n) & 0xfn).toBe(8n);
  expect((uuid >> 62n) & 0x3n).toBe(2n);
  expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
});

test("uidFromSha256 gives the UUID of version 8 of the digest's first half", () => {
  // FIPS 180-4: SHA-256 of nothing. Its first 128 bits with version and variant: e3b0c442-98fc-8c14-9afb-f4c8996fb924.
  const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  expect(uidFromSha256(sha256)).toBe("2.25.302652579918966106791432553938847512868");
});
