/**
 * @file Bad input as a user meets it: the built command in a process of its own says one line on standard error, and
 * scripts get an exit code. Where the error comes from is shown under --debug alone.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plain, putDataset, smallWeights } from "./material";
import { Scratch } from "./scratch";

const packageFolder = resolve(import.meta.dirname, "../..");

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `fovea` with these arguments, in the test's folder. */
function fovea(args: readonly string[]): Promise<Ended> {
  const command = [join(packageFolder, "bin/fovea.js"), ...args];
  return new Promise((done) => {
    execFile(process.execPath, command, { cwd: scratch.root }, (error, stdout, stderr) => {
      done({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}

interface BadCommand {
  readonly what: string;
  /** Arguments, parted by blanks; paths are those of the folder below. */
  readonly command: string;
  /** What the line says between `fovea: ` and the code. */
  readonly says: RegExp;
  readonly code: string;
  /** 2 for a command given wrongly, 1 for everything else. */
  readonly exit: 1 | 2;
}

const COMMANDS: readonly BadCommand[] = [
  {
    what: "an unknown command",
    command: "trian --data data.yaml",
    says: /unknown command .*trian.*did you mean.*train/,
    ...{ code: "unknown_argument", exit: 2 },
  },
  {
    what: "an unknown option",
    command: "train --data data.yaml --model yolov8n --epoch 3",
    says: /--epoch\b.*did you mean.*--epochs/,
    ...{ code: "unknown_argument", exit: 2 },
  },
  {
    what: "an unknown argument of the form name=value",
    command: "train data=data.yaml model=yolov8n close_mosiac=5",
    says: /close_mosiac.*did you mean.*close_mosaic/,
    ...{ code: "unknown_argument", exit: 2 },
  },
  {
    what: "a number out of range",
    command: "predict --model best.safetensors --source images --out out --conf 40",
    says: /--conf.*40.*from 0 to 1/,
    ...{ code: "invalid_argument", exit: 2 },
  },
  {
    what: "an unknown device",
    command: "predict --model best.safetensors --source images --out out --device gpu",
    says: /device.*gpu.*unknown/,
    ...{ code: "invalid_argument", exit: 2 },
  },
  {
    what: "several devices where one is wanted",
    command: "demo --out out --device cpu,cpu",
    says: /device: "cpu,cpu" is unknown/,
    ...{ code: "invalid_argument", exit: 2 },
  },
  {
    what: "a missing file",
    command: "val --model gone.pt --data data.yaml",
    says: /^gone\.pt: no such file of weights/,
    ...{ code: "file_not_found", exit: 1 },
  },
  {
    what: "a broken checkpoint",
    command: "info broken.pt",
    says: /^broken\.pt: .*cut off, or not a PyTorch checkpoint/,
    ...{ code: "invalid_checkpoint", exit: 1 },
  },
  {
    what: "a key missing in the data",
    command: "train --data nameless.yaml --model yolov8n",
    says: /^nameless\.yaml: names: missing; expected the class names/,
    ...{ code: "invalid_dataset", exit: 1 },
  },
  {
    what: "a folder of other things",
    command: "phantom --out images",
    says: /^images: holds other files/,
    ...{ code: "write_failed", exit: 1 },
  },
  {
    what: "a folder in which no image can be read",
    command: "predict --model best.safetensors --source broken --out out --imgsz 64 --threads 1",
    says: /none of 2 files could be read/,
    ...{ code: "invalid_image", exit: 1 },
  },
];

let scratch: Scratch;
beforeAll(async () => {
  if (!existsSync(join(packageFolder, "dist/cli/main.js"))) throw new Error("nothing is built: node build.mjs");
  scratch = await Scratch.make();
  await putDataset(scratch, { images: ["1"] });
  await scratch.put("nameless.yaml", "train: images\n");
  await scratch.put("best.safetensors", smallWeights());
  await scratch.put("broken.pt", "PK\x03\x04 and no more");
  await scratch.put("broken/1.png", (await plain().png().toBuffer()).subarray(0, 60));
  await scratch.put("broken/2.jpg");
});
afterAll(() => scratch.remove());

describe("the command line says in one line what is wrong with", () => {
  test.each(COMMANDS.map((row) => [row.what, row] as const))("%s", async (_, { command, says, code, exit }) => {
    const ended = await fovea(command.split(" "));
    expect(ended.stderr).toMatch(/^fovea: [^\n]*\n$/);
    const [, message, told] = /^fovea: (.*) \[(\w+)\]\n$/.exec(ended.stderr) ?? [];
    expect(message).toMatch(says);
    expect([told, ended.code]).toEqual([code, exit]);
    expect(ended.stderr + ended.stdout).not.toContain("    at ");
  });

  test("a broken checkpoint, and shows the stack under --debug", async () => {
    const { code, stderr } = await fovea(["info", "broken.pt", "--debug"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^fovea: broken\.pt: .* \[invalid_checkpoint\]\n.*\n {4}at /s);
  });
});
