/**
 * @file What a data set is, in few digits, so that a run can tell whether it goes on with the one it began with.
 */
import { createHash } from "node:crypto";
import { dirname, relative, resolve, sep } from "node:path";
import type { Dataset } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";

/**
 * Fingerprint of a part of a data set: 16 hexadecimal digits of the SHA-256 of its classes, its images' paths and sizes,
 * and its labels, in order. The pixels are not read. Paths count from the images' common folder, so that a data set that
 * was moved is the same.
 */
export function fingerprint({ names, samples }: Pick<Dataset, "names" | "samples">): string {
  const root = commonFolder(samples.map(({ file }) => resolve(file)));
  const hash = createHash("sha256").update(`${JSON.stringify(names)}\n`);
  for (const { file, width, height, crop, labels } of samples) {
    const path = relative(root, resolve(file)).split(sep).join("/");
    const rows = labels.map(({ classId, cx, cy, w, h, polygon }) => [classId, cx, cy, w, h, ...(polygon ?? [])]);
    const part = crop ? [crop.x, crop.y, crop.width, crop.height] : null;
    hash.update(`${JSON.stringify([path, width ?? null, height ?? null, part, rows])}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * @param stored fingerprint when the run began
 * @param file what an error calls the data set
 * @throws {FoveaError} `invalid_dataset` if `dataset` is another one by now
 */
export function checkFingerprint(
  stored: string,
  dataset: Pick<Dataset, "names" | "samples" | "split">,
  file: string,
): void {
  const found = fingerprint(dataset);
  if (found === stored) return;
  const message = `images or labels differ from those the run began with (fingerprint ${found}, then ${stored}); put them back, or start a new run from its weights`;
  throw new FoveaError("invalid_dataset", message, { file, at: dataset.split });
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0] ?? "");
  for (const file of files) {
    while (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      const above = dirname(folder);
      // Another drive: there is no folder in common.
      if (above === folder) return "";
      folder = above;
    }
  }
  return folder;
}
