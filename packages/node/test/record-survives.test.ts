/**
 * @file `kill -9` while the record is written: what was acknowledged is there afterwards.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { verifyAudit } from "../src/store/verify-audit";
import { workerEntry } from "../src/worker-entry";
import { SERIES, STUDY } from "./received-instances";
import { onEachEngine } from "./stores";

/** Keeps images with their files and audit entries, and says each number once it is acknowledged. Runs from `dist`. */
const WRITER = `
const { openStore } = await import(${JSON.stringify(pathToFileURL(workerEntry("store/open-store")).href)});
const [place, first] = JSON.parse(process.argv[2]);
const { writeSync } = await import("node:fs");
const store = await openStore(place);
for (let n = first; ; n += 3) {
  await Promise.all([0, 1, 2].map(async (i) => {
    const draft = await store.blobs.draft("incoming");
    draft.stream.write(Buffer.alloc(150_000, n + i));
    const { blob, bytes, sha256 } = await draft.commit({ n: n + i });
    const instance = { studyUid: "${STUDY}", seriesUid: "${SERIES}", sopUid: "2.25.5." + (n + i), origin: "dimse", patient: { PatientID: "P" },
      frames: 1, rows: 1, columns: 1, bytes, sha256, blob };
    await store.database.transaction(async (sql) => {
      await store.studies.acceptIn(sql, [instance]);
      await store.audit.appendIn(sql, [{ actor: "ae:CT", action: "instance.receive", subject: instance.sopUid, inputSha256: sha256 }]);
    });
    writeSync(1, (n + i) + "\\n");
  }));
}`;

/** Lets a writer acknowledge some images, and `ms` more, then kills it. @returns what it acknowledged */
async function writeAndDie(
  place: { readonly dataDir: string; readonly databaseUrl?: string },
  first: number,
  { count, ms }: { readonly count: number; readonly ms: number },
): Promise<number[]> {
  // A file: a worker thread inherits `--input-type`, and cannot bear it.
  const script = join(place.dataDir, "writer.mjs");
  writeFileSync(script, WRITER);
  const child: ChildProcess = spawn(process.execPath, [script, JSON.stringify([place, first])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const numbers: number[] = [];
  const { stdout } = child;
  if (stdout === null) throw new Error("unreachable: a pipe was asked for");
  for await (const line of createInterface({ input: stdout })) {
    numbers.push(Number(line));
    if (numbers.length === count) setTimeout(() => child.kill("SIGKILL"), ms);
  }
  return numbers;
}

describe("after kill -9", () => {
  onEachEngine("the record", (engine) => {
    test("has everything that was acknowledged, files and audit chain with it", async () => {
      const place = await engine.place();
      const acknowledged: number[] = [];
      for (let round = 0; round < 5; round++) {
        acknowledged.push(
          ...(await writeAndDie(place, 1 + 100_000 * round, { count: 2 + 3 * round, ms: 40 * Math.random() })),
        );
      }
      // 2 + 5 + 8 + 11 + 14
      expect(acknowledged.length).toBeGreaterThanOrEqual(40);
      const store = await engine.open(place);
      const kept = new Map((await store.studies.instances(SERIES)).map((one) => [one.sopUid, one]));
      for (const n of acknowledged) {
        const { blob = "", sha256 } = kept.get(`2.25.5.${n}`) ?? {};
        expect(await store.blobs.note(blob)).toEqual({ n });
        expect((await store.blobs.facts(blob)).sha256).toBe(sha256);
      }
      const { entries, broken } = await verifyAudit(store.database, store.vault);
      expect(broken).toBeUndefined();
      expect(entries).toBe(kept.size);
    });
  });
});
