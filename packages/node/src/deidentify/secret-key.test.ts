import { describe, expect, test } from "vitest";
import { SecretKey } from "./secret-key";

const one = new SecretKey(new TextEncoder().encode("a key of sixteen bytes"));
const other = new SecretKey(new TextEncoder().encode("another key of that kind"));

describe("SecretKey", () => {
  test("maps a UID to the same one every time, and another key to another", () => {
    expect(one.uid("1.2.3")).toBe(one.uid("1.2.3"));
    expect(one.uid("1.2.3")).not.toBe(one.uid("1.2.4"));
    expect(one.uid("1.2.3")).not.toBe(other.uid("1.2.3"));
    expect(one.uid("1.2.3")).toMatch(/^2\.25\.[1-9]\d{30,38}$/);
  });

  test("keeps UIDs under a root of its own within 64 characters", () => {
    const root = "1.2.826.0.1.3680043.10.12345.67890.1";
    expect(one.uid("1.2.3", root).length).toBeLessThanOrEqual(64);
    expect(one.uid("1.2.3", root).startsWith(`${root}.`)).toBe(true);
  });

  test("moves all dates of a patient by the same days into the past", () => {
    expect(one.shiftDays("p")).toBe(one.shiftDays("p"));
    for (let i = 0; i < 100; i++) {
      expect(one.shiftDays(`p${i}`)).toBeLessThan(0);
      expect(one.shiftDays(`p${i}`)).toBeGreaterThanOrEqual(-3652);
    }
  });

  test("refuses a key that could be tried out", () => {
    expect(() => new SecretKey(new Uint8Array(15))).toThrow("at least 16");
  });
});
