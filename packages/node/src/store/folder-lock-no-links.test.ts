import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { makeScratch } from "../../test/scratch";
import { lockFolder } from "./folder-lock";
import { thisProcess } from "./process-identity";

/** As FAT and some network shares say it. */
vi.mock("node:fs", async (original) => ({
  ...(await original<typeof import("node:fs")>()),
  linkSync: () => {
    throw Object.assign(new Error("operation not permitted"), { code: "EPERM" });
  },
}));

const scratch = makeScratch();
afterEach(() => scratch.clear());

test("a folder on a file system without links is locked too, and a dead owner's lock taken over", async () => {
  const path = join(scratch.folder(), "x.lock");
  const lock = await lockFolder(path);
  await expect(lockFolder(path)).rejects.toMatchObject({ code: "busy" });
  lock.release();
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, JSON.stringify({ ...thisProcess(), pid: 2 ** 22 + 1, started: "1" }));
  const next = await lockFolder(path);
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject(thisProcess());
  next.release();
  expect(readdirSync(join(path, ".."))).toEqual([]);
});
