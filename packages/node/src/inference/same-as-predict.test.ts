/**
 * @file The pool finds what `fovea predict` finds: same file, same model, same numbers.
 */
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { dicomBytes, encapsulatedPixelData, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { PoolMaterial } from "../../test/pool-material";
import type { ModelConfig } from "../config/service-config";
import { predict } from "../predict/predict";
import { imageJson, type PredictedImage } from "../predict/predicted-image";

let material: PoolMaterial;
beforeEach(async () => {
  material = await PoolMaterial.make();
});
afterEach(() => material.remove());

/** Images as `findings.json` has them, of each file. */
async function predicted(files: readonly string[], { file, ...wishes }: ModelConfig): Promise<PredictedImage[]> {
  const out = join(material.folder, "out");
  const { conf, iou, imgsz } = wishes;
  await predict({ model: file, sources: files, out, pictures: false, page: false, threads: 1, conf, iou, imgsz });
  const { images } = JSON.parse(await readFile(join(out, "findings.json"), "utf8"));
  // The pool tells the sum of the file's bytes once, beside its images.
  return images.map(({ sha256, ...image }: PredictedImage) => image);
}

/** The same by the pool, all at once. */
async function analysed(files: readonly string[], model: ModelConfig): Promise<PredictedImage[]> {
  const pool = await material.pool({ models: [model] });
  const answers = await Promise.all(
    files.map(async (file) => pool.analyse({ bytes: await readFile(file), filename: file })),
  );
  return answers.flatMap(({ images }) => images).map((image) => JSON.parse(imageJson(image)));
}

async function put(name: string, bytes: Uint8Array): Promise<string> {
  const file = join(material.folder, name);
  await writeFile(file, bytes);
  return file;
}

const BITS8: readonly TestElement[] = [
  [0x00280100, "US", [8]],
  [0x00280101, "US", [8]],
  [0x00280102, "US", [7]],
];

/** One file of every kind that is read. */
async function everyKind(): Promise<string[]> {
  const noise = { type: "gaussian", mean: 200, sigma: 20 } as const;
  const colour = sharp({ create: { width: 100, height: 50, channels: 3, background: "black", noise } });
  const values = Uint16Array.from({ length: 3 * 64 * 64 }, (_, i) => 2000 + Math.floor(i / 64));
  const grey = Uint8Array.from({ length: 64 * 32 }, (_, i) => 100 + (i % 64));
  const jpeg = await sharp(grey, { raw: { width: 64, height: 32, channels: 1 } })
    .toColourspace("b-w")
    .jpeg()
    .toBuffer();
  const dark = sharp(new Uint16Array(64 * 64).fill(4095), { raw: { width: 64, height: 64, channels: 1 } });
  const head = dicomBytes(greyElements(32, 64, new Uint8Array(), BITS8).slice(0, -1), {
    transferSyntax: "1.2.840.10008.1.2.4.50",
  });
  const spacing: TestElement = [0x00280030, "DS", "2\\0.5"];
  const scan = greyElements(64, 64, new Uint8Array(values.buffer, 0, 2 * 64 * 64), [spacing]);
  const frames = greyElements(64, 64, new Uint8Array(values.buffer), [[0x00280008, "IS", "3"]]);
  return Promise.all([
    put("a.png", await colour.clone().png().toBuffer()),
    put("b.jpg", await colour.clone().jpeg().toBuffer()),
    put("c.tif", await colour.clone().tiff().toBuffer()),
    put("d.bmp", bitmap(40, 30, 180)),
    put("e.png", await dark.toColourspace("grey16").png().toBuffer()),
    put("f.dcm", dicomBytes(scan)),
    put("g.dcm", dicomBytes(frames)),
    put("h.dcm", Buffer.concat([head, encapsulatedPixelData([jpeg])])),
  ]);
}

/** A BMP of 24 bits, one grey level. */
function bitmap(width: number, height: number, level: number): Buffer {
  const bytes = Buffer.alloc(54 + 3 * width * height, level);
  bytes.fill(0, 0, 54).write("BM");
  for (const [at, value] of [
    [2, bytes.length],
    [10, 54],
    [14, 40],
    [18, width],
    [22, height],
  ]) {
    bytes.writeUInt32LE(value, at);
  }
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

describe("the pool and fovea predict", () => {
  test("agree on files of every kind: findings, millimetres, frames, warnings", async () => {
    const files = await everyKind();
    const model = { file: await material.model("bright.onnx") };
    const found = await analysed(files, model);
    expect(found).toEqual(await predicted(files, model));
    expect(found.map(({ file, frame }) => [basename(file), frame])).toEqual([
      ...["a.png", "b.jpg", "c.tif", "d.bmp", "e.png", "f.dcm"].map((name) => [name, undefined]),
      ...[0, 1, 2].map((frame) => ["g.dcm", frame]),
      ["h.dcm", undefined],
    ]);
    // The middle 16 of 64 pixels, 0.5 mm to the right and 2 mm down.
    expect(found[5].findings[0].sizeMm).toEqual({ width: 8, height: 32 });
    expect(found[4].warnings?.[0]).toContain("12 bits are used");
  });

  test("agree on the letterbox where the model leaves its size open, and on the settings", async () => {
    const files = await everyKind();
    const model = { file: await material.model("open.onnx", { open: true }), imgsz: 96, conf: 0.6, iou: 0.3 };
    expect(await analysed(files, model)).toEqual(await predicted(files, model));
  });

  test("agree on the operating point that the model keeps", async () => {
    const point = { threshold: 0.75, fpPerScan: 0.5, sensitivity: 0.9, rule: "fp=0.5" };
    const metadata = { names: "{0: 'bright'}", stride: "32", operating_point: JSON.stringify(point) };
    const files = await everyKind();
    const model = { file: await material.model("point.onnx", { metadata }) };
    const found = await analysed(files, model);
    expect(found).toEqual(await predicted(files, model));
    const confidences = found.flatMap(({ findings }) => findings.map(({ confidence }) => confidence));
    expect(Math.min(...confidences)).toBeGreaterThanOrEqual(0.75);
    expect(found.some(({ findings }) => findings.length === 0)).toBe(true);
  });

  test.runIf(sharedAvailable)("agree on real cells and a real network, from weights", async () => {
    const list = await readFile(sharedPath("data/det_bccd/yolo_val.txt"), "utf8");
    const files = list.split("\n").filter(Boolean).slice(0, 6);
    const paths = files.map((file) => sharedPath(join("data/det_bccd", file.trim())));
    const model = { file: sharedPath("reference/yolo/bccd-yolov8n.pt") };
    const found = await analysed(paths, model);
    expect(found).toEqual(await predicted(paths, model));
    expect(found.flatMap(({ findings }) => findings).length).toBeGreaterThan(20);
  });
});
