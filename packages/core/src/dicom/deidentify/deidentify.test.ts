import { deflateSync } from "fflate";
import { describe, expect, test } from "vitest";
import { joined } from "../joined-bytes";
import { blankFrames, blankMask } from "./blank";
import { type DeidentifyOptions, deidentify } from "./deidentify";
import { shiftedDates } from "./dummy";
import type { Dictionary, Encoding } from "./element";
import { encoded, encodedItem, encodedText, header, latin1 } from "./encode";
import { fileLayout } from "./file-layout";
import { leaks } from "./leaks";
import { actionOf, type ProfileOption } from "./profile";

const KNOWN: Readonly<Record<number, readonly [vr: string, keyword: string]>> = {
  524312: ["UI", "SOPInstanceUID"],
  524320: ["DA", "StudyDate"],
  528446: ["LO", "SeriesDescription"],
  1048592: ["PN", "PatientName"],
  1048608: ["LO", "PatientID"],
  4194933: ["SQ", "RequestAttributesSequence"],
};
const dictionary: Dictionary = (tag) => {
  const known = KNOWN[tag];
  return known && { vr: known[0], keyword: known[1] };
};

const EXPLICIT: Encoding = { explicit: true, bigEndian: false };
const IMPLICIT: Encoding = { explicit: false, bigEndian: false };
const BIG: Encoding = { explicit: true, bigEndian: true };
const PIXELS = Uint8Array.of(1, 2, 3, 4, 250, 251);

const options = (profile: readonly ProfileOption[] = []): DeidentifyOptions => ({
  dictionary,
  profile: new Set(profile),
  mapUid: (uid) => `2.25.${uid.length}`,
  pseudonym: () => "PX",
  shiftDays: () => -10,
  software: "Test 1",
  implementationUid: "2.25.1",
});

/** A header and a data set in `encoding`: names, a date, a nested sequence of undefined length, a private block, pixels. */
function example(encoding: Encoding, uid: string, deflate = false): Uint8Array {
  const text = (tag: number, vr: string, value: string) => encodedText(tag, vr, value, encoding);
  const undefinedLength = (tag: number, content: Uint8Array) =>
    joined([
      header(tag, "SQ", 0xffffffff, encoding),
      header(0xfffee000, "", 0xffffffff, { ...encoding, explicit: false }),
      content,
      header(0xfffee00d, "", 0, { ...encoding, explicit: false }),
      header(0xfffee0dd, "", 0, { ...encoding, explicit: false }),
    ]);
  const body = joined([
    text(0x00080018, "UI", "1.2.3.4"),
    text(0x00080020, "DA", "20040119"),
    text(0x00080070, "LO", "Acme"),
    text(0x0008103e, "LO", "seen by Miller"),
    undefinedLength(0x00082112, joined([text(0x00081155, "UI", "1.2.3.5"), text(0x00090010, "LO", "SECRET")])),
    text(0x00090010, "LO", "MAKER"),
    text(0x00091001, "LO", "Miller"),
    text(0x00100010, "PN", "Miller^Anna"),
    text(0x00100020, "LO", "ID-4711"),
    text(0x00181020, "LO", "by Miller"),
    encoded(0x7fe00010, "OW", PIXELS, encoding),
  ]);
  const meta = [
    encodedText(0x00020003, "UI", "1.2.3.4", EXPLICIT),
    encodedText(0x00020010, "UI", uid, EXPLICIT),
    encodedText(0x00020016, "AE", "MILLERPC", EXPLICIT),
  ];
  const prefix = new Uint8Array(132);
  prefix.set([0x44, 0x49, 0x43, 0x4d], 128);
  return joined([prefix, ...meta, deflate ? deflateSync(body) : body]);
}

/** Values by path of the first level. */
function values(bytes: Uint8Array): Map<number, string> {
  const layout = fileLayout(bytes, "copy", dictionary);
  const entries = [
    ...layout.meta.map((one) => [one.tag, latin1(layout.file.subarray(one.valueStart, one.valueEnd))] as const),
    ...layout.elements.map((one) => [one.tag, latin1(layout.body.subarray(one.valueStart, one.valueEnd))] as const),
  ];
  return new Map(entries.map(([tag, value]) => [tag, value.replace(/[\0 ]+$/, "")]));
}

const FORMS = [
  ["explicit", EXPLICIT, "1.2.840.10008.1.2.1", false],
  ["implicit", IMPLICIT, "1.2.840.10008.1.2", false],
  ["big endian", BIG, "1.2.840.10008.1.2.2", false],
  ["deflated", EXPLICIT, "1.2.840.10008.1.2.1.99", true],
] as const;

