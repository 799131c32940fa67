/**
 * @file `fovea serve`, from the command line to the results that arrive.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StudyDetail } from "@fovea/core/contract/study";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dimsePeer } from "../../src/pacs/dimse-peer";
import { brightDetector } from "../bright-detector";
import { ctFile } from "../pacs/memory-sink";
import { Served } from "./served";
import { until } from "./waiting";
import { openWebArchive, type WebArchive } from "./web-archive";

let folder: string;
let archive: WebArchive;
const running: Served[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fovea-serve-"));
  archive = await openWebArchive(() => 0);
  writeFileSync(join(folder, "bright.onnx"), brightDetector());
  writeFileSync(
    join(folder, "fovea.yaml"),
    `data_dir: ${join(folder, "data")}
http: {port: 0}
dimse: {port: 0}
models: [{file: ${join(folder, "bright.onnx")}}]
completeness: {quiet: 500ms}
destinations: [{name: archive, send: [sr, gsps], dicom_web: {url: "${archive.url}"}}]
`,
  );
});
afterAll(async () => {
  for (const service of running) await service.kill();
  await archive.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(...options: string[]): Promise<Served> {
  const service = new Served(options);
  running.push(service);
  await service.start();
  return service;
}

describe("fovea serve", () => {
  test("shows a key once, receives, analyses, reports, sends, ends when it is asked to, and goes on where it was", async () => {
    const first = await serve("--config", join(folder, "fovea.yaml"), "--log", "error");
    expect(first.isRunning, first.complaint).toBe(true);
    const key = first.said(/^Key +(fovea_\S+)/);
    expect(key).toBeDefined();
    expect(first.said(/^Models +(\S+)/)).toMatch(/^bright@[0-9a-f]{12}$/);
    const ask = (path: string) => fetch(`${first.url}${path}`, { headers: { Authorization: `Bearer ${key}` } });
    expect((await fetch(`${first.url}/studies`)).status).toBe(401);
    expect((await ask("/health/ready")).status).toBe(200);

    const port = Number(first.said(/^DICOM +FOVEA on 127\.0\.0\.1, port (\d+)/));
    const dimse = { host: "127.0.0.1", port, aeTitle: "FOVEA", callingAe: "MODALITY" };
    const files = await Promise.all([1, 2, 3].map((n) => ctFile(n)));
    const outcomes = await dimsePeer({ name: "service", send: [], dimse }).send(files);
    expect(outcomes).toEqual(Array(3).fill({ state: "stored" }));
    const study = "/studies/1.2.826.0.1.3680043.10.1.1";
    const detail = async () => (await ask(study)).json() as Promise<StudyDetail>;
    await until(async () => (await detail()).study?.state === "analysed", 60);
    await until(async () => (await detail()).deliveries.every(({ state }) => state === "sent"), 60);
    const { findings, deliveries } = await detail();
    expect(findings.map((one) => one.sop_uid).sort()).toEqual(files.map(({ sopUid }) => sopUid));
    expect(archive.stored.size).toBe(deliveries.length);
    expect(new Set(archive.stored.values())).toEqual(new Set([1]));
    expect(await first.stop()).toBe(0);

    const second = await serve("--config", join(folder, "fovea.yaml"), "--log", "error");
    expect(second.said(/^Key +(\S+)/)).toBeUndefined();
    const again = await fetch(`${second.url}${study}`, { headers: { Authorization: `Bearer ${key}` } });
    expect(((await again.json()) as StudyDetail).study.state).toBe("analysed");
    // Nobody else may have the same record open.
    const third = await serve("--config", join(folder, "fovea.yaml"));
    expect(third.isRunning).toBe(false);
    expect(await second.stop()).toBe(0);
    expect(new Set(archive.stored.values())).toEqual(new Set([1]));
  });

  test("lets everybody in on loopback only", async () => {
    const data = join(folder, "open");
    const refused = await serve("--no-auth", "--host", "0.0.0.0", "--port", "0", "--data-dir", data);
    expect(refused.isRunning).toBe(false);
    expect(refused.complaint).toMatch(/loopback/);
    const open = await serve("--no-auth", "--port", "0", "--data-dir", data, "--log", "error");
    expect(open.said(/^Key +(\S+)/)).toBeUndefined();
    expect((await fetch(`${open.url}/studies`)).status).toBe(200);
    expect(await open.stop()).toBe(0);
  });

  test("says that its port is taken, and how to choose another", async () => {
    const { port } = new URL(archive.url);
    const late = await serve("--port", port, "--data-dir", join(folder, "late"), "--log", "error");
    expect(late.isRunning).toBe(false);
    expect(late.complaint).toContain(
      `cannot listen on 127.0.0.1, port ${port} (EADDRINUSE); choose another with --port`,
    );
    expect(late.complaint).not.toContain("unexpected");
  });

  test("says which file is missing, and leaves nothing running", async () => {
    const missing = await serve(
      "--model",
      join(folder, "none.onnx"),
      "--port",
      "0",
      "--data-dir",
      join(folder, "empty"),
    );
    expect(missing.isRunning).toBe(false);
    expect(missing.complaint).toContain("none.onnx");
  });
});
