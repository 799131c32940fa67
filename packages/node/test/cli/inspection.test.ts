/**
 * @file Commands that only look: `info`, `doctor`, and the help of each.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "./command";

const PATIENCE = 300_000;

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
});
afterAll(() => desk.remove());

describe("fovea info", () => {
  test("counts YOLOv8n as the public tool does", { timeout: PATIENCE }, async () => {
    const info = JSON.parse(await desk.succeed("info yolov8n --json"));
    // Parameters at 80 classes, folded, and GFLOPs of the convolutions at 640 px: those of the public implementation.
    expect(info).toMatchObject({ parameters: 3_157_200, fusedParameters: 3_151_904, imgsz: 640, nc: 80 });
    expect(info.gflops).toBeCloseTo(8.743, 3);
    expect(info.strides).toEqual([8, 16, 32]);
    expect(info.rows).toHaveLength(23);
    expect(info.rows[22]).toMatchObject({ index: 22, from: [15, 18, 21], module: "Detect" });
    expect(info).toHaveProperty("names");
  });

  test("prints a table that ends with the sums", { timeout: PATIENCE }, async () => {
    const out = await desk.succeed("info small.yaml imgsz=64");
    expect(out).toMatch(/^ +0 +-1 +1 +\d+ +Conv +\[3, 8, 3, 2\]$/m);
    expect(out).toMatch(/^output strides +8, 16$/m);
    expect(out).toMatch(/^classes +2$/m);
  });
});

test("fovea doctor tells in JSON what the machine has", { timeout: PATIENCE }, async () => {
  const { code, stdout } = await desk.run("doctor --json");
  const found = JSON.parse(stdout);
  expect(found.versions).toMatchObject({ node: process.versions.node, onnxruntime: expect.any(String) });
  expect(found.processor).toMatchObject({ model: expect.any(String), usable: expect.any(Number) });
  expect(found.memory.totalBytes).toBeGreaterThan(2 ** 28);
  expect(found.providers).toContainEqual({ name: "cpu", starts: true });
  for (const { starts, reason, remedy } of found.providers) {
    if (!starts) expect([reason, remedy]).toEqual([expect.any(String), expect.any(String)]);
  }
  expect(found.gpus).toEqual(expect.any(Array));
  const broken = found.advice.filter(({ severity }: { severity: string }) => severity === "error");
  expect(code).toBe(broken.length === 0 ? 0 : 1);
});

/** All commands, those of a group behind its name. */
const COMMANDS = [
  ...[
    "train",
    "val",
    "compare",
    "kfold",
    "tune",
    "predict",
    "batch",
    "report",
    "serve",
    "augment",
    "info",
    "doctor",
    "export",
    "phantom",
    "demo",
  ],
  ...["echo", "find", "get"].map((name) => `pacs ${name}`),
  ...["info", "convert", "decode", "deidentify", "verify"].map((name) => `dicom ${name}`),
  ...["check", "split", "stats", "sample", "convert", "consensus", "merge", "subset"].map((name) => `data ${name}`),
  ...["detections", "coco", "voc", "froc", "luna16"].map((name) => `evaluate ${name}`),
];

describe("--help", () => {
  test.each(COMMANDS)("of %s shows options and examples in 80 columns", { timeout: PATIENCE }, async (command) => {
    const help = await desk.succeed(`${command} --help`);
    expect(help).toMatch(new RegExp(`^Usage: fovea ${command} `));
    expect(help).toMatch(new RegExp(`\\nExamples:\\n(?:.*\\n)* {2}fovea ${command}`));
    expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("without a command names them all", { timeout: PATIENCE }, async () => {
    const help = await desk.succeed("");
    const names = new Set(COMMANDS.map((command) => command.split(" ")[0]));
    for (const name of names) expect(help).toMatch(new RegExp(`^ {2}${name} `, "m"));
  });
});
