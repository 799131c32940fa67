import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listSources } from "./sources";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-sources-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, content: string | Uint8Array = "x"): Promise<string> {
  const file = join(folder, name);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
  return file;
}

/** 128 bytes, then DICM. */
const dicomHead = new Uint8Array(200);
dicomHead.set(new TextEncoder().encode("DICM"), 128);

const names = (files: readonly string[]) => files.map((file) => relative(folder, file).replaceAll("\\", "/"));

describe("listSources", () => {
  test("searches a folder with all below it, sorted", async () => {
    for (const name of ["b.png", "a/2.JPG", "a/10.jpg", "notes.md", "a/c/x.dcm", "Z.tif"]) await put(name);
    const found = await listSources([folder]);
    // By code unit: capitals first, "10" before "2".
    expect(names(found)).toEqual(["Z.tif", "a/10.jpg", "a/2.JPG", "a/c/x.dcm", "b.png"]);
    expect(found[0]).toBe(join(folder, "Z.tif"));
  });

  test("finds DICOM files without ending, but not their index", async () => {
    for (const name of ["IM0001", "1.2.840.113619.2", "DICOMDIR"]) await put(name, dicomHead);
    await put("README");
    await put("short.7", dicomHead.slice(0, 100));
    expect(names(await listSources([folder]))).toEqual(["1.2.840.113619.2", "IM0001"]);
  });

  test("takes a file named outright whatever it is called", async () => {
    const file = await put("scan.xyz");
    expect(await listSources([file])).toEqual([file]);
  });

  test("follows patterns", async () => {
    for (const name of ["a1.png", "a2.png", "b1.png", "sub/a3.png", "a4.txt"]) await put(name);
    const pattern = (text: string) => `${folder.replaceAll("\\", "/")}/${text}`;
    expect(names(await listSources([pattern("a*")]))).toEqual(["a1.png", "a2.png"]);
    expect(names(await listSources([pattern("**/a{1,3}.png")]))).toEqual(["a1.png", "sub/a3.png"]);
  });

  test("takes a file whose name looks like a pattern", async () => {
    const file = await put("scan [1].png");
    expect(await listSources([file])).toEqual([file]);
  });

  test("reads lists, relative to themselves, with any line ends", async () => {
    await put("images/a.png");
    const list = await put("lists/val.txt", "\uFEFF../images/a.png\r\n\r\n  ../images/gone.png \n");
    // A path in a list need not exist: the results then say so.
    expect(names(await listSources([list]))).toEqual(["images/a.png", "images/gone.png"]);
  });

  test("keeps the order of sources, each file once", async () => {
    const [a, b, c] = [await put("a.png"), await put("b.png"), await put("c.png")];
    expect(await listSources([c, folder, a])).toEqual([c, a, b]);
    expect(await listSources([b, join(folder, ".", "b.png")])).toEqual([b]);
  });

  test("leaves out the folder of results among the images", async () => {
    await put("a.png");
    await put("out/annotated/a.png");
    await put("outside/b.png");
    expect(names(await listSources([folder], { except: join(folder, "out") }))).toEqual(["a.png", "outside/b.png"]);
  });

  test.runIf(process.platform !== "win32")("is not caught in a circle of links", async () => {
    await put("a.png");
    await symlink(folder, join(folder, "again"));
    expect((await listSources([folder])).length).toBeGreaterThanOrEqual(1);
  });

  test.each([
    ["a path that does not exist", "gone.png", "no such file or folder"],
    ["a pattern that nothing matches", "*.png", "no image found"],
    ["an empty folder", ".", "no image found (.bmp .jpg"],
  ])("refuses %s, naming it", async (_, source, message) => {
    const path = join(folder, source);
    await expect(listSources([path])).rejects.toMatchObject({
      code: "file_not_found",
      message: expect.stringContaining(`${path}: ${message}`),
    });
  });

  test("refuses an empty list and no source at all", async () => {
    const list = await put("empty.txt", "\n");
    await expect(listSources([list])).rejects.toMatchObject({ code: "file_not_found" });
    await expect(listSources([])).rejects.toMatchObject({ code: "file_not_found" });
  });
});
