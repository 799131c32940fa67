import { describe, expect, test } from "vitest";
import { decodeText } from "./character-set";
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

describe("decodeText", () => {
  // PS3.5 H.3.1 and I.2: Yamada Tarou in kanji, Hong in hangul.
  test("reads ISO 2022 with its escapes", () => {
    const japanese = Uint8Array.of(
      0x1b,
      0x24,
      0x42,
      0x3b,
      0x33,
      0x45,
      0x44,
      0x1b,
      0x28,
      0x42,
      0x5e,
      0x1b,
      0x24,
      0x42,
      0x42,
      0x40,
      0x4f,
      0x3a,
      0x1b,
      0x28,
      0x42,
    );
    expect(decodeText(japanese, ["", "ISO 2022 IR 87"])).toBe("山田^太郎");
    const korean = Uint8Array.of(0x1b, 0x24, 0x29, 0x43, 0xfb, 0xf3);
    expect(decodeText(korean, ["", "ISO 2022 IR 149"])).toBe("洪");
  });

  test("reads GB18030, UTF-8 and single bytes", () => {
    expect(decodeText(Uint8Array.of(0xcd, 0xf5), ["GB18030"])).toBe("王");
    expect(decodeText(Uint8Array.of(0xe7, 0x8e, 0x8b), ["ISO_IR 192"])).toBe("王");
    expect(decodeText(Uint8Array.of(0xe4), ["ISO_IR 100"])).toBe("ä");
  });
});
