/**
 * Files made to leak: every place of a DICOM file that can hold text carries a secret that no rule knows by its attribute.
 */
import type { DeidentifyOptions } from "@fovea/core/dicom/deidentify/deidentify";
import { deidentify } from "@fovea/core/dicom/deidentify/deidentify";
import type { Encoding } from "@fovea/core/dicom/deidentify/element";
import { encoded, encodedItem, encodedText, header, latin1 } from "@fovea/core/dicom/deidentify/encode";
import { fileLayout } from "@fovea/core/dicom/deidentify/file-layout";
import { leaks } from "@fovea/core/dicom/deidentify/leaks";
import type { ProfileOption } from "@fovea/core/dicom/deidentify/profile";
import { joined } from "@fovea/core/dicom/joined-bytes";
import { expect, test } from "vitest";
import { FrameDecoder } from "../dicom/frame-decoder";
import { decodeText } from "./character-set";
import { deidentifyFile } from "./deidentify-file";
import { loadDictionary } from "./dictionary";
import { SecretKey } from "./secret-key";

const EXPLICIT: Encoding = { explicit: true, bigEndian: false };
const IMPLICIT: Encoding = { explicit: false, bigEndian: false };
const dictionary = await loadDictionary();
const key = new SecretKey(new TextEncoder().encode("a key of sixteen bytes"));

const options = (profile: readonly ProfileOption[] = []): DeidentifyOptions => ({
  ...{ dictionary, decodeText, profile: new Set(profile), software: "Test 1", implementationUid: "2.25.1" },
  mapUid: (uid) => key.uid(uid),
  pseudonym: (patient) => key.pseudonym(patient),
  shiftDays: (patient) => key.shiftDays(patient),
});

const text = (tag: number, vr: string, value: string) => encodedText(tag, vr, value, EXPLICIT);
const bytes = (value: string) => Uint8Array.from(value, (one) => one.charCodeAt(0));

/** A sequence, its item and their ends of undefined length. */
function open(tag: number, vr: string, content: Uint8Array): Uint8Array {
  const mark = (one: number, length: number) => header(one, "", length, IMPLICIT);
  const item = [mark(0xfffee000, 0xffffffff), content, mark(0xfffee00d, 0)];
  return joined([header(tag, vr, 0xffffffff, EXPLICIT), ...item, mark(0xfffee0dd, 0)]);
}

function file(elements: readonly Uint8Array[], meta: readonly Uint8Array[] = [], preamble = ""): Uint8Array {
  const prefix = new Uint8Array(132);
  prefix.set(bytes(preamble.slice(0, 128)));
  prefix.set(bytes("DICM"), 128);
  return joined([prefix, text(0x00020010, "UI", "1.2.840.10008.1.2.1"), ...meta, ...elements]);
}

const PATIENT = [text(0x00100010, "PN", "Miller^Anna"), text(0x00100020, "LO", "ID-4711")];
const pixels = (...fragments: Uint8Array[]) => {
  const items = fragments.map((one) =>
    encodedItem(one.length % 2 === 0 ? one : joined([one, new Uint8Array(1)]), EXPLICIT),
  );
  const end = header(0xfffee0dd, "", 0, IMPLICIT);
  return joined([header(0x7fe00010, "OB", 0xffffffff, EXPLICIT), header(0xfffee000, "", 0, IMPLICIT), ...items, end]);
};
/** SOI, a comment, a scan that is none. */
const jpegWith = (comment: string) =>
  joined([
    Uint8Array.of(0xff, 0xd8, 0xff, 0xfe, 0, comment.length + 2),
    bytes(comment),
    Uint8Array.of(0xff, 0xda, 1, 2, 3, 0xff, 0xd9),
  ]);

test.each([
  [[]],
  [["retain-safe-private", "retain-device", "retain-institution", "retain-patient"]],
  [["clean-descriptors", "clean-structured-content", "retain-modified-dates"]],
] as [ProfileOption[]][])("a secret in every place that rules do not name is gone, with %j", (profile) => {
  // A number that stands nowhere else: nothing but the place tells that it has to go.
  const secret = "078051120";
  const inside = joined([
    encodedText(0x00080070, "LO", "Acme", IMPLICIT),
    encodedText(0x00090010, "LO", secret, IMPLICIT),
  ]);
  const source = joined([
    file(
      [
        text(0x00080018, "UI", "1.2.3.4"),
        open(0x00081111, "SQ", joined([text(0x00110010, "LO", secret), text(0x00111001, "UN", secret)])),
        text(0x00090010, "LO", "NOBODY KNOWS"),
        text(0x00091001, "UN", secret),
        open(0x00091002, "SQ", open(0x00091003, "SQ", text(0x00080070, "LO", secret))),
        open(0x00091004, "UN", inside),
        ...PATIENT,
        text(0x00100999, "LO", secret),
        // No block: a private element without a creator, and a creator behind its block.
        text(0x00190023, "DS", secret),
        text(0x00191023, "LO", secret),
        text(0x00190010, "LO", "GEMS_ACQU_01"),
        text(0x20011003, "UN", secret),
        open(0x00880200, "SQ", encoded(0x7fe00010, "OW", bytes(secret), EXPLICIT)),
        text(0x60001500, "LO", secret),
        text(0x60003000, "OW", secret),
        encoded(0x7fe00010, "OW", Uint8Array.of(1, 2, 3, 4), EXPLICIT),
        text(0x7fe11001, "OB", secret),
        text(0xfffcfffc, "OB", secret),
      ],
      [
        text(0x00020016, "AE", secret),
        text(0x00020017, "AE", secret),
        text(0x00020100, "UI", "1.2.3.78051120"),
        text(0x00020102, "OB", secret),
        text(0x00020099, "LO", secret),
      ],
      secret,
    ),
    bytes(secret),
  ]);
  const { bytes: copy } = deidentify(source, "a.dcm", options(profile));
  expect(latin1(copy)).not.toMatch(/078051120|78051120|NOBODY KNOWS/);
  expect(leaks(source, copy, "a.dcm", { dictionary, decodeText })).toEqual([]);
});

