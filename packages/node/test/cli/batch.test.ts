/**
 * @file `fovea batch` as a user gives it: results, an interruption and going on, refusals.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brightDetector } from "../bright-detector";
import { Desk } from "./command";

const PATIENCE = 300_000;
const FILES = 120;

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
  await writeFile(desk.path("model.onnx"), brightDetector());
  await writeFile(desk.path("rules.yaml"), "version: v1\nrules: [{category: {zh: 轻微, en: mild}}]\n");
  await mkdir(desk.path("in/deep"), { recursive: true });
  const create = { width: 64, height: 64, channels: 3, background: "#cccccc" } as const;
  const picture = await sharp({ create }).png().toBuffer();
  for (let i = 0; i < FILES; i++) await writeFile(desk.path(`in/deep/scan${i}.png`), picture);
  await writeFile(desk.path("in/broken.png"), "no picture");
}, PATIENCE);
afterAll(() => desk.remove());

const BATCH = "batch in --model model.onnx --rules rules.yaml --threads 1";

describe("fovea batch", () => {
  // Windows has no SIGINT for another process.
  test.skipIf(process.platform === "win32")(
    "ends on Ctrl-C with 130 and goes on when it is given again, and says so (no signals on Windows)",
    { timeout: PATIENCE },
    async () => {
      const batch = desk.start(`${BATCH} --out stopped --lang zh`);
      await batch.printed("Images");
      batch.process.kill("SIGINT");
      const { code, stdout, stderr } = await batch.ended;
      expect(code).toBe(130);
      expect(stdout).toContain("Finishing the files at hand");
      const [, left = ""] = /(\d+) files left; the same command goes on with them \[interrupted\]/.exec(stderr) ?? [];
      const done = FILES + 1 - Number(left);
      expect(done).toBeGreaterThan(0);

      const again = await desk.succeed(`${BATCH} --out stopped --lang zh`);
      expect(again).toContain(`Resumed  ${done} of ${FILES + 1} were done before; ${left} to do`);
      expect(again).toContain(`共处理${FILES + 1}个文件，其中${FILES}个检出病灶，合计${FILES}处`);
      await desk.succeed(`${BATCH} --out straight --lang zh`);
      for (const name of ["results.csv", "findings.json", "statistics.json", "index.html"]) {
        const [stopped, straight] = ["stopped", "straight"].map((run) =>
          readFileSync(desk.path(`${run}/${name}`), "utf8"),
        );
        expect(stopped === straight, name).toBe(true);
      }
    },
  );

  test("prints classes and categories, names what failed, and writes where it says", {
    timeout: PATIENCE,
  }, async () => {
    const out = await desk.succeed(`${BATCH} --out results --lang en --no-pictures`);
    expect(out).toMatch(/^Rules {4}v1@[0-9a-f]{12}, reported above 0\.5$/m);
    expect(out).toMatch(/^bright +120 +120 +0\.80 +16 × 16$/m);
    expect(out).toMatch(/^mild +120$/m);
    expect(out).toMatch(/^Failed {3}in\/broken\.png: /m);
    expect(readdirSync(desk.path("results/reports"))).toHaveLength(FILES + 1);
    expect(existsSync(desk.path("results/annotated"))).toBe(false);

    const other = await desk.run(`${BATCH} --out results --lang en --no-pictures --conf 0.9`);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("--conf was 0.25, now 0.9")]);
    const anew = await desk.succeed(`${BATCH} --out results --lang en --no-pictures --conf 0.9 --restart`);
    expect(anew).toContain(`${FILES + 1} files, 0 with findings`);
  });

  test.each([
    [
      "a rule file with a mistake",
      "bad.yaml",
      /^fovea: bad\.yaml: line 1, rule: unknown key "rule", did you mean rules\? \[invalid_rules\]$/m,
    ],
    ["a rule file that is not there", "gone.yaml", /^fovea: gone\.yaml: no such rule file \[file_not_found\]$/m],
  ])("refuses %s, and writes nothing", { timeout: PATIENCE }, async (_, rules, message) => {
    await writeFile(desk.path("bad.yaml"), "rule: []\n");
    const { code, stderr } = await desk.run(`batch in --model model.onnx --out refused --rules ${rules}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(existsSync(desk.path("refused"))).toBe(false);
  });
});
