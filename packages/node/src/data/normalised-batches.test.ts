/**
 * @file What networks see of images under `zscore`: from the loader, in training and validation, and in prediction.
 */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset, Sample } from "@fovea/core/dataset/sample";
import { tileDataset } from "@fovea/core/dataset/tiles";
import { toPlanes } from "@fovea/core/imaging/color";
import type { ByteImage } from "@fovea/core/imaging/image";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dicomBytes, greyElements, type TestElement } from "../../../core/test/dicom-bytes";
import { brightness, jitter } from "../../test/fixed-transforms";
import { FilePredictor } from "../predict/file-predictor";
import { Loader } from "./loader";
import type { LoaderOptions } from "./loader-options";

const SIDE = 64;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-normalised-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Value = (x: number, y: number, channel: number) => number;

async function put(name: string, content: Uint8Array, width = SIDE): Promise<Sample> {
  const file = join(folder, name);
  await writeFile(file, content);
  return { file, width, height: SIDE, labels: [{ classId: 0, cx: 0.5, cy: 0.5, w: 0.4, h: 0.3 }] };
}

const valuesOf = (channels: number, value: Value, width = SIDE): number[] =>
  Array.from({ length: width * SIDE * channels }, (_, i) => {
    const p = Math.floor(i / channels);
    return value(p % width, Math.floor(p / width), i % channels);
  });

async function png(name: string, bits: 8 | 16, channels: 1 | 3, value: Value): Promise<Sample> {
  const values = valuesOf(channels, value);
  const data = bits === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
  const picture = sharp(data, { raw: { width: SIDE, height: SIDE, channels } });
  const [grey, colours] = bits === 8 ? ["b-w", "srgb"] : ["grey16", "rgb16"];
  return put(
    name,
    await picture
      .toColourspace(channels === 1 ? grey : colours)
      .png()
      .toBuffer(),
  );
}

/** A DICOM file of 16 bits, shown from 9.5 to 10.5: what is brighter is white. */
function dicom(name: string, value: Value, extra: readonly TestElement[] = [], width = SIDE): Promise<Sample> {
  const pixels = new Uint8Array(Uint16Array.from(valuesOf(1, value, width)).buffer);
  const window: TestElement[] = [
    [0x00281050, "DS", "10"],
    [0x00281051, "DS", "1"],
    [0x00281056, "CS", "LINEAR_EXACT"],
  ];
  return put(name, dicomBytes(greyElements(SIDE, width, pixels, [...window, ...extra])), width);
}

const datasetOf = (samples: readonly Sample[]): Dataset => ({
  ...{ name: "test", names: ["a"], nc: 1, split: "train", problems: [] },
  samples,
});

const STILL = { mosaic: 0, fliplr: 0, hsv_h: 0, hsv_s: 0, hsv_v: 0, scale: 0, translate: 0 };

/** The planes of the first image that a loader gives. */
async function planes(dataset: Dataset, options: Partial<LoaderOptions>): Promise<Uint8Array> {
  const loader = new Loader(dataset, {
    ...{ imgsz: SIDE, batch: 1, mode: "val", workers: 0, normalize: "zscore", onProblem: "refuse" },
    ...options,
  });
  try {
    for await (const { images } of loader.epoch(0)) return images.slice(0, 3 * SIDE * SIDE);
    throw new Error("no batch");
  } finally {
    await loader.close();
  }
}

const trained = (sample: Sample, transforms?: readonly object[]) =>
  planes(datasetOf([sample]), { mode: "train", augmentation: { ...STILL, transforms } });

/** The planes that the network is shown in prediction. */
async function predicted({ file }: Sample): Promise<Uint8Array> {
  const seen: ByteImage[] = [];
  const looker = {
    detect: async (image: ByteImage) => {
      seen.push(image);
      return [];
    },
  };
  const predictor = new FilePredictor(looker, { normalize: "zscore", window: { center: 0, width: 2 } });
  try {
    await predictor.predict({ file, pictureName: "x" });
  } finally {
    await predictor.close();
  }
  const out = new Uint8Array(3 * SIDE * SIDE);
  toPlanes(seen[0], out, 0);
  return out;
}

const slope: Value = (x, y) => 500 + 9 * x + 3 * y;
const halves =
  (left: number, right: number, at = SIDE / 2): Value =>
  (x) =>
    x < at ? left : right;

/** Two pixels of the red plane, in the left and in the right half. */
const pair = (images: Uint8Array) => [images[SIDE * 20 + 10], images[SIDE * 20 + 62]];

