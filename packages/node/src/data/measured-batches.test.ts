import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset, Sample } from "@fovea/core/dataset/sample";
import { tileDataset } from "@fovea/core/dataset/tiles";
import type { AugmentationOptions } from "@fovea/core/imaging/augment/augmentation";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dicomBytes, greyElements } from "../../../core/test/dicom-bytes";
import { brightness, jitter } from "../../test/fixed-transforms";
import { Loader } from "./loader";
import type { LoaderOptions } from "./loader-options";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-measured-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

type Value = (x: number, y: number) => number;

/** A DICOM file of 16 bits, shown from 750 to 1250. */
async function dicom(name: string, width: number, height: number, value: Value): Promise<Sample> {
  const pixels = new Uint8Array(valuesOf(width, height, value).buffer);
  const elements = greyElements(height, width, pixels, [
    [0x00280101, "US", [16]],
    [0x00280102, "US", [15]],
    [0x00281050, "DS", "1000"],
    [0x00281051, "DS", "500"],
    [0x00281056, "CS", "LINEAR_EXACT"],
  ]);
  return put(name, dicomBytes(elements), width, height);
}

async function png16(name: string, width: number, height: number, value: Value): Promise<Sample> {
  const raw = { width, height, channels: 1 } as const;
  const pixels = sharp(valuesOf(width, height, value), { raw }).toColourspace("grey16");
  return put(name, await pixels.png().toBuffer(), width, height);
}

async function png8(name: string, width: number, height: number, channels: 1 | 3, value: Value): Promise<Sample> {
  const pixels = Uint8Array.from({ length: width * height * channels }, (_, i) => value(i % width, i));
  const png = sharp(pixels, { raw: { width, height, channels } }).png();
  return put(name, await png.toBuffer(), width, height);
}

async function put(name: string, content: Uint8Array, width: number, height: number): Promise<Sample> {
  const file = join(folder, name);
  await writeFile(file, content);
  return { file, width, height, labels: [{ classId: 0, cx: 0.5, cy: 0.5, w: 0.4, h: 0.3 }] };
}

function valuesOf(width: number, height: number, value: Value): Uint16Array {
  return Uint16Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width)));
}

const datasetOf = (samples: Sample[]): Dataset => ({
  ...{ name: "test", names: ["a"], nc: 1, split: "train", problems: [] },
  samples,
});

const STILL = { mosaic: 0, fliplr: 0, hsv_h: 0, hsv_s: 0, hsv_v: 0, scale: 0, translate: 0 };
const TRAIN = { imgsz: 64, batch: 2, mode: "train", seed: 3, workers: 0 } as const;

async function digests(dataset: Dataset, options: Partial<LoaderOptions>, epochs: readonly number[], skipBatches = 0) {
  const loader = new Loader(dataset, { ...TRAIN, onProblem: "refuse", ...options });
  try {
    const seen: string[] = [];
    for (const epoch of epochs) {
      for await (const { images, targets, release } of loader.epoch(epoch, { skipBatches })) {
        seen.push(createHash("sha1").update(images).update(new Uint8Array(targets.buffer)).digest("hex"));
        release();
      }
    }
    return seen;
  } finally {
    await loader.close();
  }
}

/** All bytes of the only batch of one image. */
async function shown(sample: Sample, transforms: readonly object[] | undefined, imgsz = 64): Promise<Uint8Array> {
  const augmentation = { ...STILL, transforms };
  const loader = new Loader(datasetOf([sample]), { ...TRAIN, imgsz, augmentation, onProblem: "refuse" });
  try {
    for await (const { images } of loader.epoch(0)) return images.slice();
    throw new Error("no batch");
  } finally {
    await loader.close();
  }
}

const halves =
  (left: number, right: number): Value =>
  (x) =>
    x < 32 ? left : right;

