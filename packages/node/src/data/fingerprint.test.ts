import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeSmallData } from "../../test/training/small-network";
import { checkFingerprint, fingerprintData } from "./fingerprint";
import { openDataset } from "./open-dataset";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-fingerprint-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function parts(place: string) {
  const data = await writeSmallData(join(folder, place), { count: 4 });
  return [await openDataset(data, "train"), await openDataset(data, "val")];
}

test("fingerprintData changes with a file's size and a label, not with its place", async () => {
  const { sha256, files, bytes } = await fingerprintData(await parts("one"));
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(files).toBe(8);
  const [train, val] = await parts("other/place");
  expect(await fingerprintData([train, val])).toEqual({ sha256, files, bytes });
  const unlabelled = { ...train, samples: train.samples.map((sample) => ({ ...sample, labels: [] })) };
  expect((await fingerprintData([unlabelled, val])).sha256).not.toBe(sha256);
  await appendFile(train.samples[0].file, "x");
  const changed = await fingerprintData([train, val]);
  expect(changed.sha256).not.toBe(sha256);
  checkFingerprint(sha256, { sha256, files, bytes }, "set.yaml");
  expect(() => checkFingerprint(sha256, changed, "set.yaml")).toThrow(/^set.yaml: images or labels differ/);
});