test("an instance UID below the standard's root is mapped, the same in all files; kinds of things stay", () => {
  const uid = "1.2.840.10008.20040119.4711";
  const one = deidentify(file([text(0x00080018, "UI", uid), ...PATIENT]), "a.dcm", options()).bytes;
  const reference = open(
    0x00082112,
    "SQ",
    joined([text(0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.2"), text(0x00081155, "UI", uid)]),
  );
  const two = deidentify(file([text(0x00080018, "UI", "1.2.3.5"), reference, ...PATIENT]), "b.dcm", options()).bytes;
  for (const copy of [one, two]) {
    expect(latin1(copy)).not.toContain("20040119");
    expect(latin1(copy)).toContain(key.uid(uid));
  }
  expect(latin1(two)).toContain("1.2.840.10008.5.1.4.1.1.2\0");
});

test.each([
  // Zhang San in GB18030 with the family name beside other characters; Wang beside them without a blank.
  ["GB18030", "\xd5\xc5\xc8\xfd^Wang", "\xbb\xbc\xd5\xdfWang\xcf\xc8\xc9\xfa"],
  ["GB18030", "\xd5\xc5\xc8\xfd", "\xbb\xbc\xd5\xdf\xd5\xc5\xc8\xfd"],
  // No character set said, as many writers do.
  ["", "\xd5\xc5\xc8\xfd^Wang", "\xbb\xbc\xd5\xdfWang\xcf\xc8\xc9\xfa"],
  ["\\ISO 2022 IR 58", "Zhang^San=\x1b$)A\xd5\xc5^\x1b$)A\xc8\xfd", "\x1b$)A\xbb\xbc\xd5\xdf\xd5\xc5\xc8\xfd"],
  ["", "Li^Wei", "scanned for Li Wei"],
  // Yamada Tarou and the family name in the middle of a run of Kanji, without its own escape (PS3.5 Annex H).
  ["\\ISO 2022 IR 87", "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "\x1b$B45<T;3EDMM\x1b(B"],
  // Kim, Hong in Korean (PS3.5 Annex I), in text that is one run.
  ["\\ISO 2022 IR 149", "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "\x1b$)C\xbe\xc6\xd1\xce\xd4\xd7"],
])("a name in %j is found where it stands in running text", (set, patient, kept) => {
  const source = file([
    text(0x00080005, "CS", set),
    text(0x00080018, "UI", "1.2.3.4"),
    // Manufacturer, which the profile keeps.
    text(0x00080070, "LO", kept),
    text(0x00100010, "PN", patient),
  ]);
  const { bytes: copy, changes } = deidentify(source, "a.dcm", options());
  expect(changes).toContainEqual({ path: "(0008,0070)", keyword: "Manufacturer", action: "scrub" });
  expect(leaks(source, copy, "a.dcm", { dictionary, decodeText })).toEqual([]);
});

test("a name with digits or letters written to it is found, and no part of another word", () => {
  const manufacturer = (value: string) => {
    const source = file([text(0x00080018, "UI", "1.2.3.4"), text(0x00080070, "LO", value), ...PATIENT]);
    const layout = fileLayout(deidentify(source, "a.dcm", options()).bytes, "a.dcm", dictionary);
    const element = layout.elements.find(({ tag }) => tag === 0x00080070);
    return element && latin1(layout.body.subarray(element.valueStart, element.valueEnd)).trim();
  };
  expect(manufacturer("for Miller2")).toBe("REMOVED");
  expect(manufacturer("xID-4711x")).toBe("xID-4711x");
  expect(manufacturer("4ID-4711a")).toBe("REMOVED");
  expect(manufacturer("Millerton Inc")).toBe("Millerton Inc");
});

test("a name in a comment of a compressed frame is blanked, what the frame shows stays, another comment is warned of", async () => {
  const source = (comment: string) => file([text(0x00080018, "UI", "1.2.3.4"), ...PATIENT, pixels(jpegWith(comment))]);
  const run = (comment: string) =>
    deidentifyFile(source(comment), "a.dcm", { key, profile: new Set(), dictionary, decoder: new FrameDecoder() });
  const telling = await run("scan of Miller, Anna");
  expect(latin1(telling.bytes)).not.toContain("Miller");
  expect(latin1(telling.bytes)).toContain("\xff\xfe\0\x16                    \xff\xda\x01\x02\x03\xff\xd9");
  expect(telling.changes).toContainEqual({ path: "(7FE0,0010)", keyword: "PixelData", action: "scrub" });
  const other = await run("by Dr Who");
  expect(latin1(other.bytes)).toContain("by Dr Who");
  expect(other.warnings.join()).toContain("comments");
});

test("verify searches comments, what stands behind a frame's end, and binary values", () => {
  const source = file([text(0x00080018, "UI", "1.2.3.4"), ...PATIENT, pixels(jpegWith("nothing"))]);
  const marked = deidentify(source, "a.dcm", options()).bytes;
  const at = fileLayout(marked, "a", dictionary).elements.find(({ tag }) => tag === 0x7fe00010)?.start ?? 0;
  const planted = (frame: Uint8Array) => joined([marked.subarray(0, at), pixels(frame)]);
  const found = (frame: Uint8Array) => leaks(source, planted(frame), "a.dcm", { dictionary, decodeText });
  expect(found(jpegWith("nothing"))).toEqual([]);
  expect(found(jpegWith("to Anna"))).toEqual([{ from: "PatientName", at: "(7FE0,0010)", kind: "name" }]);
  expect(found(joined([jpegWith("nothing"), bytes("xxMILLERxx")]))).toEqual([
    { from: "PatientName", at: "(7FE0,0010)", kind: "name" },
  ]);
});

test.each([
  ["scans/MillerAnna1.dcm", "Miller^Anna", ""],
  ["ANNA_MILLER/1.dcm", "Miller^Anna", ""],
  ["\u5f20\u4e09-CT/1.dcm", "\xd5\xc5\xc8\xfd", "GB18030"],
  ["pat4711x/1.dcm", "Other^Name", ""],
  ["Li_Wei/1.dcm", "Li^Wei", ""],
])("the path %s does not tell who it is", async (path, patient, set) => {
  const source = file([
    text(0x00080005, "CS", set),
    text(0x00080018, "UI", "1.2.3.4"),
    text(0x00100010, "PN", patient),
    text(0x00100020, "LO", "4711"),
  ]);
  const decoder = new FrameDecoder();
  const result = await deidentifyFile(source, path, { key, profile: new Set(), dictionary, decoder });
  expect(result.path).not.toMatch(/miller|anna|\u5f20\u4e09|4711|Li_Wei/i);
  const check = (copyPath: string) => leaks(source, result.bytes, "a.dcm", { dictionary, decodeText, copyPath });
  expect(check(result.path)).toEqual([]);
  expect(check(path).map(({ kind }) => kind)).toEqual(["name-of-file"]);
});

test("an overlay in unused bits of the pixels is warned of", async () => {
  const source = file([
    text(0x00080018, "UI", "1.2.3.4"),
    ...PATIENT,
    encoded(0x60000100, "US", Uint8Array.of(16, 0), EXPLICIT),
    encoded(0x60000102, "US", Uint8Array.of(12, 0), EXPLICIT),
    encoded(0x7fe00010, "OW", Uint8Array.of(1, 2), EXPLICIT),
  ]);
  const decoder = new FrameDecoder();
  const { warnings } = await deidentifyFile(source, "a.dcm", { key, profile: new Set(), dictionary, decoder });
  expect(warnings.join()).toContain("unused bits");
});

test("a list of UIDs that grows beyond the length its VR can say is an error, not a broken file", () => {
  const list = Array.from({ length: 2000 }, (_, i) => `1.2.3.${i}`).join("\\");
  const source = file([text(0x00080018, "UI", "1.2.3.4"), text(0x00080058, "UI", list), ...PATIENT]);
  expect(() => deidentify(source, "a.dcm", options())).toThrow("does not fit");
});

test("words in numbers and dates that are kept go; numbers stay as they are written", () => {
  const values = ["1.50 ", "NaN", "Miller", "Dr Who"];
  const source = file([
    text(0x00080018, "UI", "1.2.3.4"),
    text(0x00080020, "DA", "Miller"),
    ...PATIENT,
    ...values.map((value, i) => text(0x00180050 + i * 0x10, "DS", value)),
  ]);
  const dates = options(["retain-full-dates"]);
  const { bytes: copy } = deidentify(source, "a.dcm", dates);
  expect(latin1(copy)).toContain("DS\x06\x001.50  ");
  expect(latin1(copy)).toContain("NaN");
  expect(latin1(copy)).not.toMatch(/Miller|Who/);
  expect(leaks(source, copy, "a.dcm", { dictionary, decodeText })).toEqual([]);
});
