/**
 * @file One broken file among good ones: a batch goes on, and its results name the file; training leaves it out or
 * refuses, as asked.
 */
import { readFile } from "node:fs/promises";
import type { Problem } from "@fovea/core/dataset/sample";
import type { ErrorCode } from "@fovea/core/errors";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Tensor } from "@fovea/core/graph/op";
import { concat, constant, div, input, mul, reduceMean, reshape } from "@fovea/core/graph/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dicomBytes, greyElements } from "../../../core/test/dicom-bytes";
import { type PredictResult, predict } from "../../src/predict/predict";
import type { PredictedImage } from "../../src/predict/predicted-image";
import type { TrainEvents, TrainStart } from "../../src/train/train";
import { brightDetector } from "../bright-detector";
import { cut, noise, plain, putTraining, trainIn } from "./material";
import { Scratch } from "./scratch";

type Content = () => string | Uint8Array | Promise<Uint8Array>;

/** Files of one folder, and the error that each must give. */
const BROKEN: readonly (readonly [name: string, code: ErrorCode, content: Content])[] = [
  ["b01 empty.png", "invalid_image", () => ""],
  ["b02 page.jpg", "invalid_image", () => "<html>404</html>"],
  ["b03 cut.jpg", "invalid_image", async () => cut(await noise().jpeg().toBuffer())],
  ["b04 cut.png", "invalid_image", async () => cut(await noise().png().toBuffer())],
  ["b05 cut.tif", "invalid_image", async () => cut(await noise().tiff().toBuffer())],
  ["b06 cut.gif", "invalid_image", async () => cut(await noise().gif().toBuffer())],
  ["b07 cut.webp", "invalid_image", async () => cut(await noise().webp().toBuffer())],
  ["b08 cut.bmp", "invalid_image", () => `BM${"\0".repeat(60)}`],
  ["b09 empty.dcm", "invalid_dicom", () => ""],
  ["b10 cut.dcm", "invalid_dicom", () => dicomBytes(greyElements(16, 16, new Uint8Array(100)))],
  ["b11 film.dcm", "unsupported_dicom", () => scan({ transferSyntax: "1.2.840.10008.1.2.4.102" })],
  ["b12 report.dcm", "unsupported_dicom", () => dicomBytes(greyElements(1, 1, new Uint8Array(2)).slice(0, -1))],
];

function scan(options?: Parameters<typeof dicomBytes>[1]): Uint8Array {
  return dicomBytes(greyElements(16, 16, new Uint8Array(512)), options);
}

let scratch: Scratch;
beforeAll(async () => {
  scratch = await Scratch.make();
});
afterAll(() => scratch.remove());

describe("prediction on a folder with a broken file of each kind", () => {
  let result: PredictResult;
  let images: readonly PredictedImage[];
  beforeAll(async () => {
    await scratch.put("scans/a.png", await plain(64, 64).png().toBuffer());
    await scratch.put("scans/c.dcm", scan());
    for (const [name, , content] of BROKEN) await scratch.put(`scans/${name}`, await content());
    await scratch.put("model.onnx", brightDetector());
    const [model, source, out] = ["model.onnx", "scans", "out"].map((name) => scratch.path(name));
    result = await predict({ model, sources: [source], out, threads: 1, conf: 0.01, pictures: false });
    images = JSON.parse(await readFile(scratch.path("out/findings.json"), "utf8")).images;
  });

  test("ends well, and counts them", () => {
    expect(result).toMatchObject({ left: 0, summary: { files: BROKEN.length + 2, failures: BROKEN.length } });
  });

  test("finds what is in the good ones before and behind them", () => {
    const good = images.filter(({ error }) => error === undefined);
    expect(good.map(({ file, findings }) => [file, findings.length])).toEqual([
      [scratch.path("scans/a.png"), 1],
      [scratch.path("scans/c.dcm"), 1],
    ]);
  });

  test.each(BROKEN)("names %s with the code %s in findings.json", (name, code) => {
    const file = scratch.path(`scans/${name}`);
    const found = images.filter((image) => image.file === file);
    expect(found).toMatchObject([{ findings: [], error: { code } }]);
    expect(found[0].error?.message.startsWith(`${file}: `)).toBe(true);
  });

  test("names them all in the table and on the page", async () => {
    const table = await readFile(scratch.path("out/findings.csv"), "utf8");
    const page = await readFile(scratch.path("out/index.html"), "utf8");
    for (const [name] of BROKEN) {
      expect(table).toContain(name);
      expect(page).toContain(name);
    }
  });
});

/** A PNG whose ends are whole, so that only decoding it shows that its middle is not. */
async function damagedPng(): Promise<Uint8Array> {
  const bytes = await noise().png().toBuffer();
  return bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 40);
}

