/**
 * @file The built service on a disk that fills up: a small file system in memory, in a mount namespace of its own.
 */
import { execFileSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ctFile } from "../pacs/memory-sink";
import { ServiceScene, studyUid } from "./service-scene";

/** Of the database, some 60 MB are its files and its log. */
const DISK_MB = 160;

function missing(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux, to mount";
  try {
    execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "mounting is not allowed";
  }
}

const reason = missing();

describe.skipIf(reason !== undefined)(`on a full disk${reason ? ` (skipped: ${reason})` : ""}`, () => {
  let scene: ServiceScene;
  let disk: string;
  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), "fovea-disk-"));
  });
  afterEach(async () => {
    await scene?.remove();
    await rm(disk, { recursive: true, force: true });
  });

  test("nothing more is acknowledged, what was is kept, and it goes on when there is room again", async () => {
    const data = join(disk, "data");
    const mount = `mount -t tmpfs -o size=${DISK_MB}m tmpfs '${disk}' && exec "$@"`;
    scene = await ServiceScene.make({ dataDir: data, within: ["unshare", "-m", "sh", "-c", mount, "sh"] });
    const service = await scene.started();
    const inside = `/proc/${service.pid}/root${disk}`;
    const slices = (study: number, count: number) =>
      Promise.all(Array.from({ length: count }, (_, i) => ctFile(i + 1, { study, size: 512 })));
    await scene.sendAll(service, await slices(1, 4));
    // Acknowledged; whatever is to be done with them meets the full disk.
    fill(inside);
    const refused = await scene.send(service, await slices(2, 4));
    expect(refused).toEqual(refused.map(() => ({ state: "unreachable", reason: expect.stringContaining("0xA700") })));
    const [one] = await slices(3, 1);
    const form = new FormData();
    form.append("file", new Blob([Uint8Array.from(one.bytes)]), "a.dcm");
    const answer = await fetch(`${service.url}/detect`, { method: "POST", body: form });
    expect([507, 503]).toContain(answer.status);
    expect(service.isRunning).toBe(true);

    rmSync(join(inside, "filler"));
    await scene.sendAll(service, await slices(2, 4));
    await scene.delivered(service, 1, 2);
    for (const study of [1, 2]) {
      const detail = await scene.detail(service, study);
      expect(detail?.findings.map(({ sop_uid }) => sop_uid).sort()).toEqual(
        [1, 2, 3, 4].map((n) => `${studyUid(study)}.1.${n}`),
      );
    }
    expect([...scene.archive.stored.values()].every(({ requests }) => requests === 1)).toBe(true);
    expect(await service.stop()).toBe(0);
  }, 300_000);
});

/** Leaves no room for an image. */
function fill(folder: string): void {
  const filler = join(folder, "filler");
  for (;;) {
    const { bavail, bsize } = statfsSync(folder);
    try {
      writeFileSync(filler, Buffer.alloc(Math.max(0, Number(bavail) * Number(bsize) - 65_536)));
      return;
    } catch (error) {
      // The service wrote something meanwhile: less is left to take.
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      rmSync(filler);
    }
  }
}
