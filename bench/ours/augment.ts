/**
 * @file Our augmentation of ten images, asked for by the harness.
 *
 * The check numbers are how many boxes are kept and the mean of all values.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { augment } from "@fovea/core/imaging/augment/augment";
import { type AugmentationOptions, augmentation } from "@fovea/core/imaging/augment/augmentation";
import type { Source } from "@fovea/core/imaging/augment/tile";
import { toPlanes } from "@fovea/core/imaging/color";
import { image } from "@fovea/core/imaging/image";
import { frameMemory } from "@fovea/core/imaging/pixel-kernel/pixel-kernel";
import { hashSeed, Random } from "@fovea/core/math/random";

import type { Fitted } from "../harness/fitted-images";
import { serve } from "./serve";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "" },
    size: { type: "string", default: "640" },
    plan: { type: "string", default: "full" },
  },
});

const COUNT = 10;
const GEOMETRY = { degrees: 10, translate: 0.1, scale: 0.3, fliplr: 0.5 };
const STILL = { hsv_h: 0, hsv_s: 0, hsv_v: 0, degrees: 0, translate: 0, scale: 0, fliplr: 0, mosaic: 0 };
const HSV = { hsv_h: 0.015, hsv_s: 0.7, hsv_v: 0.4 };

/** The transforms of the pipeline; peer/augment.py has the same. */
const TRANSFORMS: Readonly<Record<string, { readonly name: string }>> = {
  contrast: { name: "RandomBrightnessContrast" },
  clahe: { name: "CLAHE" },
  gamma: { name: "RandomGamma" },
  noise: { name: "GaussNoise" },
  speckle: { name: "RayleighSpeckle" },
  motion: Object.assign({ name: "MotionBlur" }, { blur_limit: [5, 5] }),
  median: Object.assign({ name: "MedianBlur" }, { blur_limit: [3, 3] }),
  gauss: Object.assign({ name: "GaussianBlur" }, { blur_limit: [5, 5] }),
  elastic: Object.assign({ name: "ElasticTransform" }, { alpha: 120, sigma: 12 }),
};

/** Which of ten images each acts on, under `full`. */
const FULL: Readonly<Record<string, readonly number[]>> = {
  mosaic: [0, 2, 4, 6, 8],
  contrast: [0, 1, 2, 3, 4],
  clahe: [1, 3, 5, 7, 9],
  gamma: [2, 5, 8],
  noise: [0, 4, 7],
  motion: [3],
  median: [6],
  gauss: [9],
};

function optionsOf(plan: string, k: number): AugmentationOptions {
  if (plan === "geometry") return { ...STILL, ...GEOMETRY, mosaic: 1 };
  if (plan === "mosaicless") return { ...STILL, ...GEOMETRY };
  if (plan === "hsv") return { ...STILL, ...HSV };
  if (plan in TRANSFORMS) return { ...STILL, transforms: [{ ...TRANSFORMS[plan], p: 1 }] };
  if (plan !== "full") throw new Error(`--plan: ${plan} is none`);
  const names = Object.keys(TRANSFORMS).filter((name) => FULL[name]?.includes(k));
  const transforms = names.map((name) => ({ ...TRANSFORMS[name], p: 1 }));
  return { ...GEOMETRY, ...HSV, mosaic: FULL.mosaic.includes(k) ? 1 : 0, transforms };
}

const size = Number(values.size);
const described: readonly Fitted[] = JSON.parse(readFileSync(join(values.images, "images.json"), "utf8"));
const sources: readonly Source[] = described.map(({ width, height, channels, rows }, i) => ({
  image: image(width, height, channels, new Uint8Array(readFileSync(join(values.images, `${i}.raw`)))),
  labels: { rows: Float32Array.from(rows) },
}));
const settings = Array.from({ length: COUNT }, (_, k) => augmentation(optionsOf(values.plan, k)));
const scratch = frameMemory(3 * size * size);
const batch = new Uint8Array(COUNT * 3 * size * size);

let step = 0;
await serve(() => {
  let boxes = 0;
  for (let k = 0; k < COUNT; k++) {
    const random = new Random(hashSeed(step, k));
    const first = (step * COUNT + k) % sources.length;
    const count = settings[k].mosaic > 0 ? 4 : 1;
    const used = Array.from({ length: count }, (_, i) => sources[(first + 5 * i) % sources.length]);
    const { image: shown, labels } = augment(used, settings[k], size, random, scratch);
    toPlanes(shown, batch, k * 3 * size * size);
    boxes += labels.length;
  }
  step++;
  // Every 64th value: the mean must not cost what is timed.
  let sum = 0;
  for (let i = 0; i < batch.length; i += 64) sum += batch[i];
  return { check: [boxes, (64 * sum) / batch.length] };
});
