/**
 * @file One finding, from the network's pixels to everything that a doctor reads: the same box, worked out by hand.
 *
 * An image of 128 x 64 goes into a network of 64 x 64: scaled by 0.5 it is 64 x 32, with 16 rows of padding above. The network reports
 * a box around (40, 30) of 16 x 12, that is x 32 to 48, y 24 to 36; in the image x 64 to 96, y (24 - 16) / 0.5 = 16 to 40. Rows are
 * 0.5 mm apart and columns 0.25 mm: 32 x 0.25 = 8 mm wide, 24 x 0.5 = 12 mm high.
 */
import { parseDataSet } from "@fovea/core/dicom/data-set";
import { itemsOf } from "@fovea/core/dicom/objects/attribute-access";
import type { Attributes } from "@fovea/core/dicom/objects/code";
import { readWritten } from "@fovea/core/dicom/objects/read-written";
import { clinicalHtml } from "@fovea/core/report/clinical-html";
import { findingsCsv } from "@fovea/core/report/csv";
import { reported } from "@fovea/core/rules/judge";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../core/test/dicom-bytes";
import type { ResultKind } from "../src/config/service-config";
import { FrameDecoder } from "../src/dicom/frame-decoder";
import { dicomImage } from "../src/dicom/read-dicom";
import { annotate } from "../src/imaging/annotate";
import type { ImageAnalysis } from "../src/inference/inference-pool";
import { buildResultObjects } from "../src/objects/build-result-objects";
import { analyzeAnswer, detectAnswer, judgedFindings } from "../src/server/detection-answer";
import type { JudgedFinding } from "../src/store/record";
import { PoolMaterial } from "./pool-material";

const [ROWS, COLUMNS] = [64, 128];
const BOX = { x1: 64, y1: 16, x2: 96, y2: 40 };
const OUTLINE = [64, 16, 96, 16, 96, 40, 64, 40];

/** Two frames, the first black, the second white. */
function file(): Uint8Array {
  const frame = ROWS * COLUMNS;
  const pixels = new Uint8Array(2 * 2 * frame).fill(0);
  for (let i = frame; i < 2 * frame; i++) pixels[2 * i] = 255;
  const extra: TestElement[] = [
    [0x00080018, "UI", "1.2.3.4.5"],
    [0x0020000d, "UI", "1.2.3"],
    [0x0020000e, "UI", "1.2.3.4"],
    [0x00280008, "IS", "2"],
    [0x00280030, "DS", "0.5\\0.25"],
    [0x00281050, "DS", "128"],
    [0x00281051, "DS", "256"],
  ];
  return dicomBytes(greyElements(ROWS, COLUMNS, pixels, extra));
}

let material: PoolMaterial;
let analysis: ImageAnalysis;
let findings: readonly JudgedFinding[];
const decoder = new FrameDecoder();
beforeAll(async () => {
  material = await PoolMaterial.make();
  const model = await material.model("one.onnx", { boxes: [[40, 30, 16, 12]] });
  const pool = await material.pool({ models: [{ file: model, conf: 0.5 }] });
  analysis = await pool.analyse({ bytes: file(), filename: "two.dcm" });
  findings = reported(judgedFindings(analysis), { reportAbove: 0.5 });
}, 120_000);
afterAll(async () => {
  await decoder.close();
  await material.remove();
});

async function object(kind: ResultKind, found: readonly JudgedFinding[], source = file()): Promise<Attributes> {
  const { model } = analysis;
  const series = [{ source: parseDataSet(source, "two.dcm"), outcome: { findings: found } }];
  const at = new Date("2026-11-26T04:05:06Z");
  for await (const made of buildResultObjects({ series, model, kinds: [kind], language: "en", at, decoder })) {
    return readWritten(made.bytes);
  }
  throw new Error(`no ${kind}`);
}

const below = (item: Attributes): Attributes[] =>
  itemsOf(item, "ContentSequence").flatMap((child) => [child, ...below(child)]);
const bytesOf = (attributes: Attributes) => new Uint8Array((attributes.PixelData as ArrayBuffer[])[0]);

/** First and last column of row `y` that is coloured, RGB. */
function coloured(rgb: Uint8Array, width: number, y: number): [first: number, last: number] {
  const columns = Array.from({ length: width }, (_, x) => x).filter((x) => {
    const at = 3 * (y * width + x);
    return rgb[at] !== rgb[at + 1] || rgb[at + 1] !== rgb[at + 2];
  });
  return [columns[0], columns[columns.length - 1]];
}

