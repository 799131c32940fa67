/**
 * @file The way of a user through the commands: train, measure, find, export, find with the export.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSafetensorsCheckpoint } from "@fovea/core/nn/weights/safetensors-checkpoint";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SIDE, writeSmallData } from "../training/small-network";
import { Desk } from "./command";

/** Other work on the machine may make a command wait. */
const PATIENCE = 300_000;
const NAMES = ["square", "disc"];
const EPOCHS = 10;
const LAST = "runs/ct/weights/last.safetensors";

interface Finding {
  readonly classId: number;
  readonly className: string;
  readonly confidence: number;
  readonly box: Readonly<Record<"x1" | "y1" | "x2" | "y2", number>>;
  readonly sizeMm?: { readonly width: number; readonly height: number };
}

interface Found {
  readonly model: string;
  readonly imgsz: number;
  readonly conf: number;
  readonly iou: number;
  readonly images: readonly {
    readonly file: string;
    readonly width: number;
    readonly height: number;
    readonly findings: readonly Finding[];
    readonly spacingMm?: { readonly row: number; readonly column: number };
    readonly error?: { readonly code: string; readonly message: string };
  }[];
}

let desk: Desk;
let trained = "";
beforeAll(async () => {
  desk = await Desk.make();
  await writeSmallData(desk.path("data"), { count: 24 });
  trained = await desk.succeed(
    `train --data data/data.yaml --model small.yaml --epochs ${EPOCHS} --batch 2 --nbs=2 --imgsz ${SIDE} --threads 1
     workers=0 optimizer=AdamW lr0=0.01 warmup_epochs=0 mosaic=0 scale=0 translate=0 hsv_h=0 hsv_s=0 hsv_v=0
     --project runs --name ct`,
  );
}, PATIENCE);
afterAll(() => desk.remove());

const json = (path: string) => JSON.parse(readFileSync(desk.path(path), "utf8"));
const found = (folder: string): Found => json(join(folder, "findings.json"));

/** `results.csv`, names first. */
function resultsOf(run: string): string[][] {
  const lines = readFileSync(desk.path(`${run}/results.csv`), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => line.split(","));
}

describe("fovea train", () => {
  test("tells what it trains on, one row an epoch, and where the results are", () => {
    // Every other one of 24 images has a second mark.
    expect(trained).toMatch(/^ {2}train {2}24 images, 36 lesions: square \d+, disc \d+$/m);
    expect(trained).toMatch(/^ {2}val {4}24 images, 36 lesions/m);
    expect(trained).toContain("from scratch, seed 0");
    expect(trained.match(/^ *\d+\/10 .* \d:\d\d(?: best)?$/gm)).toHaveLength(EPOCHS);
    expect(trained).toContain(join("runs", "ct", "weights", "best.safetensors"));
  });

  test("writes results.csv under the public names, one row an epoch", () => {
    const [head, ...rows] = resultsOf("runs/ct");
    expect(head).toEqual([
      ...["epoch", "time", "train/box_loss", "train/cls_loss", "train/dfl_loss"],
      ...["metrics/precision(B)", "metrics/recall(B)", "metrics/mAP50(B)", "metrics/mAP50-95(B)"],
      ...["val/box_loss", "val/cls_loss", "val/dfl_loss", "lr/pg0", "lr/pg1", "lr/pg2"],
      "metrics/froc1(B)",
    ]);
    expect(rows.map(([epoch]) => Number(epoch))).toEqual(Array.from({ length: EPOCHS }, (_, i) => i + 1));
    expect(readdirSync(desk.path("runs/ct"))).toEqual(
      expect.arrayContaining(["results.png", "precision_recall.png", "froc.png", "confusion.png"]),
    );
  });

  test("puts names, rows, arguments and metrics into the file of weights", () => {
    const { names, nc, stride, yaml, trainArgs, metadata } = readSafetensorsCheckpoint(readFileSync(desk.path(LAST)));
    expect({ names, nc, stride }).toEqual({ names: NAMES, nc: 2, stride: [8, 16] });
    expect(yaml).toMatchObject({ head: [[[3, 4], 1, "Detect", ["nc"]]] });
    // Momentum was not given; its default is that of the public trainer.
    expect(trainArgs).toMatchObject({ epochs: EPOCHS, lr0: 0.01, momentum: 0.937, data: desk.path("data/data.yaml") });
    expect(JSON.parse(metadata.metrics)).toMatchObject({ epoch: EPOCHS, "metrics/mAP50(B)": expect.any(Number) });
  });

  test("goes on from weights, and tells what came from them and which classes by name", {
    timeout: PATIENCE,
  }, async () => {
    const other = readFileSync(desk.path("data/data.yaml"), "utf8").replace("[square, disc]", "[disc, cyst]");
    writeFileSync(desk.path("data/other.yaml"), other);
    const out = await desk.succeed(
      `train data=data/other.yaml model=${LAST} epochs=1 batch=24 imgsz=${SIDE} workers=0 val=false plots=false name=more
       freeze=2`,
    );
    // The last class layers of two levels, weight and bias, have one row for each class.
    expect(out).toMatch(/Transferred \d+\/\d+ items, 4 in part \(classes disc\)/);
    expect(out).toContain("the first 2 rows frozen");
    const { transferred, partial, skipped, total } = json("runs/more/transfer.json");
    expect(partial).toContainEqual({ name: "model.5.cv3.0.2.weight", classes: ["disc"] });
    expect([transferred.length, skipped]).toEqual([total - 4, []]);
  });
});

