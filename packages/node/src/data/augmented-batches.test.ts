import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset } from "@fovea/core/dataset/sample";
import { shownLevels } from "@fovea/core/dicom/measured-image";
import type { AugmentationOptions } from "@fovea/core/imaging/augment/augmentation";
import { cutLevels } from "@fovea/core/imaging/grey-levels";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { Loader } from "./loader";
import type { LoaderOptions } from "./loader-options";
import { isMeasured, readMeasuredImage, readSourceImage } from "./source-image";

let folder: string;
let dataset: Dataset;

/** Nine pictures, each with a bright square on dark ground, half of them outlined. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-augmented-"));
  await mkdir(join(folder, "images"));
  const samples = [];
  for (let i = 0; i < 9; i++) {
    const [width, height] = [64, 48 + 4 * (i % 3)];
    const data = new Uint8Array(width * height).fill(30);
    for (let y = 10; y < 30; y++) data.fill(220, y * width + 20, y * width + 40);
    const file = join(folder, "images", `${i}.png`);
    const raw = { width, height, channels: 1 } as const;
    await writeFile(file, await sharp(data, { raw }).png().toBuffer());
    const [x1, y1, x2, y2] = [20 / width, 10 / height, 40 / width, 30 / height];
    const polygon = i % 2 ? Float32Array.of(x1, y1, x2, y1, x2, y2, x1, y2) : undefined;
    samples.push({
      ...{ file, width, height },
      labels: [{ classId: 0, cx: (x1 + x2) / 2, cy: (y1 + y2) / 2, w: x2 - x1, h: y2 - y1, polygon }],
    });
  }
  dataset = { name: "test", names: ["left", "right"], nc: 2, split: "train", samples, problems: [] };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const EVERYTHING: AugmentationOptions = {
  ...{ degrees: 10, perspective: 0.0005, mixup: 0.5, cutmix: 0.5, copy_paste: 0.5, erasing: 0.3, mosaic: 0.5 },
  flip_swap: [1, 0],
  transforms: [
    { name: "window_jitter", p: 0.7 },
    { name: "ElasticTransform", p: 0.5, alpha: 20, sigma: 6 },
    { name: "CLAHE", p: 0.5, tile_grid_size: [2, 2] },
    { name: "GaussNoise", p: 0.5 },
    { name: "OneOf", p: 0.5, transforms: [{ name: "MotionBlur" }, { name: "MedianBlur" }] },
  ],
};

async function digests(options: Partial<LoaderOptions>, epoch = 0, skipBatches = 0): Promise<string[]> {
  const settings = { imgsz: 64, batch: 3, mode: "train", seed: 3, workers: 0, masks: true } as const;
  const loader = new Loader(dataset, { ...settings, augmentation: EVERYTHING, ...options });
  try {
    const seen: string[] = [];
    for await (const { images, targets, masks, release } of loader.epoch(epoch, { skipBatches })) {
      const hash = createHash("sha1").update(images).update(new Uint8Array(targets.buffer));
      seen.push(hash.update(masks ?? "").digest("hex"));
      release();
    }
    return seen;
  } finally {
    await loader.close();
  }
}

describe("Loader with every augmentation on", () => {
  test("gives the same batches whatever the number of threads and the cache, from any batch on", async () => {
    const expected = await digests({});
    expect(expected).toHaveLength(3);
    expect(await digests({ workers: 2 })).toEqual(expected);
    expect(await digests({ workers: 1, cache: false, prefetch: 1 })).toEqual(expected);
    expect(await digests({}, 0, 2)).toEqual(expected.slice(2));
    expect(await digests({}, 1)).not.toEqual(expected);
    expect(await digests({ seed: 4 })).not.toEqual(expected);
  });

  test("swaps the classes of mirrored images alone", async () => {
    const augmentation = { mosaic: 0, fliplr: 1, flip_swap: [1, 0] };
    const loader = new Loader(dataset, { imgsz: 64, batch: 3, mode: "train", workers: 0, augmentation });
    for await (const { targets } of loader.epoch(0)) {
      for (let i = 0; i < targets.length; i += 6) expect(targets[i + 1]).toBe(1);
    }
    await loader.close();
  });

  test("carries weights, and regions to ignore, to their targets", async () => {
    const { samples } = dataset;
    const soft = samples.map((sample, i) => ({
      ...sample,
      labels: sample.labels.map((label) => ({ ...label, weight: i % 3 === 0 ? 0.25 : undefined })),
      ignored: i % 3 === 1 ? [{ cx: 0.1, cy: 0.1, w: 0.2, h: 0.2 }] : [],
    }));
    const common = { imgsz: 64, batch: 9, workers: 0, masks: true } as const;
    for (const mode of ["train", "val"] as const) {
      const augmentation = { mosaic: 0, fliplr: 1, flip_swap: [1, 0], translate: 0, scale: 0 };
      const loader = new Loader({ ...dataset, samples: soft }, { ...common, mode, augmentation });
      for await (const { targets, weights = [], ignored = [], masks = [], files } of loader.epoch(0)) {
        expect([weights.length, ignored.length]).toEqual([12, 12]);
        for (let t = 0; t < 12; t++) {
          const [image, classId, cx] = targets.subarray(6 * t, 6 * t + 3);
          const i = samples.findIndex(({ file }) => file === files[image]);
          expect(ignored[t]).toBe(classId === -1 ? 1 : 0);
          expect(weights[t]).toBe(classId >= 0 && i % 3 === 0 ? 0.25 : 1);
          // To the left in the file, and so to the right in training.
          if (ignored[t]) expect(cx).toBeCloseTo(mode === "train" ? 0.9 : 0.1);
          // The region counts as the image's largest: the lesion after it shows in the mask where they overlap.
          if (ignored[t])
            expect(targets.subarray(6 * t + 6, 6 * t + 8)).toEqual(
              Float32Array.of(image, classId + (mode === "train" ? 2 : 1)),
            );
        }
        expect(new Set(masks)).toEqual(new Set([0, 1, 2]));
      }
      await loader.close();
    }
  });

  test("moves the window of bytes where there is nothing deeper", async () => {
    // Centre 127.5 + .2 x 255 = 178.5: 220 becomes 220 - 51 = 169, 30 black.
    const transforms = [{ name: "window_jitter", p: 1, center_limit: [0.2, 0.2], width_limit: [0, 0] }];
    const augmentation = {
      ...{ mosaic: 0, fliplr: 0, hsv_h: 0, hsv_s: 0, hsv_v: 0, scale: 0, translate: 0 },
      transforms,
    };
    const loader = new Loader(dataset, { imgsz: 64, batch: 1, mode: "train", workers: 0, augmentation });
    for await (const { images } of loader.epoch(0)) expect(new Set(images)).toEqual(new Set([0, 169, 114]));
    await loader.close();
  });
});

test.skipIf(!sharedAvailable)(
  "shownLevels moves the window of a DICOM file before its values become bytes",
  async () => {
    const file = sharedPath("data/dicom/pydicom/test_files/CT_small.dcm");
    const measured = await readMeasuredImage(file);
    if (!isMeasured(measured)) throw new Error("CT_small.dcm is monochrome");
    const [plain, moved] = [await readSourceImage(file), cutLevels(shownLevels(measured, { center: 0, width: -0.5 }))];
    // Half the width: contrast doubles about the middle, and what lies between the old levels shows.
    expect(new Set(moved.data).size).toBeGreaterThan(20);
    for (let i = 0; i < plain.data.length; i++) {
      const expected = Math.min(Math.max(127.5 + 2 * (plain.data[i] - 127.5), 0), 255);
      expect(Math.abs(moved.data[i] - expected)).toBeLessThanOrEqual(2);
    }
  },
);
