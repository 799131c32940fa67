import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Dataset, Label } from "@fovea/core/dataset/sample";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { boxesToSource } from "@fovea/core/imaging/letterbox";
import { Random } from "@fovea/core/math/random";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import type { Batch } from "./batch";
import { Loader } from "./loader";
import type { EpochOptions, LoaderOptions } from "./loader-options";
import { openDataset } from "./open-dataset";

const COUNT = 13;
let folder: string;
let dataset: Dataset;

/** 13 pictures of several sizes, each with a coloured rectangle that its label marks. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-loader-"));
  await mkdir(join(folder, "images"));
  const samples = [];
  for (let i = 0; i < COUNT; i++) {
    const [width, height] = [60 + 10 * (i % 4), 90 - 7 * (i % 5)];
    const random = new Random(i);
    const data = Uint8Array.from({ length: 3 * width * height }, () => random.integer(0, 40));
    for (let y = 20; y < 40; y++) for (let x = 10; x < 50; x++) data.set([220, 200 - i, 180 + i], 3 * (y * width + x));
    const file = join(folder, "images", `${String(i).padStart(2, "0")}.png`);
    await writeFile(
      file,
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    );
    const label: Label = { classId: i % 3, cx: 30 / width, cy: 30 / height, w: 40 / width, h: 20 / height };
    const corners = Float32Array.of(10, 20, 50, 20, 50, 40, 10, 40);
    const polygon = corners.map((value, k) => value / (k % 2 === 0 ? width : height));
    samples.push({ file, width, height, labels: i === 5 ? [] : [i % 2 ? label : { ...label, polygon }] });
  }
  dataset = { name: "test", names: ["a", "b", "c"], nc: 3, split: "train", samples, problems: [] };
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const TRAIN = { imgsz: 64, batch: 4, mode: "train", seed: 3, workers: 0 } as const;
const VAL = { imgsz: 64, batch: 4, mode: "val", workers: 0 } as const;

/** A batch in few words. */
function digest({ images, targets, masks, files, size, width, height }: Batch): string {
  const hash = createHash("sha1").update(images).update(new Uint8Array(targets.buffer));
  if (masks) hash.update(masks);
  return `${size} ${width}x${height} ${files.map((file) => basename(file)).join(",")} ${hash.digest("hex")}`;
}

