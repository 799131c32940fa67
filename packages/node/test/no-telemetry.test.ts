/**
 * @file ONNX Runtime's reports to its maker begin with files in the temporary folder: there are none, in the main thread and in others.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brightDetector } from "./bright-detector";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fovea-telemetry-"));
  writeFileSync(join(folder, "bright.onnx"), brightDetector());
  const background = { r: 204, g: 204, b: 204 };
  await sharp({ create: { width: 64, height: 64, channels: 3, background } })
    .png()
    .toFile(join(folder, "picture.png"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["predict", ["--source", "picture.png", "--model", "bright.onnx", "--out", "predicted"]],
  ["batch", ["picture.png", "--model", "bright.onnx", "--out", "batch"]],
])(
  "fovea %s leaves nothing in the temporary folder",
  (command, options) => {
    const temporary = mkdtempSync(join(folder, "temporary-"));
    const environment: NodeJS.ProcessEnv = { ...process.env, TMPDIR: temporary };
    delete environment.ORT_DISABLE_TELEMETRY;
    const main = resolve(import.meta.dirname, "../bin/fovea.js");
    const { status, stderr } = spawnSync(process.execPath, [main, command, ...options], {
      cwd: folder,
      env: environment,
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    expect(readdirSync(temporary)).toEqual([]);
  },
  60_000,
);
