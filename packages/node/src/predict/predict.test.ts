import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dicomBytes, greyElements } from "../../../core/test/dicom-bytes";
import { type Boxes, brightDetector } from "../../test/bright-detector";
import { readImage } from "../imaging/read-image";
import { type PredictOptions, predict } from "./predict";
import type { PredictedImage } from "./predicted-image";

let folder: string;
let model: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-predict-"));
  model = join(folder, "model.onnx");
  out = join(folder, "out");
  await writeFile(model, brightDetector());
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A grey picture of one level, in whatever format the name's ending says. */
async function picture(name: string, { width = 100, height = 50, level = 204 } = {}): Promise<string> {
  const file = join(folder, name);
  await mkdir(join(file, ".."), { recursive: true });
  const background = { r: level, g: level, b: level };
  await sharp({ create: { width, height, channels: 3, background } }).toFile(file);
  return file;
}

interface Written {
  readonly model: string;
  readonly imgsz: number;
  readonly conf: number;
  readonly iou: number;
  readonly images: readonly PredictedImage[];
  readonly summary: Readonly<Record<string, unknown>>;
}

async function run(sources: readonly string[], options: Partial<PredictOptions> = {}): Promise<Written> {
  await predict({ model, sources, out, threads: 1, ...options });
  return JSON.parse(await readFile(join(out, "findings.json"), "utf8"));
}