/** In implicit form the dictionary has to know what is a sequence or text. */
const full: Dictionary = (tag) =>
  dictionary(tag) ??
  (
    {
      532754: { vr: "SQ", keyword: "SourceImageSequence" },
      528725: { vr: "UI", keyword: "ReferencedSOPInstanceUID" },
      524400: { vr: "LO", keyword: "Manufacturer" },
      1576992: { vr: "LO", keyword: "SoftwareVersions" },
      2145386512: { vr: "OW", keyword: "PixelData" },
      1179746: { vr: "CS", keyword: "PatientIdentityRemoved" },
      1179748: { vr: "SQ", keyword: "DeidentificationMethodCodeSequence" },
      524544: { vr: "SH", keyword: "CodeValue" },
    } as Record<number, ReturnType<Dictionary>>
  )[tag];

describe("deidentify", () => {
  test.each(FORMS)(
    "acts on names, UIDs, dates, private and nested elements of an %s file",
    (_, encoding, uid, deflate) => {
      const source = example(encoding, uid, deflate);
      const { bytes } = deidentify(source, "a.dcm", { ...options(), dictionary: full });
      const got = values(bytes);
      expect(got.get(0x00020003)).toBe("2.25.7");
      expect(got.get(0x00080018)).toBe("2.25.7");
      expect(got.get(0x00080020)).toBe("");
      expect(got.get(0x00080070)).toBe("Acme");
      expect(got.get(0x00100010)).toBe("PX");
      expect(got.get(0x00100020)).toBe("PX");
      expect(got.get(0x00120062)).toBe("YES");
      expect(got.get(0x00280303)).toBe("REMOVED");
      expect(got.has(0x00020016) || got.has(0x00090010) || got.has(0x00091001) || got.has(0x0008103e)).toBe(false);
      // Kept by the table, but the patient's name stands in it.
      expect(got.get(0x00181020)).toBe("REMOVED");
      const { body, elements } = fileLayout(bytes, "copy", full);
      const text = latin1(body);
      for (const word of ["Miller", "Anna", "4711", "1.2.3.5", "SECRET", "20040119"]) expect(text).not.toContain(word);
      const pixels = elements.find(({ tag }) => tag === 0x7fe00010);
      expect([...body.subarray(pixels?.valueStart, pixels?.valueEnd)]).toEqual([...PIXELS]);
      const decodeText = (value: Uint8Array) => latin1(value);
      expect(leaks(source, bytes, "a.dcm", { dictionary: full, decodeText })).toEqual([]);
    },
  );

  test("tells what was done, and no value", () => {
    const { changes } = deidentify(example(EXPLICIT, "1.2.840.10008.1.2.1"), "a.dcm", options());
    expect(changes).toContainEqual({ path: "(0010,0010)", keyword: "PatientName", action: "pseudonym" });
    expect(changes).toContainEqual({ path: "(0008,2112)[0].(0009,0010)", keyword: "Private", action: "remove" });
    expect(JSON.stringify(changes)).not.toMatch(/Miller|4711|1\.2\.3/);
  });

  test("moves dates with the option for modified dates, and keeps them with that for full ones", () => {
    const source = example(EXPLICIT, "1.2.840.10008.1.2.1");
    const of = (option: ProfileOption) => values(deidentify(source, "a.dcm", options([option])).bytes);
    // Ten days before 19 January.
    expect(of("retain-modified-dates").get(0x00080020)).toBe("20040109");
    expect(of("retain-modified-dates").get(0x00280303)).toBe("MODIFIED");
    expect(of("retain-full-dates").get(0x00080020)).toBe("20040119");
  });

  test("changes the length of a sequence of defined length with its content", () => {
    const item = encodedItem(encodedText(0x00081155, "UI", "1.2.3.5", EXPLICIT), EXPLICIT);
    const sequence = joined([header(0x00082112, "SQ", item.length, EXPLICIT), item]);
    const source = joined([encodedText(0x00080018, "UI", "1.2.3.4", EXPLICIT), sequence]);
    const { bytes } = deidentify(source, "a.dcm", { ...options(), mapUid: () => "2.25.123456789" });
    const layout = fileLayout(bytes, "copy", dictionary);
    const [inner] = layout.elements[1].items?.[0].elements ?? [];
    expect(latin1(bytes.subarray(inner.valueStart, inner.valueEnd))).toBe("2.25.123456789");
  });

  test("keeps the codes of an earlier de-identification, without what is private in them", () => {
    const code = joined([
      encodedText(0x00080100, "SH", "113100", EXPLICIT),
      encodedText(0x00090010, "LO", "SECRET", EXPLICIT),
    ]);
    const item = encodedItem(code, EXPLICIT);
    const earlier = joined([header(0x00120064, "SQ", item.length, EXPLICIT), item]);
    const source = joined([encodedText(0x00080018, "UI", "1.2.3.4", EXPLICIT), earlier]);
    const { bytes } = deidentify(source, "a.dcm", options(["retain-uids"]));
    expect(latin1(bytes)).not.toContain("SECRET");
    const codes = fileLayout(bytes, "copy", dictionary).elements.find(({ tag }) => tag === 0x00120064);
    expect(codes?.items).toHaveLength(3);
  });

  test("removes attributes that nobody knows, whatever VR the file gives them, and keeps those of the table", () => {
    const source = joined([
      encodedText(0x00080018, "UI", "1.2.3.4", EXPLICIT),
      encodedText(0x00080070, "LO", "Acme", EXPLICIT),
      // No such tags in PS3.6: a number that stands nowhere else in the file.
      encodedText(0x00100999, "LO", "078-05-1120", EXPLICIT),
      encodedText(0x00180002, "LT", "078-05-1120", EXPLICIT),
    ]);
    const { bytes, changes } = deidentify(source, "a.dcm", { ...options(), dictionary: full });
    expect(latin1(bytes)).toContain("Acme");
    expect(latin1(bytes)).not.toContain("078-05-1120");
    expect(changes).toContainEqual({ path: "(0010,0999)", keyword: "", action: "remove" });
  });

  test("refuses bytes that are no data set, and a value that is cut short", () => {
    expect(() => deidentify(new TextEncoder().encode("# README"), "README.md", options())).toThrow("README.md");
    const source = example(EXPLICIT, "1.2.840.10008.1.2.1");
    expect(() => deidentify(source.subarray(0, 300), "cut.dcm", options())).toThrow("cannot be followed");
  });
});