describe("Loader with what more than 8 bits hold", () => {
  test("shows what the window of a DICOM file had cut", async () => {
    const sample = await dicom("bright.dcm", 64, 64, halves(1310, 1410));
    expect(new Set(await shown(sample, undefined))).toEqual(new Set([255]));
    const seen = async (transform: object) => {
      const images = await shown(sample, [transform]);
      return [images[64 * 20 + 10], images[64 * 20 + 50]];
    };
    // Centre 1250: 310 and 410 of 500 values are 158.1 and 209.1.
    expect(await seen(jitter(0.5, 0))).toEqual([158, 209]);
    // 560 and 660 of 500 are 285.6 and 336.6; .4 x 255 = 102 less.
    expect(await seen(brightness(-0.4))).toEqual([184, 235]);
  });

  test("tells apart what one byte of a 16-bit picture held", async () => {
    const sample = await png16("fine.png", 64, 64, halves(20_000, 20_100));
    expect(new Set(await shown(sample, undefined))).toEqual(new Set([78]));
    // Centre 32767.5 - .2 x 65280, width 6528: from 16447.5; 3552.5 and 3652.5 of 6528 are 138.8 and 142.7.
    const images = await shown(sample, [jitter(-0.2, -0.9)]);
    expect([images[64 * 20 + 10], images[64 * 20 + 50]]).toEqual([139, 143]);
  });

  test("shows the plain window where nothing is drawn, at the size that the image has", async () => {
    const slope: Value = (x, y) => 700 + 9 * x + y;
    const samples = [
      await dicom("slope.dcm", 64, 64, slope),
      await png16("slope.png", 64, 64, (x, y) => 49 * slope(x, y)),
    ];
    // The last row and column are read by 1/256 from the ones before, which may turn a half.
    const inside = (images: Uint8Array) => images.map((byte, i) => (i % 64 < 63 && (i >> 6) % 64 < 63 ? byte : 0));
    for (const sample of samples) {
      const plain = await shown(sample, undefined);
      expect(new Set(plain).size).toBeGreaterThan(100);
      for (const transform of [jitter(0, 0), brightness(0)]) {
        const seen = await shown(sample, [transform]);
        expect(inside(seen)).toEqual(inside(plain));
        for (const [i, byte] of seen.entries()) expect(Math.abs(byte - plain[i])).toBeLessThanOrEqual(1);
      }
    }
  });

  test("leaves a DICOM file in its window and a 16-bit picture in its high bytes in validation", async () => {
    const samples = [await dicom("a.dcm", 64, 64, () => 1100), await png16("a.png", 64, 64, () => 0x4321)];
    const augmentation = { ...STILL, transforms: [jitter(0.3, 0)] };
    const loader = new Loader(datasetOf(samples), { ...TRAIN, mode: "val", augmentation });
    for await (const { images } of loader.epoch(0)) {
      // 350 of 500: 178.5, to the even 178.
      expect([images[0], images[3 * 64 * 64]]).toEqual([178, 0x43]);
    }
    await loader.close();
  });

  test("leaves the colours of a DICOM file alone", async () => {
    const pixels = new Uint8Array(3 * 64 * 64).map((_, i) => [200, 100, 50][i % 3]);
    const elements = greyElements(64, 64, pixels, [
      [0x00280002, "US", [3]],
      [0x00280004, "CS", "RGB"],
      [0x00280006, "US", [0]],
      ...([
        [0x00280100, "US", [8]],
        [0x00280101, "US", [8]],
        [0x00280102, "US", [7]],
      ] as const),
    ]);
    const sample = await put("colour.dcm", dicomBytes(elements), 64, 64);
    const images = await shown(sample, [jitter(0.5, 0)]);
    expect([0, 1, 2].map((plane) => images[64 * 64 * plane])).toEqual([200, 100, 50]);
  });

  test("resizes values before they are shown", async () => {
    // 128 columns to 64: means of two. 1200 and 1400 make 1300, level 280.5; shown first they would make (229.5 + 255) / 2.
    const sample = await dicom("fine.dcm", 128, 128, (x) => (x % 2 ? 1400 : 1200));
    expect(new Set(await shown(sample, [jitter(0.5, 0)]))).toEqual(new Set([153]));
  });
});

const EVERYTHING: AugmentationOptions = {
  ...{ degrees: 10, perspective: 0.0005, mixup: 0.5, cutmix: 0.5, copy_paste: 0.5, erasing: 0.3, mosaic: 0.5 },
  transforms: [
    { name: "window_jitter", p: 0.7, center_limit: 0.3 },
    { name: "RandomGamma", p: 0.5 },
    { name: "GaussNoise", p: 0.5 },
    { name: "RandomBrightnessContrast", p: 0.5 },
    { name: "ElasticTransform", p: 0.3, alpha: 20, sigma: 6 },
    { name: "CLAHE", p: 0.3, tile_grid_size: [2, 2] },
    { name: "RayleighSpeckle", p: 0.3 },
  ],
};

