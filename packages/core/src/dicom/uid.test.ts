import { expect, test } from "vitest";
import { uidFrom } from "./uid";

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
