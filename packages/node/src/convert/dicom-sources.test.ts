import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listDicomSources } from "./dicom-sources";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fovea-sources-"));
  for (const name of [
    "ct/b.dcm",
    "ct/a.ima",
    "ct/a.dcm",
    "ct/A",
    "ct/1.2.3",
    "ct/x.f0001.dcm",
    "ct/.hidden",
    "out/z.png",
  ]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("listDicomSources", () => {
  test("mirrors the tree, and gives no two files one stem", async () => {
    const found = await listDicomSources([folder], join(folder, "out"));
    // "A" and "a" would be one file on some disks; x.f0001 could be the second frame of x.
    expect(found.map(({ stem }) => stem)).toEqual([
      "ct/1.2.3",
      "ct/A",
      "ct/a_dcm_",
      "ct/a_ima_",
      "ct/b",
      "ct/x.f0001_dcm_",
    ]);
  });

  test("takes a file once, whichever way it was named", async () => {
    const file = join(folder, "ct/b.dcm");
    expect(await listDicomSources([file, file])).toEqual([{ path: file, stem: "b" }]);
  });

  test("gives each of several folders one of its own", async () => {
    const found = await listDicomSources([join(folder, "out"), join(folder, "ct/b.dcm")]);
    expect(found.map(({ stem }) => stem)).toEqual(["out/z.png", "b"]);
  });

  test("names what does not exist", async () => {
    await expect(listDicomSources([join(folder, "none")])).rejects.toMatchObject({ code: "file_not_found" });
  });
});
