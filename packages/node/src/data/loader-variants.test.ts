import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseCoco } from "@fovea/core/dataset/coco";
import type { Dataset, Sample } from "@fovea/core/dataset/sample";
import { tileDataset } from "@fovea/core/dataset/tiles";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import type { Batch } from "./batch";
import { Loader } from "./loader";
import type { LoaderOptions } from "./loader-options";
import { openDataset } from "./open-dataset";

let folder: string;
let dataset: Dataset;

/**
 * Twelve pictures, each with a rectangle of 20 x 12 pixels around (60, 30) whose green is 100 + 50 * class: four wide, four
 * square, four tall. The last three show none.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-variants-"));
  const samples: Sample[] = [];
  for (let i = 0; i < 12; i++) {
    const [width, height] = [
      [128, 64],
      [96, 96],
      [80, 160],
    ][i % 3];
    const classId = i === 0 ? 1 : 0;
    const empty = i > 8;
    samples.push({
      file: await picture(`${String(i).padStart(2, "0")}.png`, width, height, empty ? [] : [[50, 24, classId]]),
      width,
      height,
      labels: empty ? [] : [{ classId, cx: 60 / width, cy: 30 / height, w: 20 / width, h: 12 / height }],
    });
  }
  dataset = { name: "test", names: ["a", "b"], nc: 2, split: "train", samples, problems: [] };
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A dark picture with rectangles of 20 x 12 pixels at left, top and of a class. */
async function picture(
  name: string,
  width: number,
  height: number,
  marks: readonly (readonly [number, number, number])[],
): Promise<string> {
  const data = new Uint8Array(3 * width * height).fill(20);
  for (const [left, top, classId] of marks) {
    for (let y = top; y < top + 12; y++) {
      for (let x = left; x < left + 20; x++) data.set([220, 100 + 50 * classId, 200], 3 * (y * width + x));
    }
  }
  const file = join(folder, name);
  await writeFile(
    file,
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
  return file;
}

const TRAIN = { imgsz: 64, batch: 4, mode: "train", seed: 3, workers: 0 } as const;
/** Geometry only, so that colours tell classes. */
const GEOMETRY = { hsv_h: 0, hsv_s: 0, hsv_v: 0 };

function digest({ images, targets, files, size, width, height }: Batch): string {
  const hash = createHash("sha1").update(images).update(new Uint8Array(targets.buffer));
  return `${size} ${width}x${height} ${files.map((file) => basename(file)).join(",")} ${hash.digest("hex")}`;
}

async function digests(loader: Loader, epoch: number, skipBatches = 0): Promise<string[]> {
  const seen: string[] = [];
  for await (const batch of loader.epoch(epoch, { skipBatches })) {
    seen.push(digest(batch));
    batch.release();
  }
  return seen;
}

async function withLoader<T>(options: LoaderOptions, run: (loader: Loader) => Promise<T>, data = dataset): Promise<T> {
  const loader = new Loader(data, options);
  try {
    return await run(loader);
  } finally {
    await loader.close();
  }
}

/** Looks at the middle of every box that is wide enough: it must show its class. */
function checkColours({ images, targets, width, height }: Batch): number {
  let checked = 0;
  for (let t = 0; t < targets.length; t += 6) {
    const [index, classId, cx, cy, w, h] = targets.subarray(t, t + 6);
    if (w * width < 4 || h * height < 4) continue;
    const [x, y] = [Math.floor(cx * width), Math.floor(cy * height)];
    const [red, green] = [0, 1].map((plane) => images[((index * 3 + plane) * height + y) * width + x]);
    // Small boxes are a little paler for having been resampled.
    expect(red).toBeGreaterThan(180);
    expect(Math.abs(green - (100 + 50 * classId))).toBeLessThan(22);
    checked++;
  }
  return checked;
}

const SAMPLING = { sampler: "repeat", repeat_threshold: 1, oversample_ratio: 1.5, negatives: 0.2 } as const;

const tiles = () => tileDataset(dataset, { tile: 64, overlap: 0.25 });

/** Every way of making batches that this file is about. */
const VARIANTS: readonly (readonly [string, Partial<LoaderOptions>, boolean])[] = [
  ["sampling by repetition", { sampling: SAMPLING }, false],
  ["sampling with replacement", { sampling: { sampler: "inverse" } }, false],
  ["rectangles", { rect: true }, false],
  ["varying sizes", { multiScale: 0.5 }, false],
  ["tiles", {}, true],
  ["all together", { sampling: SAMPLING, rect: true, multiScale: 0.5 }, true],
];

describe.each(VARIANTS)("Loader with %s", (_, variant, tiled) => {
  const run = <T>(options: Partial<LoaderOptions>, use: (loader: Loader) => Promise<T>) =>
    withLoader({ ...TRAIN, batch: 1, ...variant, ...options }, use, tiled ? tiles() : dataset);

  test("gives the same batches whatever the number of threads, the prefetch and the cache", async () => {
    const both = (options: Partial<LoaderOptions>) =>
      run(options, async (loader) => [await digests(loader, 0), await digests(loader, 1)]);
    const expected = await both({});
    expect(expected[0]).not.toEqual(expected[1]);
    expect(await both({ workers: 1 })).toEqual(expected);
    expect(await both({ workers: 3 })).toEqual(expected);
    expect(await both({ cache: false, prefetch: 1 })).toEqual(expected);
    expect(await both({ cache: "ram", workers: 1 })).toEqual(expected);
    const cacheFolder = await mkdtemp(join(folder, "cache-"));
    for (const workers of [3, 0]) expect(await both({ cache: "disk", cacheFolder, workers })).toEqual(expected);
    expect(await both({ seed: 4 })).not.toEqual(expected);
  });

  test("takes an epoch up at any batch", async () => {
    await run({}, async (loader) => {
      const whole = await digests(loader, 2);
      expect(whole.length).toBe(loader.batchesPerEpoch);
      for (let skip = 1; skip <= whole.length; skip++) {
        expect(await digests(loader, 2, skip)).toEqual(whole.slice(skip));
      }
    });
    const whole = await run({}, (loader) => digests(loader, 2));
    expect(await run({ workers: 2 }, (loader) => digests(loader, 2, 5))).toEqual(whole.slice(5));
  });

  test("keeps labels on their lesions", async () => {
    const checked = await run({ augmentation: GEOMETRY }, async (loader) => {
      let sum = 0;
      for (const epoch of [0, 1, 2, 3]) for await (const batch of loader.epoch(epoch)) sum += checkColours(batch);
      return sum;
    });
    expect(checked).toBeGreaterThan(10);
  });
});

describe("Loader with sampling", () => {
  test("shows what its composition says", async () => {
    await withLoader({ ...TRAIN, sampling: SAMPLING }, async (loader) => {
      // f(0) = 8/12, f(1) = 1/12. Factors: sqrt(12) = 3.464 once, sqrt(1.5) = 1.225 eight times, all by 1.5: 19.893.
      // A quarter of that without lesions makes a fifth: 24.87 in all, 25 images, in batches of four 7.
      expect(loader.batchesPerEpoch).toBe(7);
      const negatives = new Set(dataset.samples.filter(({ labels }) => labels.length === 0).map(({ file }) => file));
      for (const epoch of [0, 1, 2]) {
        const files: string[] = [];
        for await (const batch of loader.epoch(epoch)) files.push(...batch.files);
        const told = loader.composition(epoch);
        expect(told.images).toBe(25);
        expect(files.length).toBe(25);
        expect(told.negatives).toBe(files.filter((file) => negatives.has(file)).length);
        expect(Math.abs(told.negatives - 5)).toBeLessThanOrEqual(3);
        expect(told.distinct).toBe(new Set(files).size);
        const rare = files.filter((file) => file === dataset.samples[0].file).length;
        expect(told.boxes).toEqual([25 - told.negatives - rare, rare]);
        // 3.464 * 1.5 * 25 / 24.87 = 5.22.
        expect([5, 6]).toContain(rare);
      }
    });
  });

  test("varies an image that comes again", async () => {
    const one = { ...dataset, samples: dataset.samples.slice(0, 1) };
    await withLoader(
      { ...TRAIN, batch: 1, sampling: { oversample_ratio: 4 } },
      async (loader) => {
        const seen = await digests(loader, 0);
        expect([seen.length, new Set(seen).size]).toEqual([4, 4]);
      },
      one,
    );
  });

  test("tells the composition of every epoch without a sampler, and of validation", async () => {
    const all = { images: 12, negatives: 3, distinct: 12, boxes: [8, 1] };
    await withLoader(TRAIN, async (loader) => expect(loader.composition(3)).toEqual(all));
    await withLoader({ ...TRAIN, mode: "val" }, async (loader) => expect(loader.composition(0)).toEqual(all));
  });
});

describe("Loader with rectangles in training", () => {
  test("shows every image once an epoch, without margin and without mosaics", async () => {
    const still = { ...GEOMETRY, scale: 0, translate: 0, fliplr: 0, mosaic: 1 };
    await withLoader({ ...TRAIN, rect: true, augmentation: still }, async (loader) => {
      const shapes: string[] = [];
      const files: string[] = [];
      for await (const { files: names, width, height, images } of loader.epoch(0)) {
        shapes.push(`${width}x${height}`);
        files.push(...names);
        expect(images.length).toBe(names.length * 3 * width * height);
        // The grey of margins is 114; the pictures have none of it.
        expect(images.includes(114)).toBe(false);
      }
      expect(shapes.toSorted()).toEqual(["32x64", "64x32", "64x64"]);
      expect(files.toSorted()).toEqual(dataset.samples.map(({ file }) => file));
    });
  });
});

describe("Loader with varying sizes", () => {
  test("says the size of every batch", async () => {
    await withLoader({ ...TRAIN, batch: 1, multiScale: 0.5 }, async (loader) => {
      const sides = new Set<number>();
      for (const epoch of [0, 1, 2, 3, 4, 5]) {
        let index = 0;
        for await (const { width, height } of loader.epoch(epoch)) {
          expect([width, height]).toEqual([loader.sizeAt(epoch, index), loader.sizeAt(epoch, index)]);
          sides.add(width);
          index++;
        }
      }
      // 64 by a half either way, in steps of 32.
      expect([...sides].toSorted((a, b) => a - b)).toEqual([32, 64, 96]);
    });
  });
});

describe("Loader with tiles", () => {
  test("decodes an image once for all its tiles where they are kept", async () => {
    for (const options of [{ cache: "ram" }, { cache: "disk", cacheFolder: join(folder, "kept") }] as const) {
      const file = await picture("large.png", 200, 64, [
        [20, 10, 0],
        [150, 30, 1],
      ]);
      const labels = [
        { classId: 0, cx: 30 / 200, cy: 16 / 64, w: 20 / 200, h: 12 / 64 },
        { classId: 1, cx: 160 / 200, cy: 36 / 64, w: 20 / 200, h: 12 / 64 },
      ];
      const large = { ...dataset, samples: [{ file, width: 200, height: 64, labels }] };
      // Tiles of 64 every 48 columns: 0, 48, 96, 136; the second and third show nothing.
      const data = tileDataset(large, { tile: 64, overlap: 0.25 });
      expect(data.samples.map(({ crop }) => crop?.x)).toEqual([0, 48, 96, 136]);
      const found = await withLoader(
        { ...TRAIN, batch: 1, prefetch: 1, augmentation: { ...GEOMETRY, mosaic: 0 }, ...options },
        async (loader) => {
          let seen = 0;
          let checked = 0;
          for await (const batch of loader.epoch(0)) {
            checked += checkColours(batch);
            // Memory only; the disk's cache asks whether the file is still the same.
            if (++seen === 1 && options.cache === "ram") await rm(file);
          }
          expect(seen).toBe(4);
          expect(loader.problems).toEqual([]);
          return checked;
        },
        data,
      );
      expect(found).toBeGreaterThan(0);
    }
    expect((await readdir(join(folder, "kept"))).length).toBe(4);
  });

  test("validates tile by tile on demand, each with its place in the data set", async () => {
    const data = tiles();
    await withLoader(
      { ...TRAIN, mode: "val" },
      async (loader) => {
        const indices: number[] = [];
        for await (const { sources } of loader.epoch(0)) {
          for (const { index, file, width, height } of sources) {
            indices.push(index);
            expect(data.samples[index]).toMatchObject({ file, width, height });
          }
        }
        expect(indices).toEqual([...data.samples.keys()]);
      },
      data,
    );
  });

  test("says that tiles without a cache are slow", async () => {
    await withLoader(
      { ...TRAIN, cache: false, augmentation: { mosaic: 0 } },
      async (loader) => {
        expect(loader.problems).toMatchObject([{ severity: "warning", message: expect.stringContaining("set cache") }]);
      },
      tiles(),
    );
  });

  test("reports a file that is smaller by now than its tile", async () => {
    const data = tileDataset(
      { ...dataset, samples: [{ file: await picture("shrunk.png", 90, 64, []), width: 200, height: 64, labels: [] }] },
      { tile: 64 },
    );
    await withLoader(
      { ...TRAIN, mode: "val", batch: 8 },
      async (loader) => {
        for await (const { size } of loader.epoch(0)) expect(size).toBe(1);
        expect(loader.problems).toMatchObject([{ severity: "error", code: "invalid_image" }]);
      },
      data,
    );
  });
});

describe("Loader with a cache on disk", () => {
  test("goes on without where it cannot write, and says so once", async () => {
    await writeFile(join(folder, "taken"), "a file");
    const expected = await withLoader(TRAIN, (loader) => digests(loader, 0));
    for (const workers of [0, 2]) {
      const options = { ...TRAIN, cache: "disk", cacheFolder: join(folder, "taken"), workers } as const;
      await withLoader({ ...options, onProblem: "refuse" }, async (loader) => {
        expect(await digests(loader, 0)).toEqual(expected);
        expect(loader.problems).toMatchObject([{ severity: "warning", code: "write_failed" }]);
      });
    }
  });

  test("stands beside the images, where nobody takes it for images", async () => {
    await withLoader({ ...TRAIN, cache: "disk" }, (loader) => digests(loader, 0));
    expect((await readdir(join(folder, ".fovea-cache"))).length).toBe(12);
    await writeFile(join(folder, "data.yaml"), "train: .\nnames: [a, b]\n");
    const { samples } = await openDataset(join(folder, "data.yaml"), "train");
    expect(samples.every(({ file }) => file.endsWith(".png"))).toBe(true);
  });
});

describe("Loader.waitedMs", () => {
  test("counts what the reader of an epoch waited, not what it took", async () => {
    await withLoader(TRAIN, async (loader) => {
      expect(loader.waitedMs).toBe(0);
      const started = performance.now();
      for await (const _ of loader.epoch(0)) await new Promise((resolve) => setTimeout(resolve, 30));
      const took = performance.now() - started;
      expect(loader.waitedMs).toBeGreaterThan(0);
      // Three times 30 ms were the reader's own; timers may be a millisecond early.
      expect(loader.waitedMs).toBeLessThan(took - 85);
    });
  });
});

describe.skipIf(!sharedAvailable)("tileDataset on real data", () => {
  // slice_coco of obss/sahi, commit 9a4e5696, on 20 images: 256 px, overlap 0.2, least share 0.1.
  test("cuts labels as sliced inference's own tool does", async () => {
    const path = sharedPath("data/ref_sahi/slice_coco_bccd_val20.json");
    const { expected, input_coco: input } = JSON.parse(await readFile(path, "utf8"));
    const { images, names } = parseCoco(JSON.stringify(input), { file: path });
    const samples = images.map(({ fileName: file, width, height, labels }) => ({ file, width, height, labels }));
    const whole = { ...dataset, names, nc: names.length, samples };
    const rows = tileDataset(whole, { tile: 256, minVisible: 0.1 }).samples.flatMap(
      ({ file, labels, width = 0, height = 0, crop }) =>
        labels.map(({ cx, cy, w, h }) => {
          const box = [(cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height].map(Math.round);
          return [basename(file, ".jpg"), crop?.x, crop?.y, ...box.map((value) => value + 0)].join();
        }),
    );
    const places = new Map<number, string>();
    for (const { id, file_name } of expected.images) {
      places.set(id, /^(.*)_\d+_(\d+)_(\d+)_\d+_\d+\.png$/.exec(file_name)?.slice(1).join() ?? "");
    }
    const wanted = expected.annotations.map(
      ({ image_id, bbox }: { readonly image_id: number; readonly bbox: readonly number[] }) =>
        `${places.get(image_id)},${bbox.join()}`,
    );
    expect(wanted.length).toBe(943);
    expect(rows.toSorted()).toEqual(wanted.toSorted());
  });
});
