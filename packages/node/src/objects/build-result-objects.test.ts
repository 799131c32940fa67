import { parseDataSet } from "@fovea/core/dicom/data-set";
import { itemsOf } from "@fovea/core/dicom/objects/attribute-access";
import { checkObject } from "@fovea/core/dicom/objects/check-object";
import type { Attributes } from "@fovea/core/dicom/objects/code";
import { readWritten } from "@fovea/core/dicom/objects/read-written";
import { FoveaError } from "@fovea/core/errors";
import { describe, expect, test } from "vitest";
import { dicomBytes, encapsulatedPixelData, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import {
  buildResultObjects,
  MOST_CAPTURES,
  MOST_FINDINGS,
  type ResultFinding,
  type ResultObject,
  type ResultRequest,
} from "./build-result-objects";

const ROWS = 12;
const COLUMNS = 16;

/** 王^小东 in GB18030 (PS3.5 K.2). */
const CHINESE_NAME = Uint8Array.from([...Buffer.from("Wang^XiaoDong="), 0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab]);

function slice(number: number, extra: readonly TestElement[] = []): Uint8Array {
  return dicomBytes(sliceElements(number, extra));
}

function sliceElements(number: number, extra: readonly TestElement[] = []): TestElement[] {
  const pixels = new Uint8Array(2 * ROWS * COLUMNS).map((_, i) => (i % 2 === 0 ? (i * number) % 251 : 1));
  return greyElements(ROWS, COLUMNS, pixels, [
    [0x00080005, "CS", "GB18030"],
    [0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"],
    [0x00080018, "UI", `1.2.3.4.${number}`],
    [0x00080020, "DA", "20261120"],
    [0x00080030, "TM", "101500"],
    [0x00080060, "CS", "CT"],
    [0x00100010, "PN", CHINESE_NAME],
    [0x00100020, "LO", "P1"],
    [0x00100030, "DA", "1970.01.01"],
    [0x00100040, "CS", "M"],
    [0x0020000d, "UI", "1.2.3"],
    [0x0020000e, "UI", "1.2.3.4"],
    [0x00280030, "DS", "0.5\\0.25"],
    ...extra,
  ]);
}

const finding = (changed: Partial<ResultFinding> = {}): ResultFinding => ({
  classId: 0,
  className: "nodule",
  confidence: 0.9,
  box: { x1: 1.5, y1: 2.25, x2: 9, y2: 10 },
  sizeMm: { width: 1.875, height: 3.875 },
  frame: 0,
  category: { zh: "轻微", en: "mild" },
  suggestion: { zh: "复查", en: "look again" },
  rulesVersion: "3@0a1b2c3d4e5f",
  ...changed,
});

function request(changed: Partial<ResultRequest> = {}): ResultRequest {
  return {
    series: [
      { source: async () => slice(1), outcome: { findings: [finding()] } },
      { source: async () => slice(2), outcome: { findings: [] } },
    ],
    model: { modelId: "lung@0123456789ab", name: "lung", sha256: "ab".repeat(32), deviceUid: "2.25.7" },
    kinds: ["sr", "sc", "gsps", "seg"],
    language: "zh",
    at: new Date("2026-11-26T04:05:06Z"),
    classNames: { nodule: "结节" },
    ...changed,
  };
}

async function made(changed: Partial<ResultRequest> = {}): Promise<ResultObject[]> {
  const objects: ResultObject[] = [];
  for await (const object of buildResultObjects(request(changed))) objects.push(object);
  return objects;
}

const below = (item: Attributes): Attributes[] =>
  itemsOf(item, "ContentSequence").flatMap((child) => [child, ...below(child)]);
const texts = (object: ResultObject) =>
  below(readWritten(object.bytes)).flatMap(({ TextValue }) => (typeof TextValue === "string" ? [TextValue] : []));

describe("buildResultObjects", () => {
  test("shows pixels that are not square as the image says, where it gives no millimetres", async () => {
    const source = async () =>
      slice(1, [
        [0x00280030, "DS", ""],
        [0x00280034, "IS", "2\\1"],
      ]);
    const [state] = await made({ kinds: ["gsps"], series: [{ source, outcome: { findings: [finding()] } }] });
    const [area] = itemsOf(readWritten(state.bytes), "DisplayedAreaSelectionSequence");
    expect(area.PresentationPixelAspectRatio).toEqual(["2", "1"]);
    expect(area.PresentationPixelSpacing).toBeUndefined();
  });

  test("names the report whose place it takes, and never itself", async () => {
    const [first] = await made({
      kinds: ["sr"],
      series: [{ source: async () => slice(1), outcome: { findings: [] } }],
    });
    const reference = { studyUid: "1.2.3", ...first };
    const [second] = await made({ kinds: ["sr"], earlier: [reference] });
    const [predecessor] = itemsOf(readWritten(second.bytes), "PredecessorDocumentsSequence");
    expect(predecessor.StudyInstanceUID).toBe("1.2.3");
    const [series] = itemsOf(predecessor, "ReferencedSeriesSequence");
    expect(series.SeriesInstanceUID).toBe(first.seriesUid);
    expect(itemsOf(series, "ReferencedSOPSequence")[0].ReferencedSOPInstanceUID).toBe(first.sopUid);
    const [again] = await made({ kinds: ["sr"], earlier: [{ studyUid: "1.2.3", ...second }] });
    expect(again.sopUid).toBe(second.sopUid);
    expect(readWritten(again.bytes).PredecessorDocumentsSequence).toBeUndefined();
  });

  test("makes a report, a capture and a presentation state of boxes, and a segmentation where there is an outline", async () => {
    expect((await made()).map(({ kind }) => kind)).toEqual(["sr", "sc", "gsps"]);
    const outlined = finding({ polygon: [1, 2, 9, 2, 9, 10] });
    const all = await made({ series: [{ source: async () => slice(1), outcome: { findings: [outlined] } }] });
    expect(all.map(({ kind }) => kind)).toEqual(["sr", "sc", "gsps", "seg"]);
    for (const { bytes, sopUid, sopClassUid, seriesUid } of all) {
      expect(checkObject(bytes)).toEqual([]);
      expect(readWritten(bytes)).toMatchObject({
        SOPInstanceUID: sopUid,
        SOPClassUID: sopClassUid,
        SeriesInstanceUID: seriesUid,
        MediaStorageSOPInstanceUID: sopUid,
      });
    }
    expect(new Set(all.map(({ seriesUid }) => seriesUid)).size).toBe(4);
  });

  test("reads the patient's name in its own character set and writes it in UTF-8", async () => {
    const [report] = await made({ kinds: ["sr"] });
    expect(readWritten(report.bytes)).toMatchObject({
      SpecificCharacterSet: "ISO_IR 192",
      PatientName: "Wang^XiaoDong=王^小东",
    });
    expect(Buffer.from(report.bytes).includes(Buffer.from("王^小东", "utf8"))).toBe(true);
  });

  test("reads names of images that declare no character set by the one it is told, else makes up none", async () => {
    const source = async () =>
      slice(1, [
        [0x00080005, "CS", ""],
        [0x00100010, "PN", Uint8Array.of(0xcd, 0xf5, 0x5e, 0xd0, 0xa1)],
      ]);
    const nameOf = async (changed: Partial<ResultRequest>) => {
      const [report] = await made({ kinds: ["sr"], series: [{ source, outcome: { findings: [] } }], ...changed });
      return readWritten(report.bytes).PatientName;
    };
    expect(await nameOf({ defaultCharacterSet: "GB18030" })).toBe("王^小");
    expect(await nameOf({})).toBe("\uFFFD\uFFFD^\uFFFD\uFFFD");
  });

  test("leaves empty what its VR does not allow, and may be empty", async () => {
    const [report] = await made({ kinds: ["sr"] });
    expect(readWritten(report.bytes)).toMatchObject({ PatientBirthDate: "", StudyDate: "20261120" });
  });

  test("writes coordinates to float32 and says everything else in the language asked for", async () => {
    const [zh] = await made({ kinds: ["sr"] });
    const [region] = below(readWritten(zh.bytes)).filter(({ ValueType }) => ValueType === "SCOORD");
    expect(region.GraphicData).toEqual([1.5, 2.25, 9, 2.25, 9, 10, 1.5, 10, 1.5, 2.25]);
    expect(texts(zh)).toEqual(expect.arrayContaining(["轻微", "复查", expect.stringContaining("1个结节")]));
    const [en] = await made({ kinds: ["sr"], language: "en", classNames: {} });
    expect(texts(en)).toEqual(expect.arrayContaining(["mild", "look again", expect.stringContaining("1 nodule")]));
  });

  test("gives the same bytes again, and other identifiers to another result", async () => {
    const [first, again] = [await made(), await made()];
    expect(again.map(({ bytes }) => Buffer.from(bytes).toString("hex"))).toEqual(
      first.map(({ bytes }) => Buffer.from(bytes).toString("hex")),
    );
    const others = await Promise.all([
      made({
        series: [
          { source: async () => slice(1), outcome: { findings: [finding({ rulesVersion: "4@0a1b2c3d4e5f" })] } },
        ],
      }),
      made({ model: { ...request().model, sha256: "cd".repeat(32) } }),
      made({ series: [{ source: async () => slice(1), outcome: { findings: [finding({ confidence: 0.8 })] } }] }),
      made({ language: "en" }),
    ]);
    const uids = [first, ...others].flat().map(({ sopUid }) => sopUid);
    expect(new Set(uids).size).toBe(uids.length);
    // Another time alone is the same result.
    const later = await made({ at: new Date("2026-11-27T00:00:00Z") });
    expect(later.map(({ sopUid }) => sopUid)).toEqual(first.map(({ sopUid }) => sopUid));
  });

  test("gives the same identifiers whatever the record calls a finding, and whatever readers think of it", async () => {
    const of = (kept: object) => [
      { source: async () => slice(1), outcome: { findings: [finding({ polygon: [1, 2, 9, 2, 9, 10], ...kept })] } },
    ];
    const uids = async (kept: object) => (await made({ series: of(kept) })).map(({ sopUid }) => sopUid);
    const first = await uids({ findingId: "a", review: "open", studyUid: "1.2.3", modelId: "lung@0123456789ab" });
    expect(first).toHaveLength(4);
    expect(await uids({ findingId: "b", review: "rejected" })).toEqual(first);
  });

  test("makes nothing of an image again when a late image comes, but for the report", async () => {
    const polygon = [1, 2, 9, 2, 9, 10];
    const early = [2, 3].map((n) => ({ source: async () => slice(n), outcome: { findings: [finding()] } }));
    const mask = { source: async () => slice(4), outcome: { findings: [finding({ polygon })] } };
    // The late one comes before the others in the order of the series, and has another window: a state of its own.
    const late = {
      source: async () => slice(1, [[0x00280004, "CS", "MONOCHROME1"]]),
      outcome: { findings: [finding()] },
    };
    const before = await made({ series: [...early, mask] });
    const after = await made({ series: [late, ...early, mask] });
    const of = (objects: readonly ResultObject[], kind: string) =>
      objects.filter((one) => one.kind === kind).map(({ seriesUid, sopUid }) => `${seriesUid} ${sopUid}`);
    expect(of(after, "sc").slice(1)).toEqual(of(before, "sc"));
    expect(of(after, "gsps").slice(1)).toEqual(of(before, "gsps"));
    expect([of(before, "sc").length, of(after, "gsps").length]).toEqual([3, 2]);
    expect(of(after, "sr")).not.toEqual(of(before, "sr"));
    // Each lesion is tracked under the identifier that it had.
    const tracked = ([report]: readonly ResultObject[]) =>
      below(readWritten(report.bytes))
        .filter((item) => itemsOf(item, "ConceptNameCodeSequence").at(0)?.CodeValue === "112040")
        .map(({ UID }) => UID);
    expect(tracked(after).slice(1)).toEqual(tracked(before));
    expect(new Set(tracked(after)).size).toBe(4);
  });

  test("says of each capture below which confidence nothing is drawn, in its picture too", async () => {
    const captured = async (threshold?: number) => {
      const series = [{ source: async () => slice(1), outcome: { findings: [finding()], threshold } }];
      const [capture] = await made({ kinds: ["sc"], series });
      return { ...capture, values: readWritten(capture.bytes) };
    };
    const [quarter, half, unknown] = [await captured(0.25), await captured(0.5), await captured()];
    expect(quarter.values.DerivationDescription).toMatch(/8 bit, confidence threshold 0\.25$/);
    expect(unknown.values.DerivationDescription).toMatch(/8 bit$/);
    expect(new Set([quarter.sopUid, half.sopUid, unknown.sopUid]).size).toBe(3);
    const pixels = ({ values }: typeof half) => Buffer.from((values.PixelData as ArrayBuffer[])[0]);
    // The text in the footer; nothing else is another.
    const { Columns: width, Rows: height } = half.values as { Columns: number; Rows: number };
    const footer = 3 * width * (height - Math.ceil(1.6 * Math.max(10, 0.016 * width)) - 1);
    expect(pixels(quarter).subarray(0, footer).equals(pixels(half).subarray(0, footer))).toBe(true);
    expect(pixels(quarter).equals(pixels(half))).toBe(false);
  });

  test("names for each finding the rules that it was judged by", async () => {
    const findings = [finding({ rulesVersion: "1@000000000000" }), finding({ rulesVersion: "2@111111111111" })];
    const unjudged = finding({ rulesVersion: undefined, category: undefined, suggestion: undefined });
    const series = [{ source: async () => slice(1), outcome: { findings: [...findings, unjudged] } }];
    const [report] = await made({ kinds: ["sr"], series });
    const groups = below(readWritten(report.bytes)).filter(
      (item) => itemsOf(item, "ConceptNameCodeSequence").at(0)?.CodeValue === "125007",
    );
    const rulesOf = (group: Attributes) =>
      below(group).flatMap(({ TextValue }) => (String(TextValue).startsWith("rules ") ? [TextValue] : []));
    expect(groups.map(rulesOf)).toEqual([["rules 1@000000000000"], ["rules 2@111111111111"], []]);
  });

  test.each<[language: "zh" | "en", conclusion: string]>([
    ["zh", "未检测到明显病灶。2幅图像中有1幅未能分析或未能完整分析。"],
    ["en", "No evident lesion detected. 1 of 2 images could not be analysed, or not all of them."],
  ])("ends the sentence about no findings before the one about failures (%s)", async (language, conclusion) => {
    const series = [
      { source: async () => slice(1), outcome: { findings: [] } },
      { source: async () => slice(2), outcome: { failure: "timed out" } },
    ];
    expect(texts((await made({ series, kinds: ["sr"], language }))[0])).toContain(conclusion);
  });

  // What archives hold, one at a time: each is left out, and the result is made all the same.
  test.each<[what: string, element: TestElement, keyword: string, left: unknown]>([
    ["a slice thickness with its unit", [0x00180050, "DS", "5 mm"], "PatientID", "P1"],
    ["a position of letters", [0x00200032, "DS", "a\\b\\c"], "PatientID", "P1"],
    ["an orientation cut short", [0x00200037, "DS", "1\\0\\"], "PatientID", "P1"],
    ["an aspect ratio of words", [0x00280034, "IS", "one\\two"], "PatientID", "P1"],
    ["a frame of reference with a letter", [0x00200052, "UI", "1.2.x"], "FrameOfReferenceUID", undefined],
    ["an identifier with a tab", [0x00100020, "LO", "P\t1"], "PatientID", "P1"],
    ["an identifier of 65 letters", [0x00100020, "LO", "P".repeat(65)], "PatientID", ""],
    ["a name of 65 letters", [0x00100010, "PN", "N".repeat(65)], "PatientName", ""],
    ["a name with a line break", [0x00100010, "PN", "Li^\nMing"], "PatientName", "Li^Ming"],
    ["an instance number that is none", [0x00200013, "IS", "first"], "PatientID", "P1"],
  ])("reports in spite of %s", async (_, element, keyword, left) => {
    const outcome = { findings: [finding({ polygon: [1, 2, 9, 2, 9, 10] })] };
    const objects = await made({ series: [{ source: async () => slice(1, [element]), outcome }] });
    expect(objects.map(({ kind }) => kind)).toEqual(["sr", "sc", "gsps", "seg"]);
    for (const { bytes } of objects) {
      expect(checkObject(bytes)).toEqual([]);
      expect(readWritten(bytes)[keyword]).toBe(left);
    }
  });

  test.each<[what: string, elements: readonly TestElement[], lossy: object]>([
    ["a ratio that is none", [[0x00282112, "DS", "10:1"]], { LossyImageCompressionRatio: undefined }],
    ["a method that is none", [[0x00282114, "CS", "JPEG-LOSSY"]], { LossyImageCompressionMethod: undefined }],
    [
      "two steps",
      [
        [0x00282112, "DS", "10\\5"],
        [0x00282114, "CS", "ISO_10918_1\\ISO_15444_1"],
      ],
      {
        LossyImageCompressionRatio: ["10", "5"],
        LossyImageCompressionMethod: ["ISO_10918_1", "ISO_15444_1"],
      },
    ],
  ])("tells of lossy compression before it, of %s", async (_, elements, lossy) => {
    const source = async () => slice(1, [[0x00282110, "CS", "01"], ...elements]);
    const [capture] = await made({ kinds: ["sc"], series: [{ source, outcome: { findings: [finding()] } }] });
    expect(checkObject(capture.bytes)).toEqual([]);
    expect(readWritten(capture.bytes)).toMatchObject({ LossyImageCompression: "01" });
    for (const [keyword, value] of Object.entries(lossy)) expect(readWritten(capture.bytes)[keyword]).toEqual(value);
  });

  test("knows JPEG for lossy where the image does not say so", async () => {
    const head = dicomBytes(sliceElements(1).slice(0, -1), { transferSyntax: "1.2.840.10008.1.2.4.50" });
    const bytes = Buffer.concat([head, encapsulatedPixelData([new Uint8Array(2)])]);
    const outcome = { findings: [finding({ polygon: [1, 2, 9, 2, 9, 10] })] };
    const [masks] = await made({ kinds: ["seg"], series: [{ source: async () => bytes, outcome }] });
    expect(readWritten(masks.bytes)).toMatchObject({
      LossyImageCompression: "01",
      LossyImageCompressionMethod: "ISO_10918_1",
    });
  });

  test("shifts the presentation's window with an intercept that comes without a slope, as the analysis does", async () => {
    const source = async () => slice(1, [[0x00281052, "DS", "-1024"]]);
    const [state] = await made({ kinds: ["gsps"], series: [{ source, outcome: { findings: [finding()] } }] });
    expect(readWritten(state.bytes)).toMatchObject({ RescaleIntercept: "-1024", RescaleSlope: "1" });
  });

  test("says of a capture that its pixels are twice as high as wide, where those of the image are", async () => {
    // Pixel spacing 0.5 \ 0.25 mm: rows are 0.5 mm apart.
    const [capture] = await made({ kinds: ["sc"] });
    const [height, width] = readWritten(capture.bytes).PixelAspectRatio as [string, string];
    expect(Number(height) / Number(width)).toBe(2);
  });

  test("shortens an outline of more points than a value has room for, and keeps it closed", async () => {
    const points = Array.from({ length: 9000 }, (_, i) => (2 * Math.PI * i) / 9000);
    const polygon = points.flatMap((angle) => [8 + 4 * Math.cos(angle), 6 + 4 * Math.sin(angle)]);
    const objects = await made({
      series: [{ source: async () => slice(1), outcome: { findings: [finding({ polygon })] } }],
    });
    expect(objects.map(({ kind }) => kind)).toEqual(["sr", "sc", "gsps", "seg"]);
    const [region] = below(readWritten(objects[0].bytes)).filter(({ ValueType }) => ValueType === "SCOORD");
    const data = region.GraphicData as number[];
    // Every second of 9000 points, and the first again: 8 bytes each, at most 65534.
    expect(data).toHaveLength(2 * 4501);
    expect([data.at(-2), data.at(-1)]).toEqual([data[0], data[1]]);
  });

  test("reads one image at a time", async () => {
    let open = 0;
    let most = 0;
    const source = (number: number) => async () => {
      most = Math.max(most, ++open);
      await new Promise((done) => setTimeout(done, 1));
      open--;
      return slice(number);
    };
    const series = [1, 2, 3, 4].map((n) => ({ source: source(n), outcome: { findings: [finding()] } }));
    expect((await made({ series })).filter(({ kind }) => kind === "sc")).toHaveLength(4);
    expect(most).toBe(1);
  });

  test("without findings makes a report alone, which says so", async () => {
    const objects = await made({ series: [{ source: async () => slice(1), outcome: { findings: [] } }] });
    expect(objects.map(({ kind }) => kind)).toEqual(["sr"]);
    expect(texts(objects[0])).toContain("未检测到明显病灶");
  });

  test("reports images that failed, readable or not, without losing what was found in the others", async () => {
    const series = [
      { source: async () => slice(1), outcome: { findings: [finding()] } },
      { source: async () => slice(2), outcome: { failure: "timed out" } },
      { source: async () => new Uint8Array(10), outcome: { failure: "no DICOM" } },
    ];
    const [report] = await made({ series, kinds: ["sr"] });
    expect(readWritten(report.bytes)).toMatchObject({ CompletionFlag: "PARTIAL" });
    expect(texts(report).join()).toContain("3幅图像中有2幅未能");
    expect(texts(report).join()).toContain("1个结节");
  });

  test("does not report without an image that failed whose file is only away at the moment", async () => {
    const unread = (code: "files_unavailable" | "file_not_found") => async () => {
      throw new FoveaError(code, "a file of the record");
    };
    const series = (code: Parameters<typeof unread>[0]) => [
      { source: async () => slice(1), outcome: { findings: [finding()] } },
      { source: unread(code), outcome: { failure: "timed out" } },
    ];
    await expect(made({ series: series("files_unavailable") })).rejects.toMatchObject({ code: "files_unavailable" });
    const [report] = await made({ series: series("file_not_found"), kinds: ["sr"] });
    expect(texts(report).join()).toContain("2幅图像中有1幅未能");
  });

  test("does not read a failed image of more elements than the analysis reads: the others are reported", async () => {
    // Private elements without value, 8 bytes each, from (0029,0000) upward: with the image's own, more than 600,000.
    const count = 600_000;
    const many = new DataView(new ArrayBuffer(8 * count));
    for (let i = 0; i < count; i++) {
      many.setUint16(8 * i, 0x0029 + 2 * Math.floor(i / 0x10000), true);
      many.setUint16(8 * i + 2, i % 0x10000, true);
      many.setUint32(8 * i + 4, 0x00005355, true); // "US", no value
    }
    const elements = sliceElements(2);
    const head = dicomBytes(elements.slice(0, -1));
    const pixels = dicomBytes(elements.slice(-1), { header: false });
    const bytes = Buffer.concat([head, Buffer.from(many.buffer), pixels]);
    const series = [
      { source: async () => slice(1), outcome: { findings: [finding()] } },
      { source: async () => bytes, outcome: { failure: "invalid_dicom: too many elements" } },
    ];
    const [report] = await made({ series, kinds: ["sr"] });
    const written = readWritten(report.bytes);
    expect(written).toMatchObject({ CompletionFlag: "PARTIAL" });
    expect(texts(report).join()).toContain("2幅图像中有1幅未能");
    const referred = itemsOf(written, "CurrentRequestedProcedureEvidenceSequence")
      .flatMap((study) => itemsOf(study, "ReferencedSeriesSequence"))
      .flatMap((one) => itemsOf(one, "ReferencedSOPSequence"));
    expect(referred.map(({ ReferencedSOPInstanceUID: uid }) => uid)).toEqual(["1.2.3.4.1"]);
  });

  test("refuses a finding outside of its image or in a frame that it has not", async () => {
    const outside = (changed: Partial<ResultFinding>) =>
      made({ series: [{ source: async () => slice(1), outcome: { findings: [finding(changed)] } }] });
    await expect(outside({ box: { x1: 1, y1: 1, x2: COLUMNS + 1, y2: 5 } })).rejects.toThrow("another image");
    await expect(outside({ frame: 1 })).rejects.toThrow("frame 1 of an image of 1");
    // A rounding error is none.
    const [report] = await outside({ box: { x1: -0.001, y1: 1, x2: COLUMNS + 0.001, y2: 5 } });
    expect(checkObject(report.bytes)).toEqual([]);
  });

  test("refuses a series in which nothing can be referred to", async () => {
    const series = [{ source: async () => new Uint8Array(10), outcome: { failure: "no DICOM" } }];
    await expect(made({ series })).rejects.toThrow("none of 1 images");
  });

  test("refuses images of two studies in one result", async () => {
    const series = [slice(1), slice(2, [[0x0020000d, "UI", "1.2.99"]])].map((bytes) => ({
      source: async () => bytes,
      outcome: { findings: [] },
    }));
    await expect(made({ series })).rejects.toThrow("several studies");
  });

  test("reads again only the images that it draws", async () => {
    const reads = new Map<number, number>();
    const series = Array.from({ length: MOST_CAPTURES + 2 }, (_, i) => ({
      source: async () => {
        reads.set(i, (reads.get(i) ?? 0) + 1);
        return slice(i + 1);
      },
      outcome: { findings: [finding({ confidence: i < 2 ? 0.1 : 0.9 })] },
    }));
    await made({ series, kinds: ["sc"] });
    expect([...reads.values()]).toEqual([1, 1, ...new Array(MOST_CAPTURES).fill(2)]);
  });

  test("is not misled by classes that are called as members of objects are", async () => {
    const series = [{ source: async () => slice(1), outcome: { findings: [finding({ className: "constructor" })] } }];
    const [report] = await made({ series, kinds: ["sr"], classCodes: {} });
    expect(texts(report).join()).toContain("1个constructor");
  });

  test("draws no more captures than it says, those of the most confident findings, in the order of the images", async () => {
    const count = MOST_CAPTURES + 4;
    const series = Array.from({ length: count }, (_, i) => ({
      source: async () => slice(i + 1),
      outcome: { findings: [finding({ confidence: i < 4 ? 0.1 : 0.9 })] },
    }));
    const captures = (await made({ series, kinds: ["sc"] })).map(({ bytes }) => readWritten(bytes));
    const sources = captures.map((one) => itemsOf(one, "SourceImageSequence")[0].ReferencedSOPInstanceUID);
    expect(sources).toEqual(Array.from({ length: MOST_CAPTURES }, (_, i) => `1.2.3.4.${i + 5}`));
  });

  test("lists no more findings than it says, and tells how many it left out", async () => {
    const findings = Array.from({ length: MOST_FINDINGS + 3 }, (_, i) => finding({ confidence: i < 3 ? 0.1 : 0.9 }));
    const [report] = await made({ series: [{ source: async () => slice(1), outcome: { findings } }], kinds: ["sr"] });
    const groups = below(readWritten(report.bytes)).filter(({ ValueType }) => ValueType === "SCOORD");
    expect(groups).toHaveLength(MOST_FINDINGS);
    expect(texts(report).join()).toContain("另有3处置信度更低者未列入");
  });

  test("keeps the digits of a model's version, however long its name is", async () => {
    const name = "m".repeat(80);
    const model = { ...request().model, name, modelId: `${name}@0123456789ab` };
    const [report] = await made({ kinds: ["sr"], model });
    expect(readWritten(report.bytes).DeviceSerialNumber).toBe(`${"m".repeat(51)}@0123456789ab`);
  });

  test("tells the time as the images do", async () => {
    const source = parseDataSet(slice(1, [[0x00080201, "SH", "+0800"]]), "slice");
    const [report] = await made({ series: [{ source, outcome: { findings: [] } }], kinds: ["sr"] });
    expect(readWritten(report.bytes)).toMatchObject({
      TimezoneOffsetFromUTC: "+0800",
      ContentDate: "20261126",
      ContentTime: "120506",
    });
  });

  test("names classes by the codes that are given, else by the private scheme", async () => {
    const classCodes = { nodule: { value: "27925004", scheme: "SCT", meaning: "Nodule" } };
    const codeOf = async (changed: Partial<ResultRequest>) => {
      const [report] = await made({ ...changed, kinds: ["sr"] });
      const named = below(readWritten(report.bytes)).find(
        (item) => itemsOf(item, "ConceptNameCodeSequence").at(0)?.CodeValue === "121071",
      );
      return itemsOf(named ?? {}, "ConceptCodeSequence")[0];
    };
    expect(await codeOf({ classCodes })).toMatchObject({ CodeValue: "27925004", CodingSchemeDesignator: "SCT" });
    expect(await codeOf({})).toMatchObject({
      CodeValue: "nodule",
      CodingSchemeDesignator: "99FOVEA",
      CodeMeaning: "结节",
    });
  });

  test("burns the box into the capture: red where its line runs, the image elsewhere", async () => {
    const [capture] = await made({ kinds: ["sc"] });
    const { PixelData, Rows, Columns } = readWritten(capture.bytes);
    // 16 x 12 pixels are enlarged 32 times.
    expect([Columns, Rows]).toEqual([512, 384]);
    const rgb = new Uint8Array((PixelData as [ArrayBuffer])[0]);
    const at = (x: number, y: number) => [...rgb.subarray(3 * (y * 512 + x), 3 * (y * 512 + x) + 3)];
    // The left edge at 1.5 px, half way down; #ff4b4b is the colour of the first class.
    expect(at(48, 192)).toEqual([0xff, 0x4b, 0x4b]);
    const [red, green, blue] = at(400, 192);
    expect(red === green && green === blue).toBe(true);
  });
});
