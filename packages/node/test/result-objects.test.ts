/**
 * @file Result objects of public images, judged by others: dciodvfy (dicom3tools) by PS3.3, dsrdump and dcmdump (DCMTK) by
 * reading them.
 *
 * Images whose own identifiers are not valid are left out: whatever refers to them is not valid either.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DataSet, parseDataSet } from "@fovea/core/dicom/data-set";
import { readImagePixel } from "@fovea/core/dicom/pixel-data";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { dicomBytes, greyElements, type TestElement } from "../../core/test/dicom-bytes";
import type { ResultKind } from "../src/config/service-config";
import { FrameDecoder } from "../src/dicom/frame-decoder";
import { buildResultObjects, type ResultObject } from "../src/objects/build-result-objects";
import type { JudgedFinding } from "../src/store/record";

const PATIENCE = 120_000;

/** The program's path, if it is installed. */
const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const reason = !sharedAvailable ? " (the reference material is absent)" : "";
const withoutTool = (program: string) => (has(program) ? "" : ` (${program} is not installed)`);

/** What is in them, and in what character set. */
const SOURCES = [
  ["CT", "pydicom/test_files/CT_small.dcm"],
  ["MR", "pydicom/test_files/MR_small.dcm"],
  ["CR", "panimg/dicom_2d/cxr.dcm"],
  ["CR, JPEG 2000", "pydicom-data/data/RG1_J2KI.dcm"],
  ["film of a breast, JPEG of 12 bit", "robyoung/WG04/JPLY/MG1_JPLY"],
  ["US of several frames, in colour", "pydicom/test_files/examples_ybr_color.dcm"],
  ["US, RLE in colour", "robyoung/WG04/RLE/US1_RLE"],
  ["enhanced MR of several frames", "pydicom-data/data/emri_small.dcm"],
  ["enhanced CT", "pydicom-data/data/eCT_Supplemental.dcm"],
  ["a Japanese patient, ISO 2022", "pydicom/charset_files/chrH31.dcm"],
  ["a Korean patient, ISO 2022", "pydicom/charset_files/chrI2.dcm"],
  ["a Chinese patient, GB18030", "pydicom/charset_files/chrX2.dcm"],
] as const;

/** Names as PS3.5 annexes H to K give them. */
const NAMES = [
  ["chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"],
  ["chrH32.dcm", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"],
  ["chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"],
  ["chrX1.dcm", "Wang^XiaoDong=王^小東="],
  ["chrX2.dcm", "Wang^XiaoDong=王^小东="],
] as const;

const ALL: readonly ResultKind[] = ["sr", "sc", "gsps", "seg"];

const decoder = new FrameDecoder();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-objects-"));
});
afterAll(async () => {
  await decoder.close();
  await rm(folder, { recursive: true, force: true });
});

/** Boxes at quarters of the image's sides, in the first and the last frame; the second has an outline. */
function findingsOf(rows: number, columns: number, frames: number): JudgedFinding[] {
  const box = { x1: columns / 4, y1: rows / 4, x2: columns / 2, y2: (3 * rows) / 4 };
  const outline = [box.x1, box.y1, box.x2, box.y1, box.x2, box.y2];
  const one = { classId: 0, className: "nodule", confidence: 0.8125, box, sizeMm: { width: 12.5, height: 7.25 } };
  const said = {
    category: { zh: "中度", en: "moderate" },
    suggestion: { zh: "三个月后复查", en: "again in 3 months" },
    rulesVersion: "3@0a1b2c3d4e5f",
  };
  return [0, frames - 1].flatMap((frame) => [
    { ...one, ...said, frame },
    { ...one, frame, className: "肿块", polygon: outline },
  ]);
}

type Outcome = Parameters<typeof buildResultObjects>[0]["series"][number]["outcome"];

async function objectsOf(path: string, kinds: readonly ResultKind[] = ALL, outcome?: Outcome): Promise<ResultObject[]> {
  const source = parseDataSet(readFileSync(sharedPath(`data/dicom/${path}`)), path);
  const { rows, columns, frames } = readImagePixel(source);
  return builtOf(source, kinds, outcome ?? { findings: findingsOf(rows, columns, frames) });
}

async function builtOf(source: DataSet, kinds: readonly ResultKind[], outcome: Outcome): Promise<ResultObject[]> {
  const objects: ResultObject[] = [];
  for await (const object of buildResultObjects({
    series: [{ source, outcome }],
    model: { modelId: "lung@0123456789ab", name: "lung", sha256: "ab".repeat(32), deviceUid: "2.25.7" },
    kinds,
    language: "zh",
    at: new Date("2026-11-26T04:05:06Z"),
    classNames: { nodule: "结节" },
    decoder,
  })) {
    objects.push(object);
  }
  return objects;
}

async function saved(object: ResultObject): Promise<string> {
  const path = join(folder, `${object.sopUid}.dcm`);
  await writeFile(path, object.bytes);
  return path;
}

function said(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
  return stdout + stderr;
}