describe("Loader with DICOM files, 16-bit pictures and others", () => {
  let dataset: Dataset;

  beforeAll(async () => {
    const samples: Sample[] = [];
    for (let i = 0; i < 6; i++) {
      const value: Value = (x, y) => 500 + 150 * i + 5 * x + 7 * y;
      samples.push(await dicom(`${i}.dcm`, 80 + 11 * i, 90, value));
    }
    samples.push(await png16("6.png", 90, 64, (x, y) => 20_000 + 300 * x + 100 * y));
    samples.push(await png16("7.png", 61, 99, (x, y) => 100 * x + 400 * y));
    samples.push(await png8("8.png", 70, 70, 1, (x) => 2 * x));
    samples.push(await png8("9.png", 70, 90, 3, (_, i) => i % 256));
    dataset = datasetOf(samples);
  });

  test.each<[string, Partial<LoaderOptions>, boolean]>([
    ["as they are", {}, false],
    ["in varying sizes", { multiScale: 0.5 }, false],
    ["as tiles", {}, true],
  ])("gives the same batches whatever the threads, the cache and the start, %s", async (_, variant, tiled) => {
    const data = tiled ? tileDataset(dataset, { tile: 64, overlap: 0.25 }) : dataset;
    const of = (options: Partial<LoaderOptions>, epochs = [0, 1], skip = 0) =>
      digests(data, { augmentation: EVERYTHING, ...variant, ...options }, epochs, skip);
    const expected = await of({ cache: "ram" });
    const count = expected.length / 2;
    expect(new Set(expected).size).toBe(2 * count);
    expect(await of({ cache: "ram", workers: 2 })).toEqual(expected);
    expect(await of({ cache: false, prefetch: 1 })).toEqual(expected);
    expect(await of({ cache: false, workers: 2 })).toEqual(expected);
    const cacheFolder = await mkdtemp(join(folder, "cache-"));
    for (const workers of [2, 0]) expect(await of({ cache: "disk", cacheFolder, workers })).toEqual(expected);
    expect((await readdir(cacheFolder)).length).toBe(data.samples.length);
    expect(await of({ workers: 2 }, [1], 3)).toEqual(expected.slice(count + 3));
  });

  test("decodes a file once for all epochs and runs, however its window is moved", async () => {
    const augmentation = { ...STILL, transforms: [{ name: "window_jitter", p: 1 }] };
    const samples = [
      await dicom("once.dcm", 64, 64, halves(900, 1300)),
      await png16("once.png", 64, 64, halves(9, 60_000)),
    ];
    const changed = new Date(1e12);
    for (const { file } of samples) await utimes(file, changed, changed);
    const twice = datasetOf(samples);
    const expected = await digests(twice, { augmentation, cache: false }, [0, 1, 2]);
    // The window moves in each.
    expect(new Set(expected).size).toBe(3);
    const cacheFolder = join(folder, "kept");
    expect(await digests(twice, { augmentation, cache: "disk", cacheFolder }, [0])).toEqual(expected.slice(0, 1));
    const loader = new Loader(twice, { ...TRAIN, augmentation, cache: "ram", onProblem: "refuse" });
    const images: Uint8Array[] = [];
    for await (const batch of loader.epoch(0)) images.push(batch.images.slice());
    // Nothing can be decoded from now on; the files look as they did.
    for (const { file } of samples) {
      const { size } = await stat(file);
      await writeFile(file, new Uint8Array(size));
      await utimes(file, changed, changed);
    }
    for (const epoch of [1, 2]) for await (const batch of loader.epoch(epoch)) images.push(batch.images.slice());
    await loader.close();
    expect(images.length).toBe(3);
    expect(images[1]).not.toEqual(images[0]);
    expect(await digests(twice, { augmentation, cache: "disk", cacheFolder }, [0, 1, 2])).toEqual(expected);
    await expect(digests(twice, { augmentation, cache: false }, [0])).rejects.toThrow();
  });

  test("keeps files of bytes and of values apart on the disk", async () => {
    const cacheFolder = join(folder, "apart");
    const both = datasetOf([await dicom("apart.dcm", 64, 64, halves(1310, 1410))]);
    const moved = { ...STILL, transforms: [jitter(0.5, 0)] };
    const [plain, shifted] = [
      await digests(both, { augmentation: STILL, cache: false }, [0]),
      await digests(both, { augmentation: moved, cache: false }, [0]),
    ];
    for (let run = 0; run < 2; run++) {
      expect(await digests(both, { augmentation: STILL, cache: "disk", cacheFolder }, [0])).toEqual(plain);
      expect(await digests(both, { augmentation: moved, cache: "disk", cacheFolder }, [0])).toEqual(shifted);
    }
    // 80 bytes of header; 64 x 64 bytes, or 56 bytes and 64 x 64 values of two.
    const sizes = await Promise.all(
      (await readdir(cacheFolder)).map(async (name) => (await stat(join(cacheFolder, name))).size),
    );
    expect(sizes.toSorted((a, b) => a - b)).toEqual([80 + 4096, 80 + 56 + 8192]);
  });
});