test("is in the answers of the service and in the table", () => {
  expect(findings).toHaveLength(1);
  const [found] = findings;
  expect(found).toMatchObject({ frame: 1, box: BOX, sizeMm: { width: 8, height: 12 } });
  const options = { language: "en", classNames: {} } as const;
  const { detections } = analyzeAnswer(analysis, { ...options, filename: "two.dcm" });
  expect(detections).toMatchObject([{ frame: 1, bbox: BOX, width: 32, height: 24, width_mm: 8, height_mm: 12 }]);
  const image = (frame: number) => `/frames/${frame}`;
  const detect = detectAnswer(analysis, findings, { ...options, studyId: "1", image });
  const location = { x: 64, y: 16, width: 32, height: 24 };
  expect(detect.findings).toMatchObject([{ frame: 1, image: "/frames/1", location }]);
  const row = findingsCsv({ images: analysis.images })
    .split("\r\n")
    .find((line) => line.includes("bright"));
  expect(row).toMatch(/^two\.dcm \[1\],128,64,bright,0\.\d+,64\.00,16\.00,96\.00,40\.00,32\.00,24\.00,8\.00,12\.00,$/);
  const page = clinicalHtml({ subject: "s", images: analysis.images, modelVersion: "m" });
  expect(page).toContain('<span class="at">64, 16</span>');
  expect(page).toContain('32 × 24</td><td class="number">8.0 × 12.0');
});

test("is in the report: outline, millimetres, frame counted from 1", async () => {
  const items = below(await object("sr", findings));
  const [region] = items.filter(({ ValueType }) => ValueType === "SCOORD");
  expect(region.GraphicData).toEqual([64, 16, 96, 16, 96, 40, 64, 40, 64, 16]);
  const [image] = itemsOf(region, "ContentSequence");
  expect(itemsOf(image, "ReferencedSOPSequence")[0]).toMatchObject({ ReferencedFrameNumber: "2" });
  const measured = items.flatMap((item) => {
    const [name] = itemsOf(item, "ConceptNameCodeSequence");
    const [value] = itemsOf(item, "MeasuredValueSequence");
    return value && /^(Width|Height)$/.test(String(name.CodeMeaning)) ? [[name.CodeMeaning, value.NumericValue]] : [];
  });
  expect(measured).toEqual([
    ["Width", "8"],
    ["Height", "12"],
  ]);
});

test("is in the presentation state, and in the frame it belongs to", async () => {
  const [annotation] = itemsOf(await object("gsps", findings), "GraphicAnnotationSequence");
  expect(itemsOf(annotation, "ReferencedImageSequence")[0]).toMatchObject({ ReferencedFrameNumber: "2" });
  const [graphic] = itemsOf(annotation, "GraphicObjectSequence");
  expect(graphic.GraphicData).toEqual([64, 16, 96, 16, 96, 40, 64, 40, 64, 16]);
});

test("is the mask: columns 64 to 95 of rows 16 to 39", async () => {
  const bits = bytesOf(await object("seg", [{ ...findings[0], polygon: OUTLINE }]));
  const set = Array.from({ length: ROWS * COLUMNS }, (_, i) => i).filter((i) => (bits[i >> 3] >> (i & 7)) & 1);
  expect(set).toHaveLength(32 * 24);
  const [xs, ys] = [set.map((i) => i % COLUMNS), set.map((i) => Math.floor(i / COLUMNS))];
  expect([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]).toEqual([64, 95, 16, 39]);
});

test("is drawn where it is: in a picture, in a capture that is enlarged four times, and in one made smaller", async () => {
  const { image } = await dicomImage(parseDataSet(file(), "two.dcm"), { frame: 1, decoder });
  const png = await sharp(await annotate(image, findings))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, channels } = png.info;
  const rgb = png.data.filter((_, i) => i % channels < 3);
  // A line of 2 px lies half on either side of its edge.
  expect(coloured(rgb, width, 28)).toEqual([63, 96]);

  // 128 x 64 becomes 512 x 256.
  const capture = await object("sc", findings);
  expect([capture.Columns, capture.Rows]).toEqual([512, 256]);
  expect(coloured(bytesOf(capture), 512, 4 * 28)).toEqual([4 * 64 - 1, 4 * 96]);

  // 4096 x 256 becomes 2048 x 128; a box from 1000 to 3000 one from 500 to 1500.
  const wide = dicomBytes(
    greyElements(256, 4096, new Uint8Array(2 * 256 * 4096), [
      [0x00080018, "UI", "1.2.3.4.6"],
      [0x0020000d, "UI", "1.2.3"],
      [0x0020000e, "UI", "1.2.3.4"],
    ]),
  );
  const large: JudgedFinding = { ...findings[0], frame: 0, box: { x1: 1000, y1: 60, x2: 3000, y2: 140 } };
  const small = await object("sc", [large], wide);
  expect([small.Columns, small.Rows]).toEqual([2048, 128]);
  const [left, right] = coloured(bytesOf(small), 2048, 50);
  expect(Math.abs(left - 500)).toBeLessThanOrEqual(2);
  expect(Math.abs(right - 1500)).toBeLessThanOrEqual(2);
});
