/**
 * @file `fovea audit verify` and `fovea keys rotate` as they are typed.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { StoreConfig } from "../../src/store/open-store";
import { received } from "../received-instances";
import { onEachEngine } from "../stores";

const BIN = resolve(import.meta.dirname, "../../bin/fovea.js");

function fovea(args: readonly string[], { databaseUrl }: Pick<StoreConfig, "databaseUrl"> = {}) {
  const env = { ...process.env, DATABASE_URL: databaseUrl ?? "", FOVEA_KEY: "", FOVEA_DATA_DIR: "" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", env });
  return { status, stdout, stderr };
}

onEachEngine("fovea audit verify", (engine) => {
  async function withEntries() {
    const place = await engine.place();
    const store = await engine.open(place);
    await Promise.all(
      [1, 2, 3].map((n) => store.audit.append({ actor: "key:a", action: "study.view", subject: `2.25.${n}` })),
    );
    return { place, store };
  }

  test("says that the chain holds, and names the first entry that does not", async () => {
    const { place, store } = await withEntries();
    await store.close();
    const args = ["audit", "verify", "--data-dir", place.dataDir];
    const whole = fovea(args, place);
    expect(whole).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^audit log: 3 entries, the chain holds\nhead: [0-9a-f]{64}\n$/),
    });
    const { head } = JSON.parse(fovea([...args, "--json"], place).stdout);
    expect(whole.stdout).toContain(head);
    expect(fovea([...args, "--contains", head], place).status).toBe(0);
    // One digit short is a slip of whoever gives it, not a log that was changed.
    expect(fovea([...args, "--contains", head.slice(1)], place)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/Wanted 64 hexadecimal digits.*\[invalid_argument\]/),
    });

    const again = await engine.open(place);
    await again.database.exec("UPDATE audit SET subject = '2.25.9' WHERE seq = 2");
    await again.close();
    expect(fovea(args, place)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/entry 2: its content was changed.*\[audit_broken\]/),
    });
    const { status, stdout } = fovea([...args, "--json"], place);
    expect([status, JSON.parse(stdout)]).toEqual([
      1,
      { intact: false, entries: 1, head: expect.any(String), broken: { seq: 2, reason: "its content was changed" } },
    ]);
  });

  test("needs the key that the head was marked with, and makes none", async () => {
    const { place, store } = await withEntries();
    await store.close();
    rmSync(join(place.dataDir, "keys"), { recursive: true });
    const { status, stderr } = fovea(["audit", "verify", "--data-dir", place.dataDir], place);
    expect(status).toBe(1);
    expect(stderr).toContain("bring it back [wrong_key]");
  });

  test.runIf(engine.kind === "pglite")("says so while the service has the record", async () => {
    const { place } = await withEntries();
    const { status, stderr } = fovea(["audit", "verify", "--data-dir", place.dataDir], place);
    expect(status).toBe(1);
    expect(stderr).toMatch(/in use by process \d+ of .+: the service is running.*\[busy\]/);
  });

  test("goes on after fovea keys rotate, which leaves one key", async () => {
    const { place, store } = await withEntries();
    await store.studies.accept([received(1)]);
    await store.close();
    const before = readFileSync(join(place.dataDir, "keys", "vault"), "utf8");
    const rotated = fovea(["keys", "rotate", "--data-dir", place.dataDir], place);
    expect(rotated).toMatchObject({ status: 0, stdout: "sealed anew: 2 values, 0 files; the old key is gone\n" });
    const after = readFileSync(join(place.dataDir, "keys", "vault"), "utf8");
    expect(after.trim().split("\n")).toHaveLength(1);
    expect(after).not.toBe(before);
    expect(fovea(["audit", "verify", "--data-dir", place.dataDir], place).stdout).toContain(
      "4 entries, the chain holds",
    );
  });
});

describe("fovea audit verify", () => {
  test("makes no record where there is none", () => {
    const { status, stderr } = fovea(["audit", "verify", "--data-dir", "no-such-folder"]);
    expect(status).toBe(1);
    expect(stderr).toContain("no record is here");
  });
});
