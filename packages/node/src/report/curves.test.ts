import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apPerClass } from "@fovea/core/metrics/average-precision";
import { ConfusionMatrix } from "@fovea/core/metrics/confusion-matrix";
import { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readImage } from "../imaging/read-image";
import { drawConfusion } from "./confusion";
import { drawCurves } from "./curves";
import { drawFroc } from "./froc";
import { drawPrecisionRecall } from "./precision-recall";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-curves-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ROWS = [1, 2, 3].map((epoch) => ({
  epoch,
  time: 10 * epoch,
  "train/box_loss": 3 - epoch,
  "val/box_loss": epoch === 2 ? Number.NaN : 4 - epoch,
  "metrics/mAP50(B)": epoch / 10,
  "metrics/mAP50(M)": epoch / 20,
  "lr/pg0": 0.01,
  "lr/pg1": 0.01,
}));

/** Share of the pixels of a picture that are not white. */
async function inked(path: string): Promise<number> {
  const { data } = await readImage(path);
  return data.filter((value) => value < 200).length / data.length;
}

describe("drawCurves", () => {
  test("writes a picture of all charts, four in a row, gaps where a value is missing", async () => {
    const path = join(folder, "curves.png");
    await drawCurves(ROWS, path);
    const picture = await readImage(path);
    expect([picture.width, picture.height]).toEqual([4 * (420 + 12) + 12, 300 + 2 * 12]);
    expect(await inked(path)).toBeGreaterThan(0.005);
  });

  test("draws a single epoch, and writes nothing for none", async () => {
    await drawCurves(ROWS.slice(0, 1), join(folder, "one.png"));
    expect(await inked(join(folder, "one.png"))).toBeGreaterThan(0.005);
    await drawCurves([], join(folder, "none.png"));
    expect(existsSync(join(folder, "none.png"))).toBe(false);
  });

  test("writes SVG where the ending says so", async () => {
    const path = join(folder, "curves.svg");
    await drawCurves(ROWS, path);
    const { width, format } = await sharp(path).metadata();
    expect([width, format]).toEqual([4 * 420, "svg"]);
  });

  test("says why a picture cannot be written", async () => {
    const path = join(folder, "absent/curves.png");
    await expect(drawCurves(ROWS, path)).rejects.toMatchObject({ code: "write_failed", place: { file: path } });
  });
});

describe("drawPrecisionRecall", () => {
  test("writes four charts, with classes and without", async () => {
    const path = join(folder, "precision-recall.png");
    const measured = apPerClass({
      ...{ tp: Uint8Array.of(1, 0, 1), conf: [0.9, 0.8, 0.7], predClass: [0, 0, 0], targetClass: [0, 0] },
      thresholds: 1,
    });
    await drawPrecisionRecall(measured, ["结节 nodule"], path);
    expect(await inked(path)).toBeGreaterThan(0.005);
    await drawPrecisionRecall({ classes: [], bestConfidence: 0 }, [], path);
    expect((await readImage(path)).width).toBe(2 * (560 + 12) + 12);
  });
});

describe("drawFroc", () => {
  const strip = (x1: number, x2: number, score: number) => ({
    ...{ boxes: Float32Array.of(x1, 0, x2, 10), classIds: Int32Array.of(0), scores: Float32Array.of(score) },
  });

  test("fills the band between the ends of the interval, and draws bare axes without labels", async () => {
    const nothing = { boxes: new Float32Array(0), classIds: new Int32Array(0) };
    const metrics = new DetectionMetrics(["结节 nodule"]);
    for (let i = 0; i < 10; i++) metrics.add(strip(0, i % 2 === 0 ? 10 : 1, 0.9), strip(0, 10, 1));
    const path = join(folder, "froc.png");
    await drawFroc(metrics, path);
    const picture = await readImage(path);
    expect([picture.width, picture.height]).toEqual([720, 520]);
    // The band is a blue of 15 % on white: its red is 255 - 0.15 x (255 - 22) = 220.
    const band = (data: ArrayLike<number>) => Array.from(data).filter((v, i) => i % 3 === 0 && v === 220).length;
    expect(band(picture.data)).toBeGreaterThan(10_000);

    const healthy = new DetectionMetrics(["nodule"]);
    healthy.add(strip(0, 10, 0.9), nothing);
    await drawFroc(healthy, path);
    expect(band((await readImage(path)).data)).toBeLessThan(1000);
    expect(await inked(path)).toBeGreaterThan(0.005);
  });
});

describe("drawConfusion", () => {
  test("shades cells by their share of the column", async () => {
    const path = join(folder, "confusion.png");
    const matrix = new ConfusionMatrix(1);
    matrix.counts.set([8, 0, 2, 0]);
    await drawConfusion(matrix, ["钙化 calcification"], path);
    const { data } = await readImage(path);
    const red = (value: number) => data.filter((found, i) => i % 3 === 0 && found === value).length;
    // 8 of 10: 255 - 233 x 0.8 = 69. 2 of 10: 208. A cell has 70 x 70 pixels, its number takes some.
    for (const shade of [69, 208]) {
      expect(red(shade)).toBeGreaterThan(4500);
      expect(red(shade)).toBeLessThanOrEqual(4900);
    }
  });
});
