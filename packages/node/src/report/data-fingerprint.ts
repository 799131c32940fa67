/**
 * @file The fingerprint of a data set on disk.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import type { Dataset } from "@fovea/core/dataset/sample";
import { type FingerprintEntry, fingerprintText } from "@fovea/core/report/fingerprint";

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
    some.forEach(({ split, sample: { file, labels } }, k) => {
      entries.push({ split, file, bytes: sizes[k], labels });
      bytes += sizes[k];
    });
  }
  const sha256 = createHash("sha256").update(fingerprintText(entries)).digest("hex");
  return { sha256, files: entries.length, bytes };
}
