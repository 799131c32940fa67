/**
 * @file A network that hangs within native code, where no thread can be ended: what the pool does with it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FoveaError } from "@fovea/core/errors";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hangingDetector } from "../../test/hanging-detector";
import { INFERENCE, PoolMaterial, picture } from "../../test/pool-material";
import { workerEntry } from "../worker-entry";
import type { AnalysisPool } from "./analysis-pool";

let material: PoolMaterial;
beforeEach(async () => {
  material = await PoolMaterial.make();
});
afterEach(() => material.remove());

const [white, grey] = await Promise.all([picture({ level: 255 }), picture()]);
const failure = (code: string) => expect.objectContaining({ code });

/** Seconds on any machine, and far more than a run may take here. */
const ROUNDS = 150_000;

async function model(rounds: number): Promise<string> {
  const file = join(material.folder, "hanging.onnx");
  await writeFile(file, hangingDetector(rounds));
  return file;
}

async function hangingPool(onHung?: (error: FoveaError) => void): Promise<AnalysisPool> {
  const models = [{ file: await model(ROUNDS) }];
  return material.pool({ models, lanes: 1, inference: { threads: 1, runTimeoutMs: 500 }, onHung });
}

const look = (pool: AnalysisPool, bytes: Uint8Array) => pool.analyse({ bytes, filename: "a.png" });

describe("a network that hangs", () => {
  test("costs its image alone: the thread is given up, another takes its place, and the old one goes once it can", async () => {
    const told: string[] = [];
    const pool = await hangingPool(({ code, message }) => told.push(`${code}: ${message}`));
    const before = await look(pool, grey);
    await expect(look(pool, white)).rejects.toEqual(failure("network_hung"));
    expect(pool.load).toMatchObject({ hanging: 1, stuck: false });
    expect(told).toEqual([
      expect.stringMatching(/^network_hung: .*a run to do: no answer after 0\.5 s.*inference\.run_timeout/),
    ]);
    // 204 of 255.
    expect((await look(pool, grey)).images[0].findings[0].confidence).toBeCloseTo(0.8, 4);
    expect((await look(pool, grey)).images).toEqual(before.images);
    await expect.poll(() => pool.load.hanging, { timeout: 100_000 }).toBe(0);
    expect((await look(pool, grey)).images).toEqual(before.images);
  });

  test("is not begun again without end: where three hang, images are refused until one is gone", async () => {
    const pool = await hangingPool();
    for (let i = 0; i < 3; i++) await expect(look(pool, white)).rejects.toEqual(failure("network_hung"));
    expect(pool.load).toMatchObject({ hanging: 3, stuck: true });
    await expect(look(pool, grey)).rejects.toEqual(failure("busy"));
    await expect.poll(() => pool.load.stuck, { timeout: 100_000 }).toBe(false);
    expect((await look(pool, grey)).images[0].findings).toHaveLength(1);
  });

  test("does not keep the process from its end, though it never comes to its own", async () => {
    const file = await model(2 ** 50);
    const options = { models: [{ file }], lanes: 1, inference: { ...INFERENCE, threads: 1, runTimeoutMs: 300 } };
    const script = `
      const { openInferencePool } = await import(${JSON.stringify(workerEntry("inference/open-inference-pool"))});
      const pool = await openInferencePool(${JSON.stringify(options)});
      const bytes = Buffer.from(${JSON.stringify(white.toString("base64"))}, "base64");
      const code = await pool.analyse({ bytes, filename: "a.png" }).then(() => "", (error) => error.code);
      await pool.close();
      process.stdout.write(code + ", closed");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (some) => {
      said += some;
    });
    const [, signal] = await once(child, "close");
    expect([said, signal]).toEqual(["network_hung, closed", "SIGKILL"]);
  });
});
