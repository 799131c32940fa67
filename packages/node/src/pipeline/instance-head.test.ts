import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { EXPLICIT_BIG, IMPLICIT_LITTLE } from "../../../core/test/dicom-bytes";
import { CT_CLASS, type SentOptions, sentInstance } from "../../test/service/sent-instance";
import { readHeadSoFar, readInstanceHead } from "./instance-head";

const DEFLATED = "1.2.840.10008.1.2.1.99";

function headOf(options: SentOptions = {}, bytes = Number.POSITIVE_INFINITY) {
  const { incoming, dataSet } = sentInstance(3, options);
  return readInstanceHead(dataSet.subarray(0, bytes), incoming);
}

const EXPECTED = {
  ...{ studyUid: "2.25.1", seriesUid: "2.25.1.1", sopUid: "2.25.1.1.3", sopClassUid: CT_CLASS },
  ...{ modality: "CT", bodyPart: "CHEST", seriesDescription: "Thorax 1.0", seriesNumber: 1, instanceNumber: 3 },
  ...{ studyDate: "20261126", frames: 1, rows: 8, columns: 8 },
  patient: { PatientID: "P-4711", PatientName: "Curie^Marie" },
};

describe("the head of a data set", () => {
  test.each([
    ["Explicit VR Little Endian", "1.2.840.10008.1.2.1"],
    ["Implicit VR Little Endian", IMPLICIT_LITTLE],
    ["Explicit VR Big Endian", EXPLICIT_BIG],
  ])("says what an object in %s is", (_, transferSyntax) => {
    expect(headOf({ transferSyntax }).instance).toEqual({ ...EXPECTED, transferSyntaxUid: transferSyntax });
  });

  test("says it of a deflated one, cut off in its pixels or not", () => {
    const { incoming, dataSet } = sentInstance(3, { extra: [[0x7fe00010, "OW", noise(100_000)]] });
    const deflated = deflateRawSync(dataSet);
    const meta = { ...incoming, transferSyntaxUid: DEFLATED };
    for (const end of [deflated.length, deflated.length - 20_000]) {
      const { instance } = readInstanceHead(deflated.subarray(0, end), meta);
      expect(instance).toEqual({ ...EXPECTED, transferSyntaxUid: DEFLATED });
    }
  });

  test("is enough: pixels that are still to come change nothing", () => {
    const whole = headOf({ extra: [[0x7fe00010, "OW", new Uint8Array(5000)]] });
    const cut = headOf({ extra: [[0x7fe00010, "OW", new Uint8Array(5000)]] }, 600);
    expect(cut).toEqual(whole);
  });

  test("is read as far as it goes where private elements fill it", () => {
    const { instance } = headOf({ extra: [[0x00291010, "OB", new Uint8Array(4000)]] }, 2000);
    expect(instance).toMatchObject({ ...EXPECTED, rows: 8, columns: 8 });
  });

  test("reads names in the character set that it names", () => {
    // "王^小东" of PS3.5 annex J.1 (GB18030 example), in GB18030: CD F5 5E D0 A1 B6 AB.
    const name = Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab);
    const { instance } = headOf({
      extra: [
        [0x00080005, "CS", "GB18030"],
        [0x00100010, "PN", name],
      ],
    });
    expect(instance.patient.PatientName).toBe("王^小东");
  });

  // 王 CD F5, 小 D0 A1 in GB18030 (as in GBK); in ISO_IR 100 these bytes are Íõ^Ð¡.
  test.each([
    ["GB18030", "王^小"],
    [undefined, "Íõ^Ð¡"],
  ])("reads names without a declared character set by the default one, %s", (defaultCharacterSet, name) => {
    const bytes = Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xa1);
    const { incoming, dataSet } = sentInstance(3, { extra: [[0x00100010, "PN", bytes]] });
    expect(readInstanceHead(dataSet, incoming, { defaultCharacterSet }).instance.patient.PatientName).toBe(name);
    expect(readHeadSoFar(dataSet, incoming, { defaultCharacterSet })?.instance.patient.PatientName).toBe(name);
  });

  // A backslash divides values (PS3.5 6.2); ESC $ B switches to JIS X 0208 (PS3.5 annex H.3.1: "山田" is ;3 ED).
  test.each([
    ["plain", "Thorax ~ 1", "Thorax ~ 1"],
    ["padded with NUL", "Thorax\0", "Thorax"],
    ["of several values", "Thorax\\Abdomen", "Thorax"],
    ["of blanks", "  ", undefined],
    ["in Japanese", "\x1b$B;3ED\x1b(B", "山田"],
  ])("reads a text that is %s", (_, given, read) => {
    const { instance } = headOf({
      extra: [
        [0x00080005, "CS", "\\ISO 2022 IR 87"],
        [0x0008103e, "LO", given],
      ],
    });
    expect(instance.seriesDescription).toBe(read);
  });

  test("leaves out odd numbers, control characters and what does not fit", () => {
    const { instance, manufacturer } = headOf({
      extra: [
        [0x00080070, "LO", "Fovea "],
        [0x0008103e, "LO", `a\0b${"x".repeat(3000)}`],
        [0x00200011, "IS", "99999999999"],
        [0x00200013, "IS", "three"],
      ],
    });
    expect(instance.seriesDescription).toHaveLength(1024);
    expect(instance.seriesDescription).toMatch(/^abx/);
    expect(instance).not.toHaveProperty("seriesNumber");
    expect(instance).not.toHaveProperty("instanceNumber");
    expect(manufacturer).toBe("Fovea");
  });

  test("must be of the object that was announced", () => {
    const { incoming, dataSet } = sentInstance(3);
    const wrong = (meta: object) => () => readInstanceHead(dataSet, { ...incoming, ...meta });
    expect(wrong({ sopUid: "2.25.9" })).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(wrong({ sopClassUid: "1.2.3" })).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  });

  test("must say where it belongs, in a data set", () => {
    const invalid = expect.objectContaining({ code: "invalid_dicom" });
    expect(() => headOf({ extra: [[0x0020000d, "UI", ""]] })).toThrow(invalid);
    expect(() => headOf({ extra: [[0x0020000e, "UI", "2.25.'; DROP TABLE"]] })).toThrow(invalid);
    expect(() => headOf({ extra: [[0x0020000e, "UI", `2.25.${"1".repeat(60)}`]] })).toThrow(invalid);
    expect(() => readInstanceHead(noise(500), sentInstance(3).incoming)).toThrow(invalid);
    expect(() => readInstanceHead(new Uint8Array(0), sentInstance(3).incoming)).toThrow(invalid);
  });
});

/** Bytes that do not compress. */
function noise(length: number): Uint8Array {
  let seed = 7;
  return Uint8Array.from({ length }, () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed >>> 24;
  });
}