describe("prediction by a model that computes NaN", () => {
  test("says so of every image, instead of nothing found", async () => {
    const mean = (images: Tensor) => reshape(reduceMean(images, { axes: [1, 2, 3] }), [1, 1, 1]);
    const images = input("images", "float32", [1, 3, 64, 64]);
    const box = mul(constant(Float32Array.of(32, 32, 16, 16), [1, 4, 1]), 1);
    const score = div(mul(mean(images), 0), mul(mean(images), 0));
    const output0 = concat([box, score], { axis: 1 });
    const metadata = { names: "{0: 'bright'}", stride: "32" };
    const model = await scratch.put("nan.onnx", toModelBytes({ output0 }, { inputs: [images], metadata }));
    const sources = [await scratch.put("nan/a.png", await plain().png().toBuffer()), await scratch.put("nan/b.png")];
    const out = scratch.path("nan-out");
    const { summary } = await predict({ model, sources, out, threads: 1, pictures: false, page: false });
    expect(summary).toMatchObject({ files: 2, failures: 2 });
    const { images: found } = JSON.parse(await readFile(scratch.path("nan-out/findings.json"), "utf8"));
    expect(found.map(({ error }: PredictedImage) => error?.code)).toEqual(["scores_not_finite", "invalid_image"]);
    expect(found[0].error.message).toMatch(/^.*a\.png: .*nan\.onnx: output0: holds NaN/);
  });
});

describe("training on a data set with broken files among good ones", () => {
  const image = "data/images/train/scan97.png";
  const label = "data/labels/train/scan98.txt";
  const damaged = "data/images/train/scan99.png";
  beforeAll(async () => {
    await putTraining(scratch);
    await scratch.put(image);
    await scratch.put("data/images/train/scan98.png", await noise().png().toBuffer());
    await scratch.put(label, "0 0.5 0.5 0.2 0.2\n1 0.5 1.5 0.2 0.2\n");
    await scratch.put(damaged, await damagedPng());
  });

  test("leaves them out under skip, and tells of each, also of one that shows only when it is decoded", async () => {
    const start: TrainStart[] = [];
    const later: Problem[] = [];
    const events: TrainEvents = {
      onStart: (started) => start.push(started),
      onFileProblem: (problem) => later.push(problem),
    };
    const { end, rows } = await trainIn(scratch, { name: "skip", onProblem: "skip" }, events);
    expect([end, rows.length]).toEqual(["finished", 1]);
    // Four good ones, and the damaged one that looks good.
    expect(start[0].train.samples.length).toBe(5);
    expect(start[0].train.problems).toMatchObject([
      { severity: "error", code: "invalid_image", file: scratch.path(image) },
      { severity: "error", code: "invalid_label", file: scratch.path(label), at: "line 2" },
    ]);
    expect(later).toMatchObject([{ severity: "error", code: "invalid_image", file: scratch.path(damaged) }]);
  });

  test("tells of them too when it is interrupted before the epoch's end", async () => {
    const later: Problem[] = [];
    let batches = 0;
    const events: TrainEvents = {
      onBatch: () => batches++,
      onFileProblem: (problem) => later.push(problem),
      shouldStop: () => batches >= 4,
    };
    const { end } = await trainIn(scratch, { name: "interrupted", arguments: { batch: 1 } }, events);
    expect(end).toBe("interrupted");
    expect(later).toMatchObject([{ code: "invalid_image", file: scratch.path(damaged) }]);
  });

  test("refuses under refuse, naming the first and how many more", async () => {
    const run = trainIn(scratch, { name: "refuse", onProblem: "refuse" });
    await expect(run).rejects.toMatchObject({ code: "invalid_image", place: { file: scratch.path(image) } });
    await expect(run).rejects.toThrow("(and 1 more problem");
  });

  test("refuses under refuse the one that shows only when it is decoded", async () => {
    // Both classes are on the first three.
    const images = `[${["00", "01", "02", "99"].map((name) => `images/train/scan${name}.png`).join(", ")}]`;
    const yaml = await scratch.put("data/two.yaml", `train: ${images}\nnames: [square, disc]\n`);
    const run = trainIn(scratch, { name: "refuse-late", data: yaml, onProblem: "refuse" });
    await expect(run).rejects.toMatchObject({ code: "invalid_image", place: { file: scratch.path(damaged) } });
  });

  test("ends, whatever was asked, when no image can be decoded", async () => {
    const yaml = await scratch.put("data/one.yaml", "train: images/train/scan99.png\nnames: [square, disc]\n");
    const run = trainIn(scratch, { name: "none", data: yaml, onProblem: "skip" });
    await expect(run).rejects.toMatchObject({ code: "invalid_dataset", place: { file: scratch.path(damaged) } });
    await expect(run).rejects.toThrow("not to be read, nor were 20 others in its place");
  });
});