test("fovea val measures all classes and each, as training did", { timeout: PATIENCE }, async () => {
  const out = await desk.succeed(
    `val --model ${LAST} --data data/data.yaml --split val --rect false --json measures/val.json
     --plots measures`,
  );
  expect(readdirSync(desk.path("measures")).sort()).toEqual([
    ...["confusion.png", "froc.png", "precision_recall.png", "val.json"],
  ]);
  expect(out).toMatch(/^class +lesions +P +R +mAP50 +mAP50-95 +S@1 \(95 %\)$/m);
  expect(out).toMatch(/^all +36( +\d\.\d{3}){5} \(\d\.\d\d-\d\.\d\d\)$/m);
  expect(out).toMatch(/^size +lesions +images +mAP50 +S@1 \(95 %\)$/m);
  const { perClass, sizes, froc, ...all } = json("measures/val.json");
  expect(all).toMatchObject({ images: 24, labels: 36, model: LAST, split: "val", imgsz: SIDE, rect: false });
  const [head, ...rows] = resultsOf("runs/ct");
  const lastRow = (name: string) => Number(rows.at(-1)?.[head.indexOf(`metrics/${name}(B)`)]);
  expect(all.map50, "something was learnt").toBeGreaterThan(0.1);
  // Rows hold six significant digits.
  expect(all.map50).toBeCloseTo(lastRow("mAP50"), 5);
  expect(all.map5095).toBeCloseTo(lastRow("mAP50-95"), 5);
  expect(all.precision).toBeCloseTo(lastRow("precision"), 5);
  expect(all.recall).toBeCloseTo(lastRow("recall"), 5);
  expect(perClass.map(({ className }: { className: string }) => className)).toEqual(NAMES);
  expect(Object.keys(perClass[0]).sort()).toEqual(
    [
      ...["classId", "className", "ap50", "ap", "precision", "recall", "labels", "images"],
      ...["sensitivity1", "sensitivity1Low", "sensitivity1High"],
    ].sort(),
  );
  // Means over the classes.
  expect((perClass[0].ap50 + perClass[1].ap50) / 2).toBeCloseTo(all.map50, 6);
  expect((perClass[0].ap + perClass[1].ap) / 2).toBeCloseTo(all.map5095, 6);
  expect(all).toMatchObject({ hit: "iou", hitIou: 0.5 });
  expect(froc.points.map(({ fpPerImage }: { fpPerImage: number }) => fpPerImage)).toEqual([
    ...[0.125, 0.25, 0.5, 1, 2, 4, 8],
  ]);
  for (const { sensitivity, low, high } of froc.points) {
    expect(low <= sensitivity && sensitivity <= high, JSON.stringify(froc.points)).toBe(true);
  }
  const total = froc.points.reduce((sum: number, one: { sensitivity: number }) => sum + one.sensitivity, 0);
  expect(froc.cpm).toBeCloseTo(total / 7, 12);
  expect(froc.points[3].sensitivity).toBeCloseTo(lastRow("froc1"), 5);
  expect(sizes.map(({ size }: { size: string }) => size)).toEqual(["small", "medium", "large"]);
  expect(sizes[2]).toEqual({ size: "large", labels: 0, images: 0, ap50: null, sensitivity1: null });
  expect(sizes[0].labels + sizes[1].labels).toBe(36);
  // Sizes are of one curve: their lesions together are all.
  const found = sizes.reduce(
    (sum: number, one: { labels: number; sensitivity1: number | null }) => sum + one.labels * (one.sensitivity1 ?? 0),
    0,
  );
  expect(found / 36).toBeCloseTo(froc.points[3].sensitivity, 12);
});

