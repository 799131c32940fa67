/**
 * @file Ctrl-C while a model trains, and going on.
 */
import { existsSync, readFileSync } from "node:fs";
import { readSafetensors } from "@fovea/core/nn/weights/safetensors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Desk } from "./command";

const PATIENCE = 300_000;

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
  await desk.succeed("phantom --out data --count 14 --val 0.15 --size 64");
}, PATIENCE);
afterAll(() => desk.remove());

/** Six batches an epoch; one thread of each kind, so that runs are equal to the bit. */
const RUN = `train --data data/phantom.yaml --model small.yaml --epochs 3 --batch 2 --imgsz 64 --threads 1 --workers 0
  --plots false`;

/** Rows without the seconds they took. */
function results(run: string): string[] {
  const lines = readFileSync(desk.path(`${run}/results.csv`), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) =>
    line
      .split(",")
      .filter((_, i) => i !== 1)
      .join(","),
  );
}

// Windows has no SIGINT for another process.
test.skipIf(process.platform === "win32")(
  "Ctrl-C saves the run, returns 130, and --resume ends it as if nothing had happened (no signals on Windows)",
  { timeout: PATIENCE },
  async () => {
    const training = desk.start(`${RUN} --name stopped`);
    // Before the first batch: it is finished, then the run is saved in the middle of the first epoch.
    await training.printed("Folder");
    training.process.kill("SIGINT");
    const { code, stdout } = await training.ended;
    expect(stdout).toContain("Finishing the step");
    expect(code).toBe(130);
    const [, command = ""] = /^ {2}fovea (train --resume .*)$/m.exec(stdout) ?? [];
    expect(existsSync(desk.path("runs/stopped/results.csv")), "no epoch is done").toBe(false);

    expect(await desk.succeed(command)).toContain("Resumed  at epoch 1");
    await desk.succeed(`${RUN} --name straight`);
    expect(results("runs/stopped")).toHaveLength(1 + 3);
    expect(results("runs/stopped")).toEqual(results("runs/straight"));
    const weights = (run: string) => readSafetensors(readFileSync(desk.path(`${run}/weights/last.safetensors`))).state;
    expect(weights("runs/stopped")).toEqual(weights("runs/straight"));

    const again = await desk.run(command);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("has finished with epoch 3; start")]);
  },
);
