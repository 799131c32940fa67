import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { makeScratch } from "../../test/scratch";
import { until } from "../../test/service/waiting";
import { lockFolder } from "./folder-lock";
import { isAlive, thisProcess } from "./process-identity";

const scratch = makeScratch();
afterEach(() => scratch.clear());

/** Path of a lock that `content` lies at; of this process with some facts changed. */
function lockOf(content: object | string): string {
  const path = join(scratch.folder(), "x.lock");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify({ ...thisProcess(), ...content }));
  return path;
}

const GONE = { pid: 2 ** 22 + 1, started: "1" };
/** Whoever they are, the system cannot be asked whether they live: numbers of processes count elsewhere. */
const ELSEWHERE: [string, object][] = [
  ["another machine", { host: "elsewhere" }],
  ["another machine of the same name, or before this one was started again", { boot: "another" }],
  ["another container under the same name", { ...GONE, namespace: "1" }],
];

describe("a folder's lock", () => {
  test.each<[string, object]>([
    ["is gone", GONE],
    ["has its number from another time", { started: "1" }],
  ])("is taken over at once from a process that %s", async (_name, changes) => {
    const path = lockOf(changes);
    const lock = await lockFolder(path);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject(thisProcess());
    lock.release();
    expect(existsSync(path)).toBe(false);
  });

  test.each(ELSEWHERE)("stays with a process of %s that shows that it lives", async (_name, changes) => {
    expect(isAlive({ ...thisProcess(), ...changes })).toBeUndefined();
    const path = lockOf(changes);
    let at = 1_000_000_000;
    // Whatever its clock says.
    const beating = setInterval(() => utimesSync(path, at, ++at), 20);
    const before = readFileSync(path, "utf8");
    await expect(lockFolder(path, { silenceMs: 60_000 })).rejects.toMatchObject({ code: "busy" });
    clearInterval(beating);
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test.each<[string, object | string]>([
    ...ELSEWHERE,
    ["whoever made an empty file: the machine went down before it was written", ""],
    ["whoever wrote what cannot be read", '{"pid": 1'],
    ["whoever wrote something else", "null"],
  ])("is taken over from a process of %s after its silence", async (_name, content) => {
    const path = lockOf(content);
    const lock = await lockFolder(path, { silenceMs: 50 });
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject(thisProcess());
    lock.release();
  });

  test("is shown to be held, to those who cannot ask", async () => {
    const path = join(scratch.folder(), "x.lock");
    const lock = await lockFolder(path, { beatMs: 5 });
    utimesSync(path, 1, 1);
    await until(() => Date.now() - statSync(path).mtimeMs < 60_000);
    lock.release();
  });

  test("tells its owner that another has it, and is not let go of in the other's place", async () => {
    const path = join(scratch.folder(), "x.lock");
    let told = 0;
    const lock = await lockFolder(path, { beatMs: 5, onLost: () => told++ });
    writeFileSync(path, JSON.stringify({ ...thisProcess(), lock: "another's" }));
    await until(() => told > 0);
    lock.release();
    expect(existsSync(path)).toBe(true);
    expect(told).toBe(1);
  });

  test("tells those who are refused what its owner says", async () => {
    const path = join(scratch.folder(), "x.lock");
    const lock = await lockFolder(path);
    const refusal = (owner: string) => `taken by ${owner}`;
    await expect(lockFolder(path, { refusal })).rejects.toThrow(`taken by process ${process.pid}`);
    lock.release();
  });

  test("says how to mend a folder that cannot be made", async () => {
    const folder = scratch.folder();
    writeFileSync(join(folder, "data"), "");
    await expect(lockFolder(join(folder, "data", "x.lock"))).rejects.toMatchObject({
      code: "write_failed",
      message: expect.stringMatching(/data\/x\.lock: cannot be written: there is a file of this name$/),
    });
    await expect(lockFolder(join(folder, "data", "below", "x.lock"))).rejects.toThrow(/a part of its path is a file/);
  });

  test("leaves nothing beside it when it is refused", async () => {
    const folder = scratch.folder();
    mkdirSync(join(folder, "a"));
    const path = join(folder, "a", "x.lock");
    const lock = await lockFolder(path);
    await expect(lockFolder(path)).rejects.toThrow(`in use by process ${process.pid}`);
    expect(readdirSync(join(folder, "a"))).toEqual(["x.lock"]);
    lock.release();
    expect(readdirSync(join(folder, "a"))).toEqual([]);
  });
});
