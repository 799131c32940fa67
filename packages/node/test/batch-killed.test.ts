/**
 * @file A batch that is killed without warning, several times, ends in the same bytes as one that is left alone.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "@fovea/core/math/random";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runBatch } from "../src/batch/batch";
import { Scratch } from "./bad-input/scratch";
import { brightDetector } from "./bright-detector";
import { type Bundle, bundled } from "./training/bundled";

const FILES = 40;

const SCRIPT = `
  const { runBatch } = await import(process.argv[1]);
  let done = 0;
  const events = {
    onStart: ({ doneBefore }) => console.log("before " + doneBefore),
    onFile: () => console.log("done " + ++done),
  };
  await runBatch(JSON.parse(process.argv[2]), events);
  console.log("finished");
`;

let scratch: Scratch;
let bundle: Bundle;
beforeAll(async () => {
  scratch = await Scratch.make();
  bundle = await bundled("batch/batch");
  await scratch.put("model.onnx", brightDetector());
  await scratch.put(
    "rules.yaml",
    "version: 1\nrules: [{when: {confidence: {above: 0.6}}, category: bright}, {category: dim}]",
  );
  for (let i = 0; i < FILES; i++) {
    const level = 60 + 5 * i;
    const create = { width: 64, height: 64, channels: 3, background: { r: level, g: level, b: level } } as const;
    await scratch.put(`in/${i % 3}/scan${String(i).padStart(2, "0")}.png`, await sharp({ create }).png().toBuffer());
  }
  await scratch.put("in/1/broken.png", "no picture");
}, 120_000);
afterAll(async () => {
  await scratch.remove();
  await bundle.remove();
});

/** @returns the signal that ended it, and how many files had been done before it began */
async function session(
  out: string,
  killAfter: number,
  delayMs: number,
): Promise<{ signal: string | null; before: number }> {
  const [inputs, model, rules] = [[scratch.path("in")], scratch.path("model.onnx"), scratch.path("rules.yaml")];
  const options = JSON.stringify({ inputs, model, rules, out: scratch.path(out), threads: 1 });
  const child = spawn(process.execPath, ["--input-type=module", "-e", SCRIPT, bundle.path, options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [text, errors] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (text.includes(`done ${killAfter}\n`)) setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (signal === null && (code !== 0 || !text.includes("finished"))) throw new Error(`the batch failed: ${errors}`);
  return { signal, before: Number(/before (\d+)/.exec(text)?.[1]) };
}

/** Every file of the results but the journal, whose lines stand in the order of the work. */
function contents(out: string): Map<string, string> {
  const names = readdirSync(scratch.path(out), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".jsonl"))
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(names.map((name) => [name.slice(scratch.path(out).length), readFileSync(name, "base64")]));
}

// Windows knows no such signal.
test.skipIf(process.platform === "win32")(
  "a batch killed five times ends as one that was left alone (no signals on Windows)",
  { timeout: 300_000 },
  async () => {
    const random = new Random(7);
    await session("whole", Number.POSITIVE_INFINITY, 0);
    let kills = 0;
    let last = 0;
    for (;;) {
      const killAfter = kills < 5 ? 1 + random.integer(0, 6) : Number.POSITIVE_INFINITY;
      const { signal, before } = await session("killed", killAfter, random.integer(0, 10));
      // Nothing that was done is done again.
      expect(before).toBeGreaterThanOrEqual(last);
      last = before;
      if (signal === null) break;
      kills++;
    }
    expect(kills).toBe(5);
    expect(last).toBeGreaterThan(0);
    const whole = contents("whole");
    expect(whole.size).toBe(2 * FILES + 1 + 4);
    expect(contents("killed")).toEqual(whole);
  },
);

// A pipe that nobody writes to stands for a file that the program does not survive: whoever reads it is killed there.
test.skipIf(process.platform === "win32")(
  "a file that ends the program is found, said in its place, and the rest is done (no pipes on Windows)",
  { timeout: 300_000 },
  async () => {
    execFileSync("mkfifo", [scratch.path("in/poison.png")]);
    const names = ["0/scan00.png", "poison.png", "1/scan01.png", "2/scan02.png"];
    const list = await scratch.put("in/list.txt", names.join("\n"));
    const options = { inputs: [list], model: scratch.path("model.onnx"), out: scratch.path("poisoned"), threads: 1 };
    const journal = scratch.path("poisoned/batch-journal.jsonl");
    for (let attempt = 1; attempt <= 3; attempt++) {
      const child = spawn(process.execPath, [
        "--input-type=module",
        "-e",
        SCRIPT,
        bundle.path,
        JSON.stringify(options),
      ]);
      const ended = once(child, "close");
      const mark = `poison.png","attempts":${attempt},`;
      while (!(existsSync(journal) && readFileSync(journal, "utf8").includes(mark))) await sleep(20);
      // Long enough for whatever it could do beside; it does not end by itself.
      await sleep(500);
      child.kill("SIGKILL");
      expect((await ended)[1]).toBe("SIGKILL");
    }
    const { statistics } = await runBatch(options);
    expect(statistics).toMatchObject({ files: 4, images: 3, failures: 1 });
    const rows = readFileSync(scratch.path("poisoned/results.csv"), "utf8").split("\r\n");
    expect(rows[2]).toMatch(/poison\.png,.*处理该文件时程序3次异常终止，已跳过/);
    expect(rows[4]).toMatch(/scan02\.png,1,/);
  },
);
