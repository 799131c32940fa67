import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeAtomically, writeFailure } from "./atomic-write";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("writeAtomically", () => {
  test("writes text and bytes, replaces what was there, and leaves nothing else behind", async () => {
    const path = join(folder, "a.txt");
    await writeAtomically(path, "结节");
    expect(await readFile(path, "utf8")).toBe("结节");
    await writeAtomically(path, Uint8Array.of(1, 2));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeAtomically(path, "");
    expect(await readFile(path, "utf8")).toBe("");
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });

  test("keeps the old file and removes its own if it cannot finish", async () => {
    const path = join(folder, "taken");
    await mkdir(join(path, "inside"), { recursive: true });
    await expect(writeAtomically(path, "x")).rejects.toMatchObject({ code: "write_failed", place: { file: path } });
    expect(await readdir(path)).toEqual(["inside"]);
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("says that the folder is missing", async () => {
    const path = join(folder, "missing", "a.txt");
    await expect(writeAtomically(path, "x")).rejects.toMatchObject({
      code: "write_failed",
      message: `${path}: cannot be written: its folder does not exist; make it first`,
    });
  });

  test("says that a part of the path is a file", async () => {
    const path = join(folder, "a.txt", "b.txt");
    await expect(writeAtomically(path, "x")).rejects.toMatchObject({ code: "write_failed", place: { file: path } });
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === "win32")("says that it is not allowed", async () => {
    const locked = join(folder, "locked");
    await mkdir(locked);
    await chmod(locked, 0o500);
    await expect(writeAtomically(join(locked, "a"), "x")).rejects.toMatchObject({ code: "write_failed" });
  });
});

describe.skipIf(process.platform === "win32")("writeAtomically, given a device,", () => {
  // By a link, so that a mistake here costs no machine its device.
  test("writes to it and leaves it what it is", async () => {
    const path = join(folder, "null");
    await symlink("/dev/null", path);
    await writeAtomically(path, "x");
    expect(await readlink(path)).toBe("/dev/null");
  });

  test.skipIf(!existsSync("/dev/full"))("says that it is full", async () => {
    const path = join(folder, "full");
    await symlink("/dev/full", path);
    await expect(writeAtomically(path, "x")).rejects.toMatchObject({ code: "disk_full", place: { file: path } });
    expect(await readlink(path)).toBe("/dev/full");
  });
});

describe("writeFailure", () => {
  test.skipIf(!existsSync("/dev/full"))("calls a full disk a full disk", async () => {
    const error = await writeFile("/dev/full", "x").catch((reason: unknown) => reason);
    expect(writeFailure("out/last.safetensors", error)).toMatchObject({
      code: "disk_full",
      message: "out/last.safetensors: cannot be written: no space left; free some and run again",
      cause: error,
    });
  });

  test("leaves an error that is no file error as it is", () => {
    const bug = new TypeError("x is undefined");
    expect(writeFailure("a", bug)).toBe(bug);
  });
});