describe("predict", () => {
  test("writes findings, a table, pictures and a page", async () => {
    const file = await picture("chest.jpg");
    const written = await run([file]);
    // The graph takes 64 x 64, whatever is asked for.
    expect(written).toMatchObject({ model, imgsz: 64, conf: 0.25, iou: 0.7 });
    expect(written.summary).toMatchObject({ files: 1, filesWithFindings: 1, findings: 1, failures: 0 });
    const [image] = written.images;
    expect(image).toMatchObject({
      ...{ file, width: 100, height: 50 },
      ...{ annotated: "annotated/chest.jpg", sideBySide: "sidebyside/chest.jpg" },
    });
    const [finding] = image.findings;
    expect(finding).toMatchObject({ classId: 0, className: "bright" });
    // 100 x 50 fills 64 x 32 of 64 x 64, the rest is 114: mean (204 + 114) / 2 / 255. JPEG may be a level off.
    expect(finding.confidence).toBeCloseTo((204 + 114) / 2 / 255, 2);
    // 24 ... 40 of the input, 16 px of it above the image, at 0.64 px of the input per pixel.
    expect(finding.box).toEqual({ x1: 37.5, y1: 12.5, x2: 62.5, y2: 37.5 });
    expect((await readImage(join(out, "annotated/chest.jpg"))).width).toBe(100);
    expect((await readImage(join(out, "sidebyside/chest.jpg"))).width).toBeGreaterThan(200);
    const csv = await readFile(join(out, "findings.csv"), "utf8");
    expect(csv.split("\r\n")[1]).toBe(
      `${file},100,50,bright,${finding.confidence.toFixed(4)},37.50,12.50,62.50,37.50,25.00,25.00,,,`,
    );
    expect(await readFile(join(out, "index.html"), "utf8")).toContain("./sidebyside/chest.jpg");
    expect((await readdir(out)).sort()).toEqual([
      "annotated",
      "findings.csv",
      "findings.json",
      "index.html",
      "sidebyside",
    ]);
  });

  test("leaves pictures and page out if told to", async () => {
    const { images } = await run([await picture("a.png")], { pictures: false, page: false });
    expect(images[0].annotated).toBeUndefined();
    expect((await readdir(out)).sort()).toEqual(["findings.csv", "findings.json"]);
  });

  test("names a broken file in the results and goes on", async () => {
    const broken = join(folder, "b.jpg");
    await writeFile(broken, "no image at all");
    const files = [await picture("a.png"), broken, await picture("c.png")];
    const { images, summary } = await run(files);
    expect(images.map(({ file }) => file)).toEqual(files);
    expect(images.map(({ error }) => error?.code)).toEqual([undefined, "invalid_image", undefined]);
    expect(images[1]).toMatchObject({ width: 0, height: 0, findings: [] });
    expect(images[1].error?.message).toContain(broken);
    expect(summary).toMatchObject({ files: 3, failures: 1, findings: 2, meanPerImage: 1 });
    expect(await readFile(join(out, "findings.csv"), "utf8")).toContain(broken);
    expect(await readFile(join(out, "index.html"), "utf8")).toContain(
      "图像文件已损坏或格式不受支持，无法读取；请重新导出或重新发送（",
    );
  });

  test("says what is odd about a file that it reads: 12 bits in a 16-bit picture, a count of frames that is no number", async () => {
    const dark = join(folder, "dark.png");
    const values = new Uint16Array(64 * 64).fill(4095);
    await sharp(values, { raw: { width: 64, height: 64, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toFile(dark);
    const odd = join(folder, "odd.dcm");
    await writeFile(odd, dicomBytes(greyElements(64, 64, new Uint8Array(2 * 64 * 64), [[0x00280008, "IS", "1A"]])));
    const { images } = await run([dark, odd, await picture("fine.png")]);
    expect(images.map(({ warnings }) => warnings)).toEqual([
      [expect.stringMatching(/of which 12 bits are used/)],
      [expect.stringMatching(/NumberOfFrames is "1A", which is no number; PixelData holds 1/)],
      undefined,
    ]);
  });

  test("names a file of a list that does not exist", async () => {
    await picture("a.png");
    const list = join(folder, "list.txt");
    await writeFile(list, "a.png\ngone.png\n");
    const { images } = await run([list]);
    expect(images.map(({ error }) => error?.code)).toEqual([undefined, "file_not_found"]);
  });

  test("measures DICOM findings in millimetres, rows and columns apart, and windows as told", async () => {
    const file = join(folder, "scan.dcm");
    // 64 x 64 values of 1000, 12 bits; rows 2 mm apart, columns 0.5 mm.
    const values = new Uint8Array(new Uint16Array(64 * 64).fill(1000).buffer);
    await writeFile(file, dicomBytes(greyElements(64, 64, values, [[0x00280030, "DS", "2\\0.5"]])));
    const one = async (window?: PredictOptions["window"]) => (await run([file], { window })).images[0];
    const image = await one({ center: 1000, width: 500 });
    // The middle of the window: LINEAR puts the centre at 255 * (0.5 / 499 + 0.5) = 127.8.
    expect(image.findings[0].confidence).toBeCloseTo(127.8 / 255, 2);
    expect(image.spacingMm).toEqual({ row: 2, column: 0.5, source: "PixelSpacing" });
    // 16 px wide, 16 px high.
    expect(image.findings[0].sizeMm).toEqual({ width: 8, height: 32 });
    expect((await one({ center: 0, width: 100 })).findings[0].confidence).toBe(1);
    expect(image.annotated).toBe("annotated/scan.jpg");
  });

  test("looks at every frame of a DICOM file, each with pictures of its own", async () => {
    const file = join(folder, "cine.dcm");
    // Two frames of 16 x 16, 8 bits: 255 and 128.
    const values = new Uint8Array(512).fill(255, 0, 256).fill(128, 256);
    const bits8 = [
      [0x00280008, "IS", "2"],
      [0x00280100, "US", [8]],
      [0x00280101, "US", [8]],
      [0x00280102, "US", [7]],
    ] as const;
    await writeFile(file, dicomBytes(greyElements(16, 16, values, bits8)));
    const { images, summary } = await run([file]);
    expect(summary).toMatchObject({ files: 1, images: 2, filesWithFindings: 1 });
    expect(images.map(({ frame }) => frame)).toEqual([0, 1]);
    expect(images.map(({ findings }) => findings[0].confidence)).toEqual([1, 0.502]);
    expect(images.map(({ annotated }) => annotated)).toEqual([
      "annotated/cine.frame0.jpg",
      "annotated/cine.frame1.jpg",
    ]);
  });

  test("keeps pictures of equally named files apart", async () => {
    const { images } = await run([await picture("p1/x.png"), await picture("p2/x.png"), await picture("y.png")]);
    expect(images.map(({ annotated }) => annotated)).toEqual([
      "annotated/p1_x.png",
      "annotated/p2_x.png",
      "annotated/y.png",
    ]);
    expect((await readdir(join(out, "annotated"))).sort()).toEqual(["p1_x.png", "p2_x.png", "y.png"]);
  });

  test.each([
    ["1 x 1", { width: 1, height: 1 }],
    ["tiny", { width: 3, height: 2 }],
    ["one row", { width: 3000, height: 1 }],
    ["one column", { width: 1, height: 3000 }],
  ])("takes an image that is %s", async (_, size) => {
    const { images } = await run([await picture("a.png", size)]);
    expect(images[0]).toMatchObject(size);
    expect(images[0].findings).toHaveLength(1);
    const { x1, y1, x2, y2 } = images[0].findings[0].box;
    expect(x1 >= 0 && y1 >= 0 && x2 <= size.width && y2 <= size.height).toBe(true);
  });

  test.each(["grey 8 bit", "grey 16 bit", "CMYK", "palette", "alpha"])("takes %s pixels", async (kind) => {
    const file = join(folder, kind === "CMYK" ? "a.jpg" : "a.png");
    const grey = new Uint8Array(64 * 64).fill(204);
    const raw = { width: 64, height: 64, channels: 1 } as const;
    const white = { r: 204, g: 204, b: 204 };
    const create = { width: 64, height: 64, channels: 3, background: white } as const;
    const made = {
      "grey 8 bit": () => sharp(grey, { raw }).toColourspace("b-w"),
      // 204 * 256 in 16 bits; the low byte is lost.
      "grey 16 bit": () => sharp(new Uint16Array(64 * 64).fill(204 * 256), { raw }).toColourspace("grey16"),
      CMYK: () => sharp({ create }).toColourspace("cmyk").jpeg({ quality: 100 }),
      palette: () => sharp({ create }).png({ palette: true }),
      alpha: () => sharp({ create: { ...create, channels: 4, background: { ...white, alpha: 1 } } }),
    }[kind];
    await made?.().toFile(file);
    const { images } = await run([file]);
    expect(images[0].error).toBeUndefined();
    // The profiles of CMYK move a grey a little.
    expect(images[0].findings[0].confidence).toBeCloseTo(204 / 255, kind === "CMYK" ? 1 : 2);
  });

  test("keeps at most so many findings, the most confident", async () => {
    const boxes: Boxes = Array.from({ length: 30 }, (_, i) => [2 * i + 2, 32, 1, 1]);
    await writeFile(model, brightDetector({ boxes }));
    const { images } = await run([await picture("a.png", { level: 255, width: 64, height: 64 })], { maxDetections: 7 });
    expect(images[0].findings.map(({ confidence }) => confidence)).toEqual([
      1, 0.999, 0.998, 0.997, 0.996, 0.995, 0.994,
    ]);
  });

  test("works in several threads as in one, in the order of the files", async () => {
    const files: string[] = [];
    for (let i = 0; i < 20; i++) files.push(await picture(`${i}.png`, { level: 90 + 8 * i, width: 40, height: 40 }));
    const one = await run(files, { pictures: false });
    const two = await run(files, { pictures: false, threads: 2 });
    expect(two.images).toEqual(one.images);
    expect(one.images.map(({ file }) => file)).toEqual(files);
  });

  test("ends early when asked to, and writes what it has", async () => {
    const files = await Promise.all(["a.png", "b.png", "c.png", "d.png"].map((name) => picture(name)));
    let asked = 0;
    // Asked a third time when two are done; the third, read ahead, is finished.
    const stop = { shouldStop: () => ++asked > 2 };
    const { left, summary } = await predict({ model, sources: files, out, threads: 1 }, stop);
    expect([left, summary.files]).toEqual([1, 3]);
    const { images } = JSON.parse(await readFile(join(out, "findings.json"), "utf8"));
    expect(images).toHaveLength(3);
  });

  test("rounds the size up to a multiple of the stride", async () => {
    await writeFile(model, brightDetector({ open: true }));
    expect((await run([await picture("a.png")], { imgsz: 500 })).imgsz).toBe(512);
  });

  test("leaves no folder behind for a size that it refuses", async () => {
    const file = await picture("a.png");
    await expect(predict({ model, sources: [file], out, imgsz: 0 })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    expect(await readdir(folder)).not.toContain("out");
  });

  test("refuses a class that the model does not know", async () => {
    const file = await picture("a.png");
    await expect(run([file], { classes: [1] })).rejects.toMatchObject({ code: "invalid_argument" });
  });

  test("refuses an empty folder, and a model that is none", async () => {
    await mkdir(join(folder, "empty"));
    await expect(run([join(folder, "empty")])).rejects.toMatchObject({ code: "file_not_found" });
    const file = await picture("a.png");
    await expect(run([file], { model: join(folder, "gone.pt") })).rejects.toMatchObject({ code: "file_not_found" });
    await expect(run([file], { model: file })).rejects.toMatchObject({ code: "invalid_checkpoint" });
    expect(await readdir(folder), "no folder of results is left behind").not.toContain("out");
  });

  test("refuses a folder of results that cannot be made", async () => {
    const file = await picture("a.png");
    await expect(run([file], { out: join(file, "out") })).rejects.toMatchObject({ code: "write_failed" });
  });

  test.runIf(process.platform !== "win32" && process.getuid?.() !== 0)(
    "refuses a folder it may not write",
    async () => {
      await mkdir(out);
      await chmod(out, 0o500);
      await expect(run([await picture("a.png")])).rejects.toMatchObject({ code: "write_failed" });
      await chmod(out, 0o700);
    },
  );

  test("leaves an older run's findings alone when it fails", async () => {
    const file = await picture("a.png");
    await run([file], { pictures: false });
    const before = await readFile(join(out, "findings.json"), "utf8");
    // The pictures' folder is a file now: the first picture cannot be written.
    await writeFile(join(out, "annotated"), "");
    await expect(run([file])).rejects.toMatchObject({ code: "write_failed" });
    expect(await readFile(join(out, "findings.json"), "utf8")).toBe(before);
    expect((await readdir(out)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