test("fovea val refuses a rule of hits that it does not know, and an overlap of none", {
  timeout: PATIENCE,
}, async () => {
  const model = `val --model ${LAST} --data data/data.yaml`;
  expect(await desk.run(`${model} --hit touch`)).toMatchObject({ code: 2, stderr: expect.stringContaining("centre") });
  expect(await desk.run(`${model} hit_iou=0`)).toMatchObject({ code: 2, stderr: expect.stringContaining("hit-iou") });
});

describe("fovea predict", () => {
  let results: Found;
  beforeAll(async () => {
    await desk.succeed("phantom --out phantom --count 1 --size 96");
    writeFileSync(desk.path("broken.jpg"), "no picture");
    const out = await desk.succeed(
      `predict --model ${LAST} --source data/images/val/scan0[0-2].png phantom/images broken.jpg --conf 0.001
       --max_det 3 --out found`,
    );
    expect(out).toContain("broken.jpg: ");
    results = found("found");
  }, PATIENCE);

  test("writes findings.json with boxes in pixels of the source, looking at the size of training", () => {
    expect(results).toMatchObject({ model: LAST, imgsz: 64, conf: 0.001, iou: 0.7 });
    expect(results.images.map(({ file, width, height }) => [file, width, height])).toEqual([
      ["data/images/val/scan00.png", SIDE, SIDE],
      ["data/images/val/scan01.png", SIDE, SIDE],
      ["data/images/val/scan02.png", SIDE, SIDE],
      [join("phantom", "images", "train", "phantom_0001.dcm"), 96, 96],
      ["broken.jpg", 0, 0],
    ]);
    for (const { findings, width, height } of results.images.slice(0, 4)) {
      expect(findings.length).toBeGreaterThan(0);
      expect(findings.length).toBeLessThanOrEqual(3);
      for (const { classId, className, confidence, box } of findings) {
        expect(className).toBe(NAMES[classId]);
        expect(confidence > 0 && confidence < 1).toBe(true);
        expect(0 <= box.x1 && box.x1 < box.x2 && box.x2 <= width, JSON.stringify(box)).toBe(true);
        expect(0 <= box.y1 && box.y1 < box.y2 && box.y2 <= height, JSON.stringify(box)).toBe(true);
      }
    }
    expect(results.images[4]).toMatchObject({ findings: [], error: { code: "invalid_image" } });
  });

  test("tells the size of a DICOM finding in millimetres, by the spacing of the file", () => {
    const [scan, , , phantom] = results.images;
    // ImagerPixelSpacing of a phantom: 350 mm over its 96 columns.
    expect(phantom.spacingMm?.column).toBeCloseTo(350 / 96, 3);
    for (const { box, sizeMm } of phantom.findings) {
      // Boxes are rounded to hundredths of a pixel, which is 0.04 mm.
      expect(Math.abs((sizeMm?.width ?? 0) - ((box.x2 - box.x1) * 350) / 96)).toBeLessThan(0.05);
      expect(Math.abs((sizeMm?.height ?? 0) - ((box.y2 - box.y1) * 350) / 96)).toBeLessThan(0.05);
    }
    expect(scan.findings[0]).not.toHaveProperty("sizeMm");
  });

  test("writes findings.csv with a byte order mark, one row a finding", () => {
    const bytes = readFileSync(desk.path("found/findings.csv"));
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const [head, ...rows] = bytes.subarray(3).toString("utf8").trimEnd().split("\r\n");
    expect(head).toBe("file,width,height,class,confidence,x1,y1,x2,y2,width_px,height_px,width_mm,height_mm,error");
    const findings = results.images.flatMap((image) => image.findings);
    expect(rows).toHaveLength(findings.length + 1);
    expect(rows.slice(0, -1).map((row) => row.split(",")[4])).toEqual(findings.map((one) => one.confidence.toFixed(4)));
    const { sizeMm } = findings[findings.length - 1];
    const cells = rows[findings.length - 1].split(",");
    expect(cells.slice(11)).toEqual([sizeMm?.width.toFixed(2), sizeMm?.height.toFixed(2), ""]);
    expect(rows.at(-1)).toMatch(/^broken\.jpg,{13}"?broken\.jpg: /);
  });

  test("draws each image with its findings, and beside itself", async () => {
    const pictures = ["phantom_0001.jpg", "scan00.png", "scan01.png", "scan02.png"];
    expect(readdirSync(desk.path("found/annotated")).sort()).toEqual(pictures);
    expect(readdirSync(desk.path("found/sidebyside")).sort()).toEqual(pictures);
    const widthOf = async (path: string) => (await sharp(desk.path(path)).metadata()).width;
    expect(await widthOf("found/annotated/phantom_0001.jpg")).toBe(96);
    expect(await widthOf("found/sidebyside/phantom_0001.jpg")).toBeGreaterThan(2 * 96);
    expect(readFileSync(desk.path("found/index.html"), "utf8")).toContain("./sidebyside/scan00.png");
  });
});

describe("fovea export", () => {
  /** What is found in the images of validation. */
  async function findingsOf(model: string, folder: string): Promise<readonly (readonly Finding[])[]> {
    await desk.succeed(`predict model=${model} source=data/images/val out=${folder} imgsz=${SIDE} pictures=false`);
    return found(folder).images.map(({ findings }) => findings);
  }

  let wanted: readonly (readonly Finding[])[];
  beforeAll(async () => {
    wanted = await findingsOf(LAST, "source");
    expect(wanted.flat().length, "something to compare").toBeGreaterThan(5);
    const plain = "--half false --dynamic=false";
    await desk.succeed(`export --model ${LAST} --format onnx --imgsz ${SIDE} ${plain} --out exports/fixed.onnx`);
  }, PATIENCE);

  /** Whether `ours` is `finding`, but for so much. */
  const isLike = (ours: Finding, finding: Finding, pixels: number, confidence: number) =>
    ours.className === finding.className &&
    Math.abs(ours.confidence - finding.confidence) <= confidence &&
    (["x1", "y1", "x2", "y2"] as const).every((side) => Math.abs(ours.box[side] - finding.box[side]) <= pixels);

  test.each(["fixed", "open"])("of %s size finds what its source finds", { timeout: PATIENCE }, async (name) => {
    if (name === "open") await desk.succeed(`export --model ${LAST} --imgsz ${SIDE} --dynamic --out exports/open.onnx`);
    const ours = await findingsOf(`exports/${name}.onnx`, name);
    for (const [i, findings] of wanted.entries()) {
      expect(ours[i]).toHaveLength(findings.length);
      for (const [n, finding] of findings.entries()) {
        // Findings hold hundredths of a pixel and four places of confidence, of sums in another order.
        expect(isLike(ours[i][n], finding, 0.011, 0.00011), JSON.stringify([ours[i][n], finding])).toBe(true);
      }
    }
  });

  test("warns of a size that is far from that of training", { timeout: PATIENCE }, async () => {
    const { code, stderr } = await desk.run(`export --model ${LAST} --imgsz 128 --out exports/large.onnx`);
    expect([code, stderr]).toEqual([0, expect.stringContaining("was trained on images of 64 px and is used at 128")]);
  });

  test("of half precision is smaller and finds the surest of each image nearly there", {
    timeout: PATIENCE,
  }, async () => {
    await desk.succeed(`export --model ${LAST} --imgsz ${SIDE} --half --out exports/half.onnx`);
    const bytes = (name: string) => readFileSync(desk.path(`exports/${name}.onnx`)).length;
    // Weights are not all of so small a file.
    expect(bytes("half")).toBeLessThan(0.8 * bytes("fixed"));
    const ours = await findingsOf("exports/half.onnx", "half");
    for (const [i, [surest]] of wanted.entries()) {
      // float16 has 11 bits: an error of 5e-4 of the values, in each of a dozen layers.
      if (surest) expect(ours[i].some((finding) => isLike(finding, surest, 0.5, 0.02))).toBe(true);
    }
  });
});
