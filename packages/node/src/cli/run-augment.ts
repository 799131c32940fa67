/**
 * @file What `fovea augment` does.
 */

import { ArgumentError, FoveaError } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import { type AugmentationOptions, augmentation } from "@fovea/core/imaging/augment/augmentation";
import { AUGMENTATION_NUMBERS } from "@fovea/core/imaging/augment/augmentation-numbers";
import { PRESETS } from "@fovea/core/imaging/augment/presets";
import { REGION } from "@fovea/core/imaging/augment/tile";
import { image } from "@fovea/core/imaging/image";
import { parse } from "yaml";
import type { Batch } from "../data/batch";
import { Loader } from "../data/loader";
import { openDataset } from "../data/open-dataset";
import { contactSheet, type SheetPicture } from "../imaging/contact-sheet";
import { readText } from "../read-file";
import type { AugmentOptions } from "./augment";
import { datasetLine, problemLines } from "./describe-dataset";
import { Progress, workLine } from "./progress";
import { writeResult } from "./write-result";

/** Writes a sheet of the first images that a run with this seed would be fed with. */
export async function runAugment(options: AugmentOptions): Promise<void> {
  const { data, out, n, seed, imgsz, split, normalize } = options;
  if (imgsz % 4 !== 0) throw new ArgumentError(`imgsz is ${imgsz}, expected a multiple of 4`);
  const given = await augmentationOptions(options);
  // What is wrong with it shows before the data set is looked through; names are not known yet.
  if (given.flip_swap === undefined) augmentation(given);
  const progress = new Progress();
  const started = performance.now();
  try {
    const dataset = await openDataset(data, split, {
      onProgress: (done, all) => progress.show(workLine("reading", done, all, (performance.now() - started) / 1000)),
    });
    const checked = augmentation(given, dataset.names);
    progress.field("Data", datasetLine(dataset));
    for (const line of problemLines(dataset.problems)) progress.say(line);
    if (checked.preset) progress.field("Preset", `${checked.preset}: ${PRESETS[checked.preset].why}`);
    const loader = new Loader(dataset, {
      ...{ imgsz, seed, batch: Math.min(n, 8), mode: "train", workers: 0, prefetch: 1, cache: false },
      ...{ normalize, augmentation: checked },
    });
    const pictures: SheetPicture[] = [];
    try {
      for (let epoch = 0; pictures.length < n; epoch++) {
        for await (const batch of loader.epoch(epoch)) {
          pictures.push(...picturesOf(batch, dataset.names));
          batch.release();
          progress.show(workLine("drawing", pictures.length, n, (performance.now() - started) / 1000));
          if (pictures.length >= n) break;
        }
      }
    } finally {
      await loader.close();
    }
    await writeResult(out, await contactSheet(pictures.slice(0, n)));
    progress.field("Sheet", out);
  } finally {
    progress.clear();
  }
}

async function augmentationOptions({ preset, transforms, flip_swap, ...rest }: AugmentOptions) {
  const numbers = Object.fromEntries(AUGMENTATION_NUMBERS.map((name) => [name, rest[name]]));
  const options: AugmentationOptions = {
    ...numbers,
    preset,
    transforms: transforms === undefined ? undefined : await readTransforms(transforms),
    flip_swap: flip_swap === undefined ? undefined : swapPairs(flip_swap),
  };
  return options;
}

async function readTransforms(file: string): Promise<unknown> {
  const text = await readText(file, "list of transforms");
  try {
    return parse(text) as unknown;
  } catch (cause) {
    const message = `not valid YAML: ${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)}`;
    throw new FoveaError("invalid_argument", message, { file, cause });
  }
}

/** `a:b,c:d` as `{ a: "b", c: "d" }`. */
function swapPairs(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").map((pair) => pair.split(":").map((name) => name.trim()));
  if (pairs.every((pair) => pair.length === 2 && pair.every((name) => name !== ""))) return Object.fromEntries(pairs);
  throw new ArgumentError(`flip_swap: got ${text}, wanted pairs such as left_lung:right_lung,left_rib:right_rib`);
}

/** Images and boxes of a batch, as findings that are certain. */
function picturesOf({ images, targets, size, width, height }: Batch, names: readonly string[]): SheetPicture[] {
  const plane = width * height;
  return Array.from({ length: size }, (_, k) => {
    const data = new Uint8Array(3 * plane);
    for (let c = 0; c < 3; c++) {
      const from = (3 * k + c) * plane;
      for (let i = 0, p = c; i < plane; i++, p += 3) data[p] = images[from + i];
    }
    const findings: Finding[] = [];
    for (let t = 0; t < targets.length; t += 6) {
      // Regions in which nothing is judged are no findings.
      if (targets[t] !== k || targets[t + 1] === REGION) continue;
      const [classId, cx, cy, w, h] = targets.subarray(t + 1, t + 6);
      const [x1, y1] = [(cx - w / 2) * width, (cy - h / 2) * height];
      const box = { x1, y1, x2: x1 + w * width, y2: y1 + h * height };
      findings.push({ classId, className: names[classId], confidence: 1, box });
    }
    return { image: image(width, height, 3, data), findings };
  });
}