describe.skipIf(!sharedAvailable || !has("dciodvfy"))(`dciodvfy${reason}${withoutTool("dciodvfy")}`, () => {
  test.each(SOURCES)("finds no error in the objects of %s", { timeout: PATIENCE }, async (_, path) => {
    const objects = await objectsOf(path);
    expect(new Set(objects.map(({ kind }) => kind))).toEqual(new Set(["sr", "sc", "gsps", "seg"]));
    for (const object of objects) {
      const lines = said("dciodvfy", [await saved(object)]).split("\n");
      expect(lines.filter((line) => /^Error/.test(line))).toEqual([]);
      // It names the kind of object that it judged.
      expect(lines.some((line) => /^(Comprehensive3DSR|SCImage|.*PresentationState|Segmentation)/.test(line))).toBe(
        true,
      );
    }
  });
});

describe.skipIf(!sharedAvailable || !has("dciodvfy"))(`dciodvfy${reason}${withoutTool("dciodvfy")}`, () => {
  test.each<[string, Outcome]>([
    ["without findings", { findings: [] }],
    ["of an image that failed", { failure: "timed out" }],
  ])("finds no error in a report %s", { timeout: PATIENCE }, async (_, outcome) => {
    const [report, ...others] = await objectsOf("pydicom/test_files/CT_small.dcm", ALL, outcome);
    expect(others).toEqual([]);
    expect(said("dciodvfy", [await saved(report)])).not.toMatch(/^Error/m);
  });
});

/** A slice of 16 x 16 pixels whose tables have 8 bits, and whose pixels are not square. */
function tabled(): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, i) => i);
  const lut: TestElement[] = [
    [0x00283002, "US", [256, 0, 8]],
    [0x00283006, "OW", table],
  ];
  return dicomBytes(
    greyElements(16, 16, new Uint8Array(2 * 16 * 16), [
      [0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.1"],
      [0x00080018, "UI", "1.2.3.4.1"],
      [0x00080060, "CS", "CR"],
      [0x0020000d, "UI", "1.2.3"],
      [0x0020000e, "UI", "1.2.3.4"],
      [0x00181164, "DS", "0.5\\0.25"],
      [0x00283000, "SQ", [[...lut.slice(0, 1), [0x00283004, "LO", "US"], ...lut.slice(1)]]],
      [0x00283010, "SQ", [lut]],
    ]),
  );
}

describe.skipIf(!has("dciodvfy"))(`dciodvfy${withoutTool("dciodvfy")}`, () => {
  test("finds no error in objects of an image with tables of 8 bits, a long outline, and findings of two rule files", {
    timeout: PATIENCE,
  }, async () => {
    const angles = Array.from({ length: 9000 }, (_, i) => (2 * Math.PI * i) / 9000);
    const polygon = angles.flatMap((angle) => [8 + 4 * Math.cos(angle), 8 + 4 * Math.sin(angle)]);
    const [one, outlined] = findingsOf(16, 16, 1);
    const findings = [
      { ...one, rulesVersion: "4@111111111111" },
      { ...outlined, polygon },
    ];
    const objects = await builtOf(parseDataSet(tabled(), "tabled"), ALL, { findings });
    expect(objects.map(({ kind }) => kind)).toEqual(ALL);
    for (const object of objects) expect(said("dciodvfy", [await saved(object)])).not.toMatch(/^Error/m);
  });
});

describe.skipIf(!sharedAvailable || !has("dsrdump"))(`dsrdump${reason}${withoutTool("dsrdump")}`, () => {
  test.each(SOURCES)("reads the findings of %s with their coordinates", { timeout: PATIENCE }, async (_, path) => {
    const [report] = await objectsOf(path, ["sr"]);
    const source = parseDataSet(readFileSync(sharedPath(`data/dicom/${path}`)), path);
    const { rows, columns, frames } = readImagePixel(source);
    const tree = said("dsrdump", ["+Pl", "+Pu", await saved(report)]);
    const corners = (values: readonly number[]) =>
      Array.from({ length: values.length / 2 }, (_, i) => `${values[2 * i]}/${values[2 * i + 1]}`).join(",");
    for (const { box, polygon } of findingsOf(rows, columns, frames)) {
      const { x1, y1, x2, y2 } = box;
      const points = polygon ? [...polygon, x1, y1] : [x1, y1, x2, y1, x2, y2, x1, y2, x1, y1];
      expect(tree).toContain(`(POLYLINE,${corners(points)})`);
    }
    expect(tree.match(/CONTAINER:\(,,"Measurement Group"\)/g)).toHaveLength(4);
    expect(tree).toContain('NUM:(,,"Certainty of Finding")="81.25" (%,UCUM,"Percent")');
    expect(tree).toContain('TEXT:(,,"Recommendation")="三个月后复查"');
    expect(tree).toContain("All algorithms succeeded; with findings");
    if (frames > 1) expect(tree).toMatch(new RegExp(`selected from IMAGE:=\\([^)]*,${frames}\\)`));
  });
});

describe.skipIf(!sharedAvailable || !has("dcmdump"))(`dcmdump${reason}${withoutTool("dcmdump")}`, () => {
  test.each(NAMES)("reads the name of %s in UTF-8", { timeout: PATIENCE }, async (file, name) => {
    const [report] = await objectsOf(`pydicom/charset_files/${file}`, ["sr"]);
    const dump = said("dcmdump", ["+P", "0010,0010", "+P", "0008,0005", await saved(report)]);
    expect(dump).toContain("[ISO_IR 192]");
    expect(dump.normalize()).toContain(`[${name}]`.normalize());
  });
});