describe("leaks", () => {
  const decodeText = (value: Uint8Array) => latin1(value);

  test("finds a name that was planted into a kept element, and a UID left in the header", () => {
    const source = example(EXPLICIT, "1.2.840.10008.1.2.1");
    const { bytes } = deidentify(source, "a.dcm", { ...options(), dictionary: full });
    const planted = Uint8Array.from(bytes);
    // "Acme" of Manufacturer becomes "Anna", a part of the patient's name.
    planted.set([0x41, 0x6e, 0x6e, 0x61], latin1(bytes).indexOf("Acme"));
    expect(leaks(source, planted, "a.dcm", { dictionary: full, decodeText })).toEqual([
      { from: "PatientName", at: "(0008,0070)", kind: "name" },
    ]);
  });

  test("says that a file without the marks is not de-identified", () => {
    const source = example(EXPLICIT, "1.2.840.10008.1.2.1");
    expect(leaks(source, source, "a.dcm", { dictionary, decodeText })[0].kind).toBe("unmarked");
  });
});

describe("actionOf", () => {
  const basic = new Set<ProfileOption>();

  // PS3.15 Table E.1-1.
  test.each([
    [0x00100030, "DA", "empty"],
    [0x00080018, "UI", "uid"],
    [0x00080080, "LO", "dummy"],
    [0x00081030, "LO", "remove"],
    [0x50001000, "US", "remove"],
    [0x60004000, "LT", "remove"],
    [0x00291010, "OB", "remove"],
    [0x00080016, "UI", "keep"],
    [0x0040a730, "SQ", "descend-dummy"],
    [0x00280010, "US", "keep"],
  ] as const)("of %d (%s) is %s", (tag, vr, action) => {
    expect(actionOf(tag, vr, basic, "normal")).toBe(action);
  });

  test("follows an option where the table has one", () => {
    expect(actionOf(0x00080080, "LO", new Set(["retain-institution"]), "normal")).toBe("keep");
    expect(actionOf(0x00081030, "LO", new Set(["clean-descriptors"]), "normal")).toBe("clean");
    expect(actionOf(0x00080018, "UI", new Set(["retain-uids"]), "normal")).toBe("keep");
  });
});

describe("shiftedDates", () => {
  test("moves over months and leap days, keeps what follows the day, and intervals", () => {
    expect(shiftedDates("20040301", "DA", -1)).toBe("20040229");
    expect(shiftedDates("20040301101500.5+0100", "DT", -366)).toBe("20030301101500.5+0100");
    expect(shiftedDates("2004\\20040231", "DA", -1)).toBe("19000101\\19000101");
  });
});

describe("blankFrames", () => {
  test("blackens what lies outside of regions, in every frame, 16 bits big endian too", () => {
    const mask = blankMask(1, 3, {
      keep: [{ x: 0, y: 0, width: 2, height: 1 }],
      blank: [{ x: 0, y: 0, width: 1, height: 1 }],
    });
    expect([...mask]).toEqual([1, 0, 1]);
    const layout = { rows: 1, columns: 3, samplesPerPixel: 1, bitsAllocated: 16, bitsStored: 12, planar: false };
    const pixels = Uint8Array.of(1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6);
    blankFrames(pixels, mask, { ...layout, bigEndian: true, photometricInterpretation: "MONOCHROME1", frames: 2 });
    // White is 0 in MONOCHROME1, black 2^12 - 1 = 0x0fff.
    expect([...pixels]).toEqual([0x0f, 0xff, 2, 2, 0x0f, 0xff, 0x0f, 0xff, 5, 5, 0x0f, 0xff]);
  });
});
