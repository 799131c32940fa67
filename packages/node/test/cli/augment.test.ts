/**
 * @file `fovea augment`: the sheet, and what is refused.
 */
import { readFile, writeFile } from "node:fs/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "./command";

const PATIENCE = 120_000;

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
  await desk.succeed("phantom --out data --count 6 --val 0.3 --size 96");
}, PATIENCE);
afterAll(() => desk.remove());

const RUN = "augment --data data/phantom.yaml --imgsz 96";

describe("fovea augment", () => {
  test("draws the same sheet for the same seed, another for another", { timeout: PATIENCE }, async () => {
    const out = await desk.succeed(`${RUN} --preset xray --n 6 --out first.png`);
    expect(out).toContain("Preset   xray: Exposure and processing differ");
    await desk.succeed(`${RUN} preset=xray n=6 seed=0 out=again.png`);
    await desk.succeed(`${RUN} --preset xray --n 6 --seed 1 --out other.png`);
    const [first, again, other] = await Promise.all(
      ["first.png", "again.png", "other.png"].map((name) => readFile(desk.path(name))),
    );
    expect(again.equals(first)).toBe(true);
    expect(other.equals(first)).toBe(false);
    // Three to a row, two rows, of 320 px with gaps of 8.
    expect(await sharp(first).metadata()).toMatchObject({ width: 992, height: 664 });
  });

  test("reads a list of transforms", { timeout: PATIENCE }, async () => {
    await writeFile(desk.path("list.yaml"), "- { name: Rotate, p: 1, limit: [90, 90] }\n- { name: CLAHE, p: 1 }\n");
    await desk.succeed(`${RUN} --n 1 --transforms list.yaml mosaic=0 --out turned.png`);
    await writeFile(desk.path("wrong.yaml"), "- { name: CLAHE, clip: 2 }\n");
    const { code, stderr } = await desk.run(`${RUN} --transforms wrong.yaml`);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("transforms[0] (CLAHE): clip is no parameter, did you mean clip_limit?"),
    ]);
  });

  test("shows what a run under zscore sees", { timeout: PATIENCE }, async () => {
    for (const how of ["none", "zscore"]) await desk.succeed(`${RUN} --n 2 mosaic=0 normalize=${how} --out ${how}.png`);
    const [plain, seen] = await Promise.all(["none.png", "zscore.png"].map((name) => readFile(desk.path(name))));
    expect(seen.equals(plain)).toBe(false);
  });

  test.each([
    ["--preset xray fliplr=0.5", "preset xray refuses fliplr 0.5"],
    ["--preset xry", "xry is no preset, did you mean xray?"],
    ["--flip_swap nodule", "wanted pairs such as left_lung:right_lung"],
    ["--flip_swap nodule:masss", "flip_swap: no class masss, did you mean mass?"],
    ["degrees=none", "Wanted a number."],
    ["mixup=2", "mixup is 2, expected 0 to 1"],
    ["--imgsz 99", "imgsz is 99, expected a multiple of 4"],
    ["--normalize minmax", "Allowed choices are none, zscore"],
    ["--transforms none.yaml", "no such list of transforms"],
  ])("refuses %s", { timeout: PATIENCE }, async (options, message) => {
    const { code, stderr } = await desk.run(`${RUN} ${options}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});