async function digests(loader: Loader, epoch: number, options?: EpochOptions): Promise<string[]> {
  const seen: string[] = [];
  for await (const batch of loader.epoch(epoch, options)) {
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

describe("Loader in training", () => {
  test("visits every image once an epoch, in another order each time", async () => {
    await withLoader(TRAIN, async (loader) => {
      expect(loader.batchesPerEpoch).toBe(4);
      const orders: string[] = [];
      for (const epoch of [0, 1]) {
        const files: string[] = [];
        const sizes: number[] = [];
        for await (const batch of loader.epoch(epoch)) {
          files.push(...batch.files);
          sizes.push(batch.size);
          expect(batch.images.length).toBe(batch.size * 3 * 64 * 64);
          expect(batch.sources).toEqual([]);
          expect(batch.masks).toBeUndefined();
        }
        expect(sizes).toEqual([4, 4, 4, 1]);
        expect(files.toSorted()).toEqual(dataset.samples.map(({ file }) => file));
        orders.push(files.join());
      }
      expect(orders[0]).not.toBe(orders[1]);
    });
  });

  test("gives the same batches whatever the number of threads, the prefetch and the cache", async () => {
    const both = (options: Partial<LoaderOptions>) =>
      withLoader({ ...TRAIN, masks: true, ...options }, async (loader) => [
        await digests(loader, 0),
        await digests(loader, 1),
        await digests(loader, 2, { mosaic: false }),
      ]);
    const expected = await both({});
    expect(await both({ workers: 1 })).toEqual(expected);
    expect(await both({ workers: 3 })).toEqual(expected);
    expect(await both({ workers: 2, prefetch: 1, cache: false })).toEqual(expected);
    expect(await both({ cache: "ram", prefetch: 9 })).toEqual(expected);
    expect(await both({ seed: 4 })).not.toEqual(expected);
  });

  test("takes an epoch up at any batch", async () => {
    const whole = await withLoader(TRAIN, (loader) => digests(loader, 5));
    for (const workers of [0, 2]) {
      const rest = await withLoader({ ...TRAIN, workers }, (loader) => digests(loader, 5, { skipBatches: 2 }));
      expect(rest).toEqual(whole.slice(2));
    }
    expect(await withLoader(TRAIN, (loader) => digests(loader, 5, { skipBatches: 4 }))).toEqual([]);
  });

  test("can be left early and used again", async () => {
    for (const workers of [0, 2]) {
      await withLoader({ ...TRAIN, workers }, async (loader) => {
        for await (const batch of loader.epoch(0)) {
          batch.release();
          break;
        }
        expect(await digests(loader, 1)).toEqual(await withLoader(TRAIN, (fresh) => digests(fresh, 1)));
      });
    }
  });

  test("runs one epoch at a time", async () => {
    await withLoader(TRAIN, async (loader) => {
      const first = loader.epoch(0);
      await first.next();
      await expect(loader.epoch(1).next()).rejects.toThrow("not at its end");
      await first.return();
      expect((await digests(loader, 1)).length).toBe(4);
    });
  });

  test("uses the memory of released batches again", async () => {
    await withLoader({ ...TRAIN, prefetch: 1 }, async (loader) => {
      const memory = new Set<ArrayBuffer>();
      for (const epoch of [0, 1, 2]) {
        for await (const batch of loader.epoch(epoch)) {
          memory.add(batch.images.buffer);
          batch.release();
          batch.release();
        }
      }
      expect(memory.size).toBe(1);
    });
  });

  test("keeps labels on their lesions", async () => {
    let boxes = 0;
    await withLoader({ ...TRAIN, augmentation: { degrees: 0, hsv_h: 0, hsv_s: 0, hsv_v: 0 } }, async (loader) => {
      for (const epoch of [0, 1, 2, 3]) {
        for await (const { images, targets } of loader.epoch(epoch)) {
          for (let t = 0; t < targets.length; t += 6) {
            const [image, classId, cx, cy, w, h] = targets.subarray(t, t + 6);
            const x = Math.min(63, Math.floor(cx * 64));
            const y = Math.min(63, Math.floor(cy * 64));
            // The middle of every box shows the colour of a rectangle; its green tells which, and so its class.
            const [red, green] = [0, 1].map((c) => images[((image * 3 + c) * 64 + y) * 64 + x]);
            boxes++;
            if (w * 64 < 4 || h * 64 < 4) continue;
            expect(red).toBe(220);
            expect((200 - green) % 3).toBe(classId);
          }
        }
      }
    });
    expect(boxes).toBeGreaterThan(100);
  });

  test("shows the whole image without a mosaic", async () => {
    const still = { scale: 0, translate: 0, fliplr: 0, hsv_h: 0, hsv_s: 0, hsv_v: 0 };
    const validation = await withLoader(VAL, async (loader) => {
      const byFile = new Map<string, string>();
      for await (const { images, files } of loader.epoch(0)) {
        for (const [i, file] of files.entries()) byFile.set(file, hashOf(images, i));
      }
      return byFile;
    });
    await withLoader({ ...TRAIN, augmentation: still }, async (loader) => {
      for await (const { images, files } of loader.epoch(0, { mosaic: false })) {
        // 60 x 90 scaled to 43 x 64 lies on whole pixels, as does every other: the two ways must agree.
        for (const [i, file] of files.entries()) expect(hashOf(images, i)).toBe(validation.get(file));
      }
    });
  });

  test("gives masks in the order of the targets", async () => {
    await withLoader({ ...TRAIN, masks: true }, async (loader) => {
      expect(loader.problems).toMatchObject([{ severity: "warning", code: "invalid_label" }]);
      for await (const { targets, masks, size } of loader.epoch(0)) {
        expect(masks?.length).toBe(size * 16 * 16);
        const rows = new Map<number, number>();
        for (let t = 0; t < targets.length; t += 6) {
          const image = targets[t];
          const k = (rows.get(image) ?? 0) + 1;
          rows.set(image, k);
          const map = masks?.subarray(image * 256, image * 256 + 256) ?? new Uint8Array(0);
          const x = Math.min(15, Math.floor(targets[t + 2] * 16));
          const y = Math.min(15, Math.floor(targets[t + 3] * 16));
          // Lesions of different images never overlap.
          expect(map[y * 16 + x]).toBe(k);
        }
        for (let i = 0; i < size; i++) {
          expect(Math.max(...(masks?.subarray(i * 256, i * 256 + 256) ?? []))).toBe(rows.get(i) ?? 0);
        }
      }
    });
  });

  test("replaces a file that cannot be decoded by another, the same everywhere, and says so", async () => {
    const data = await withBrokenFile();
    const run = (options: Partial<LoaderOptions>) =>
      withLoader(
        { ...TRAIN, ...options },
        async (loader) => {
          const seen = await digests(loader, 0);
          expect(loader.problems).toMatchObject([
            { severity: "error", code: "invalid_image", file: data.samples[3].file },
          ]);
          return seen;
        },
        data,
      );
    const expected = await run({});
    expect(expected.map((text) => text.split(" ")[0])).toEqual(["4", "4", "4", "1"]);
    expect(expected.some((text) => text.includes("broken"))).toBe(false);
    expect(await run({ workers: 2, cache: false })).toEqual(expected);
    expect(await run({ workers: 1, cache: true })).toEqual(expected);
  });

  test("refuses a file that cannot be decoded on demand", async () => {
    const data = await withBrokenFile();
    for (const workers of [0, 1]) {
      await withLoader(
        { ...TRAIN, workers, onProblem: "refuse" },
        async (loader) => {
          await expect(digests(loader, 0)).rejects.toMatchObject({ code: "invalid_image" });
        },
        data,
      );
    }
  });

  test("gives up when nothing can be decoded", async () => {
    const data = await withBrokenFile();
    const hopeless = { ...data, samples: [data.samples[3]] };
    for (const workers of [0, 1]) {
      await withLoader(
        { ...TRAIN, workers },
        async (loader) => {
          const error: unknown = await digests(loader, 0).catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(FoveaError);
          expect(error).toMatchObject({ code: "invalid_dataset", place: { file: hopeless.samples[0].file } });
        },
        hopeless,
      );
    }
  });

  test.each([
    [{ imgsz: 16 }, "imgsz is 16"],
    [{ imgsz: 66 }, "imgsz is 66, expected a multiple of 4"],
    [{ batch: 0 }, "batch is 0"],
    [{ workers: -1 }, "workers is -1"],
    [{ prefetch: 0 }, "prefetch is 0"],
    [{ rect: true, imgsz: 68 }, "imgsz is 68, expected a multiple of 32"],
    [{ multiScale: 1 }, "multi_scale is 1"],
    [{ sampling: { negatives: 1 } }, "negatives is 1"],
    [{ augmentation: { scale: 2 } }, "scale is 2"],
    [{ augmentation: { perspective: 0.002 } }, "expected 0 to 0.001"],
  ])("refuses %j", (options, message) => {
    expect(() => new Loader(dataset, { ...TRAIN, ...options })).toThrow(ArgumentError);
    expect(() => new Loader(dataset, { ...TRAIN, ...options })).toThrow(message);
  });

  test("refuses an empty data set", () => {
    expect(() => new Loader({ ...dataset, samples: [] }, TRAIN)).toThrow("no image in train of test");
  });
});

describe("Loader in validation", () => {
  test("letterboxes in the order of the data set and tells the way back", async () => {
    await withLoader(VAL, async (loader) => {
      const files: string[] = [];
      for await (const { targets, sources, files: names, size } of loader.epoch(0)) {
        files.push(...names);
        expect(sources.map(({ file }) => file)).toEqual(names);
        for (let t = 0; t < targets.length; t += 6) {
          const [image, , cx, cy, w, h] = targets.subarray(t, t + 6);
          const { width, height, transform } = sources[image];
          const box = Float32Array.of((cx - w / 2) * 64, (cy - h / 2) * 64, (cx + w / 2) * 64, (cy + h / 2) * 64);
          const [x1, y1, x2, y2] = boxesToSource(box, transform, width, height);
          // Sides are rounded up to whole pixels when fitted: within 1 / 64 of the side.
          for (const [found, wanted] of [
            [x1, 10],
            [y1, 20],
            [x2, 50],
            [y2, 40],
          ]) {
            expect(Math.abs(found - wanted)).toBeLessThan(1.5);
          }
        }
        expect(size).toBe(names.length);
      }
      expect(files).toEqual(dataset.samples.map(({ file }) => file));
    });
  });

  test("scales by the height", async () => {
    await withLoader(VAL, async (loader) => {
      const { value: batch } = await loader.epoch(0).next();
      // Image 0: 60 x 90 into 64: 43 x 64 (60 * 64 / 90 = 42.7), 21 spare columns, 10.5 - .1 to the left.
      expect(batch?.sources[0]).toMatchObject({
        width: 60,
        height: 90,
        transform: { scale: 64 / 90, left: 10, top: 0 },
      });
      // cx 30 / 60 of 43 columns from 10 on, of 64.
      expect(batch?.targets[2]).toBeCloseTo((10 + 21.5) / 64, 6);
    });
  });

  test("makes rectangles of like proportions on demand", async () => {
    await withLoader({ ...VAL, rect: true }, async (loader) => {
      const shapes: string[] = [];
      const files: string[] = [];
      for await (const batch of loader.epoch(0)) {
        shapes.push(`${batch.width}x${batch.height}`);
        files.push(...batch.files);
        expect(batch.images.length).toBe(batch.size * 3 * batch.width * batch.height);
      }
      expect(files.toSorted()).toEqual(dataset.samples.map(({ file }) => file));
      expect(files).not.toEqual(files.toSorted());
      // imgsz 64, stride 32: ceil(2 * share + .5) cells; a share of .75 and less is 2 cells, more is 3.
      for (const shape of shapes) expect(shape).toMatch(/^(64|96)x(64|96)$/);
    });
  });

  test("is the same in every epoch and for every number of threads", async () => {
    const run = (workers: number, epoch: number) =>
      withLoader({ ...VAL, workers, rect: true }, (loader) => digests(loader, epoch));
    expect(await run(2, 0)).toEqual(await run(0, 7));
  });

  test("leaves out a file that cannot be decoded, and says so", async () => {
    const data = await withBrokenFile();
    await withLoader(
      VAL,
      async (loader) => {
        const sizes = (await digests(loader, 0)).map((text) => Number(text.split(" ")[0]));
        expect(sizes).toEqual([3, 4, 4, 1]);
        expect(loader.problems.length).toBe(1);
      },
      data,
    );
  });
});

describe.skipIf(!sharedAvailable)("Loader on DICOM files", () => {
  test("reads them like any image", async () => {
    const file = sharedPath("data/dicom/pydicom/test_files/CT_small.dcm");
    await writeFile(join(folder, "list.txt"), `${file}\n`);
    await writeFile(join(folder, "dicom.yaml"), "val: list.txt\nnames: [nodule]\n");
    const data = await openDataset(join(folder, "dicom.yaml"), "val");
    expect(data.samples[0]).toMatchObject({ width: 128, height: 128 });
    await withLoader(
      VAL,
      async (loader) => {
        const { value: batch } = await loader.epoch(0).next();
        expect(new Set(batch?.images.subarray(0, 4096)).size).toBeGreaterThan(20);
      },
      data,
    );
  });
});

function hashOf(images: Uint8Array, i: number): string {
  return createHash("sha1")
    .update(images.subarray(i * 3 * 64 * 64, (i + 1) * 3 * 64 * 64))
    .digest("hex");
}

/** The data set with a damaged file in place of its fourth. */
async function withBrokenFile(): Promise<Dataset> {
  const file = join(folder, "broken.png");
  await writeFile(file, "not an image");
  return { ...dataset, samples: dataset.samples.map((sample, i) => (i === 3 ? { ...sample, file } : sample)) };
}
