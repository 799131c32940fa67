/**
 * @file The fingerprint of a data set on disk, by which a run can tell whether it goes on with the one it began with.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { type FingerprintEntry, fingerprintText } from "@fovea/core/dataset/fingerprint";
import type { Dataset } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";

export interface DataFingerprint {
  /** SHA-256 in hexadecimal, over names, sizes and labels. */
  readonly sha256: string;
  readonly files: number;
  /** Of all image files. */
  readonly bytes: number;
}

/** Files asked about at one time. */
const CONCURRENCY = 32;

/** Asks for the size of every file; the images are not read. A file that is gone by now counts with size 0. */
export async function fingerprintData(parts: readonly Dataset[]): Promise<DataFingerprint> {
  const samples = parts.flatMap(({ split, samples: own }) => own.map((sample) => ({ split, sample })));
  const entries: FingerprintEntry[] = [];
  let bytes = 0;
  for (let i = 0; i < samples.length; i += CONCURRENCY) {
    const some = samples.slice(i, i + CONCURRENCY);
    const sizes = await Promise.all(
      some.map(({ sample }) =>
        stat(sample.file).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    );
    some.forEach(({ split, sample }, k) => {
      entries.push({ ...sample, split, bytes: sizes[k] });
      bytes += sizes[k];
    });
  }
  const sha256 = createHash("sha256").update(fingerprintText(entries)).digest("hex");
  return { sha256, files: entries.length, bytes };
}

/**
 * @param stored `sha256` when the run began
 * @param file what the error calls the data set
 * @throws {FoveaError} `invalid_dataset` if the data set is another one by now
 */
export function checkFingerprint(stored: string, { sha256 }: DataFingerprint, file: string): void {
  if (stored === sha256) return;
  const message = `images or labels differ from those the run began with (fingerprint ${sha256.slice(0, 12)}, then ${stored.slice(0, 12)}); put them back, or start a new run from its weights`;
  throw new FoveaError("invalid_dataset", message, { file });
}
