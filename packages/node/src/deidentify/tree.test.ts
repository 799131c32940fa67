import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Element } from "@fovea/core/dicom/deidentify/element";
import { fileLayout } from "@fovea/core/dicom/deidentify/file-layout";
import { pixelDataOf } from "@fovea/core/dicom/deidentify/pixel-regions";
import type { ProfileOption } from "@fovea/core/dicom/deidentify/profile";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { loadDictionary } from "./dictionary";
import { readReport } from "./report";
import { SecretKey } from "./secret-key";
import { deidentifyTree, sourceTree, verifyTree } from "./tree";

const key = new SecretKey(new TextEncoder().encode("a key of sixteen bytes"));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-deidentify-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const all = (profile: readonly ProfileOption[], out: string, change = {}) =>
  sourceTree(sharedPath("data/dicom")).then((tree) =>
    deidentifyTree(tree, join(folder, out), { key, profile: new Set(profile), ...change }),
  );

describe.skipIf(!sharedAvailable)("deidentifyTree over real files", () => {
  const sources = () => sourceTree(sharedPath("data/dicom"));

  test("leaves nothing that verify finds, and the pixels as they were", { timeout: 60_000 }, async () => {
    const result = await all([], "basic");
    expect(result.done).toBeGreaterThan(280);
    expect(await verifyTree(await sources(), await sourceTree(join(folder, "basic")))).toEqual([]);
    const dictionary = await loadDictionary();
    let compared = 0;
    for await (const line of readReport(result.report)) {
      if (!("source" in line) || line.output === undefined) continue;
      const pixels = async (path: string) => {
        const layout = fileLayout(await readFile(path), path, dictionary);
        const element: Element | undefined = pixelDataOf(layout);
        return element && Buffer.from(layout.body.subarray(element.valueStart, element.valueEnd));
      };
      const before = await pixels(sharedPath(join("data/dicom", line.source)));
      const after = await pixels(join(folder, "basic", line.output));
      expect(after?.equals(before ?? Buffer.of()) ?? before === undefined, line.source).toBe(true);
      if (before !== undefined) compared++;
    }
    expect(compared).toBeGreaterThan(200);
  });

  test("goes on where it was stopped, and refuses to with another key", { timeout: 60_000 }, async () => {
    let files = 0;
    const first = await all([], "stopped", { stop: () => files++ >= 20 });
    expect(first.stopped).toBe(true);
    const second = await all([], "stopped", { stop: () => files++ >= 60 });
    expect(second.earlier).toBe(first.done);
    const other = new SecretKey(new TextEncoder().encode("another key of that kind"));
    await expect(all([], "stopped", { key: other })).rejects.toThrow("another key");
  });
});

describe("deidentifyTree", () => {
  test("refuses what is no DICOM file and goes on", async () => {
    await writeFile(join(folder, "notes.txt"), "no DICOM");
    const result = await deidentifyTree({ root: folder, files: ["notes.txt"] }, join(folder, "none"), {
      key,
      profile: new Set(),
    });
    expect([result.done, result.refused]).toEqual([0, 1]);
    expect(await readFile(result.report, "utf8")).toContain("no data set at byte 0");
  });
});
