import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readBytes, readFailure, readText } from "./read-file";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-read-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const utf16 = (text: string) => Buffer.from(text, "utf16le");

describe("readText", () => {
  test.each([
    ["UTF-8", Buffer.from("结节\n")],
    ["UTF-16, little end first", Buffer.concat([Buffer.of(0xff, 0xfe), utf16("结节\n")])],
    ["UTF-16, big end first", Buffer.concat([Buffer.of(0xfe, 0xff), utf16("结节\n").swap16()])],
  ])("reads %s", async (name, bytes) => {
    expect(await readText(await put(name, bytes), "list")).toBe("结节\n");
  });

  test.each(["", "\xff"])("reads a file too short for a mark", async (text) => {
    expect(await readText(await put("short", Buffer.from(text, "latin1")), "list")).toBe(text === "" ? "" : "\ufffd");
  });
});

describe("readBytes", () => {
  test("says what is missing, also where a part of the path is a file", async () => {
    const file = await put("there", "x");
    for (const path of [join(folder, "gone"), join(file, "below")]) {
      await expect(readBytes(path, "label file")).rejects.toMatchObject({
        code: "file_not_found",
        message: `${path}: no such label file`,
      });
    }
  });

  test("says that a folder is none", async () => {
    await mkdir(join(folder, "a.yaml"));
    await expect(readBytes(join(folder, "a.yaml"), "model YAML")).rejects.toMatchObject({
      code: "file_unreadable",
      message: `${join(folder, "a.yaml")}: is a folder, expected a file`,
    });
  });
});

describe("readFailure", () => {
  test.each([
    ["EACCES", "may not be read; check its permissions"],
    ["ERR_FS_FILE_TOO_LARGE", "is larger than 2 GB; no list is"],
    ["EIO", "cannot be read: i/o error"],
  ])("words %s", (code, message) => {
    const error = Object.assign(new Error("i/o error"), { code });
    expect(readFailure("a", error, "list")).toMatchObject({ code: "file_unreadable", message: `a: ${message}` });
  });

  test("leaves an error that is no file error, or ours already, as it is", () => {
    const errors = [new TypeError("x is undefined"), new FoveaError("invalid_label", "no")];
    for (const error of errors) expect(readFailure("a", error, "list")).toBe(error);
  });
});