describe("under zscore", () => {
  test("training, validation and prediction see the same bytes", async () => {
    const samples = [
      await png("grey8.png", 8, 1, (x, y) => 40 + x + (y >> 1)),
      await png("colour8.png", 8, 3, (x, y, c) => 20 + 2 * x + (c === 1 ? y : 0)),
      await png("grey16.png", 16, 1, slope),
      await png("colour16.png", 16, 3, (x, y, c) => slope(x, y, 0) + 40 * c),
      await dicom("slope.dcm", slope),
      await dicom("inverted.dcm", slope, [[0x00280004, "CS", "MONOCHROME1"]]),
    ];
    // The last row and column are read by 1/256 from the ones before.
    const inside = (images: Uint8Array) => images.map((byte, i) => (i % 64 < 63 && (i >> 6) % 64 < 63 ? byte : 0));
    for (const sample of samples) {
      const wanted = await predicted(sample);
      expect(new Set(wanted).size).toBeGreaterThan(90);
      expect(await planes(datasetOf([sample]), {})).toEqual(wanted);
      for (const transforms of [undefined, [jitter(0, 0)], [brightness(0)]]) {
        expect(inside(await trained(sample, transforms))).toEqual(inside(wanted));
      }
      const plain = await planes(datasetOf([sample]), { normalize: "none" });
      expect(plain).not.toEqual(wanted);
    }
  });

  test("colours of 16 bits are not brought to bytes first", async () => {
    // One high byte, 3, for all: mean 1005, deviation 5.
    const sample = await png("fine.png", 16, 3, halves(1000, 1010));
    expect(pair(await planes(datasetOf([sample]), {}))).toEqual([85, 170]);
    expect(pair(await predicted(sample))).toEqual([85, 170]);
  });

  // Mean 1200, deviation 200: from 600 to 1800.
  const KINDS = [
    ["a 16-bit picture", (name: string, value: Value) => png(`${name}.png`, 16, 1, value)],
    ["a DICOM file", (name: string, value: Value) => dicom(`${name}.dcm`, value)],
  ] as const;

  test.each(KINDS)("window_jitter and values of %s act on its own window", async (_, make) => {
    const sample = await make("halves", halves(1000, 1400));
    expect(pair(await trained(sample))).toEqual([85, 170]);
    // Centre 1200 + .25 x 1200 = 1500, from 900: 255 x 100 / 1200 = 21.25 and 106.25.
    expect(pair(await trained(sample, [jitter(0.25, 0)]))).toEqual([21, 106]);
    // Twice the width, from 0 to 2400: 106.25 and 148.75.
    expect(pair(await trained(sample, [jitter(0, 1)]))).toEqual([106, 149]);
    // .2 x 255 = 51 less.
    expect(pair(await trained(sample, [brightness(-0.2)]))).toEqual([34, 119]);
  });

  test.each(KINDS)("what lies beyond three deviations of %s can come into sight", async (_, make) => {
    // 4 of 64 columns have 1600: mean 100, deviation 400 sqrt(15) / 4 = 387.30, from -1061.9 to 1261.9. 0 is 116.5, 1600 is 292.1.
    const sample = await make("beyond", halves(0, 1600, 60));
    expect(pair(await trained(sample))).toEqual([117, 255]);
    expect(pair(await trained(sample, [brightness(-0.2)]))).toEqual([66, 241]);
  });

  test("window_jitter of 8 bits moves the window over what is shown", async () => {
    const sample = await png("halves8.png", 8, 1, halves(100, 140));
    // 85 and 170 seen from 255 / 4 on.
    expect(pair(await trained(sample, [jitter(0.25, 0)]))).toEqual([21, 106]);
  });

  test("mean and deviation are those of the whole file, of which tiles are cut", async () => {
    const sample = await dicom("wide.dcm", halves(1000, 1400, 64), [], 128);
    const tiles = tileDataset(datasetOf([sample]), { tile: 64, overlap: 0 });
    expect(tiles.samples).toHaveLength(2);
    for (const transforms of [undefined, [jitter(0, 0)]]) {
      const levels = [];
      for (const tile of tiles.samples) {
        const augmentation = { ...STILL, transforms };
        const images = await planes(datasetOf([tile]), { mode: "train", augmentation });
        levels.push(...new Set(images));
      }
      expect(levels.toSorted((a, b) => a - b)).toEqual([85, 170]);
    }
  });

  test("images are resized after that", async () => {
    // Of columns 0 and 100 in turn half the size is even; made before, its deviation would be none.
    const value: Value = (x) => (x % 2 ? 100 : 0);
    const sample = await png("stripes.png", 8, 1, (x, y, c) => (y < 32 ? value(x, y, c) : 100));
    const half = await planes(datasetOf([sample]), { imgsz: 32 });
    // A quarter is 0: mean 75, deviation 43.30, width 259.8 from -54.9. 0 is 53.9 and 100 is 152.0; their mean is 103.
    expect([half[32 * 5 + 10], half[32 * 25 + 10]]).toEqual([103, 152]);
  });

  test("a cache on disk of one kind is not read as the other", async () => {
    const sample = await dicom("cached.dcm", halves(1000, 1400));
    const cacheFolder = join(folder, "cache");
    const kinds = [
      { normalize: "none", seen: [255, 255] },
      { normalize: "zscore", seen: [85, 170] },
    ] as const;
    // Each is read twice, the second time from its file.
    for (const { normalize, seen } of [...kinds, ...kinds]) {
      for (const transforms of [undefined, [jitter(0, 0)]]) {
        const augmentation = { ...STILL, transforms };
        const options = { normalize, mode: "train", augmentation, cache: "disk", cacheFolder } as const;
        expect(pair(await planes(datasetOf([sample]), options))).toEqual(seen);
      }
    }
    expect(await readdir(cacheFolder)).toHaveLength(4);
  });
});
