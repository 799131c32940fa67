import { describe, expect, test } from "vitest";
import { CHARACTER_SETS, decodeText } from "./character-set";

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

  // JIS X 0212, row 16, cell 1 (0x3021): 丂, U+4E02 (PS3.3 C.12.1.1.2, ISO 2022 IR 159).
  test("reads the supplementary kanji of ISO 2022 IR 159", () => {
    const kanji = Uint8Array.of(0x1b, 0x24, 0x28, 0x44, 0x30, 0x21, 0x1b, 0x28, 0x42, 0x5e, 0x41);
    expect(decodeText(kanji, ["", "ISO 2022 IR 87", "ISO 2022 IR 159"])).toBe("丂^A");
  });

  test("makes U+FFFD of what stands behind an escape that it does not know", () => {
    // ESC $ ( Q: JIS X 0213, which DICOM does not have.
    const unknown = Uint8Array.of(0x41, 0x1b, 0x24, 0x28, 0x51, 0x30, 0x21, 0x1b, 0x28, 0x42, 0x42);
    expect(decodeText(unknown, ["", "ISO 2022 IR 87"])).toBe("A\uFFFDB");
  });

  // 王^小 in GBK, of a file that declares nothing.
  const undeclared = Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xa1);

  test.each([[[]], [[""]], [["ISO_IR 6"]], [["constructor"]]])(
    "reads what %j does not declare as it is told to",
    (sets) => {
      expect(decodeText(undeclared, sets, "GB18030")).toBe("王^小");
      expect(decodeText(undeclared, sets, "ISO_IR 6")).toBe("\uFFFD\uFFFD^\uFFFD\uFFFD");
      // Bytes stay apart: two names are one only if their bytes are.
      expect(decodeText(undeclared, sets)).toBe("Íõ^Ð¡");
    },
  );

  test("reads what is declared as it is, whatever holds elsewhere", () => {
    expect(decodeText(Uint8Array.of(0xe4), ["ISO_IR 100"], "GB18030")).toBe("ä");
  });

  test.each(CHARACTER_SETS)("knows %s", (term) => {
    expect(decodeText(Uint8Array.of(0x41, 0x42), [], term)).toBe("AB");
    expect(decodeText(Uint8Array.of(0xff), [], term)).not.toBe("");
  });
});
