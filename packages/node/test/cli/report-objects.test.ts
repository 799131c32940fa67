/**
 * @file `fovea report`: from predictions on a phantom to each of its formats.
 */
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { itemsOf } from "@fovea/core/dicom/objects/attribute-access";
import { checkObject } from "@fovea/core/dicom/objects/check-object";
import type { Attributes } from "@fovea/core/dicom/objects/code";
import { readWritten } from "@fovea/core/dicom/objects/read-written";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brightDetector } from "../bright-detector";
import { Desk } from "./command";

const PATIENCE = 120_000;

let desk: Desk;
let image: string;
beforeAll(async () => {
  desk = await Desk.make();
  await desk.succeed("phantom --out phantoms --count 1 --val 0 --size 64");
  const folder = readdirSync(desk.path("phantoms"), { recursive: true }).map(String);
  image = `phantoms/${folder.find((name) => name.endsWith(".dcm"))}`;
  await writeFile(desk.path("bright.onnx"), brightDetector());
  await desk.succeed(
    `predict --model bright.onnx --source ${image} --imgsz 64 --out results --threads 1 --no-pictures`,
  );
  await writeFile(
    desk.path("rules.yaml"),
    [
      'version: "7"',
      "report_above: 0",
      "rules:",
      "  - when: {}",
      "    category: {zh: 中度, en: moderate}",
      "    suggestion: {zh: 复查, en: look again}",
    ].join("\n"),
  );
}, PATIENCE);
afterAll(() => desk.remove());

const report = (options: string) => desk.run(`report results/findings.json --image ${image} ${options}`);
const found = () => JSON.parse(readFileSync(desk.path("results/findings.json"), "utf8")).images[0].findings;
const below = (item: Attributes): Attributes[] =>
  itemsOf(item, "ContentSequence").flatMap((child) => [child, ...below(child)]);

describe("fovea report", () => {
  test("writes an SR whose coordinates are those of findings.json", { timeout: PATIENCE }, async () => {
    expect(await report("--format sr --out out/sr.dcm --lang zh --rules rules.yaml")).toMatchObject({
      code: 0,
      stdout: "Report out/sr.dcm\n",
      stderr: "",
    });
    const bytes = readFileSync(desk.path("out/sr.dcm"));
    expect(checkObject(bytes)).toEqual([]);
    const items = below(readWritten(bytes));
    const [{ box }] = found();
    const { x1, y1, x2, y2 } = box;
    const [region] = items.filter(({ ValueType }) => ValueType === "SCOORD");
    expect(region.GraphicData).toEqual([x1, y1, x2, y1, x2, y2, x1, y2, x1, y1].map(Math.fround));
    const texts = items.map(({ TextValue }) => TextValue);
    expect(texts).toEqual(expect.arrayContaining(["中度", "复查", expect.stringMatching(/^rules 7@[0-9a-f]{12}$/)]));
    expect(texts).toEqual(expect.arrayContaining([expect.stringMatching(/^bright@[0-9a-f]{12}$/)]));
  });

  test.each(["sc", "gsps"])("writes a valid %s", { timeout: PATIENCE }, async (format) => {
    expect(await report(`--format ${format} --out out/${format}.dcm`)).toMatchObject({ code: 0 });
    expect(checkObject(readFileSync(desk.path(`out/${format}.dcm`)))).toEqual([]);
  });

  test("says that a box makes no segmentation", { timeout: PATIENCE }, async () => {
    const { code, stderr } = await report("--format seg --out out/seg.dcm");
    expect(code).not.toBe(0);
    expect(stderr).toContain("findings with outlines");
  });

  test("writes page, table and picture", { timeout: PATIENCE }, async () => {
    for (const format of ["html", "csv", "png"]) {
      expect(await report(`--format ${format} --out out/r.${format} --rules rules.yaml`)).toMatchObject({ code: 0 });
    }
    const page = readFileSync(desk.path("out/r.html"), "utf8");
    expect(page).toContain("data:image/png;base64,");
    expect(page).toContain("look again");
    expect(readFileSync(desk.path("out/r.csv"), "utf8").trim().split("\r\n")).toHaveLength(1 + found().length);
    expect(await sharp(desk.path("out/r.png")).metadata()).toMatchObject({ width: 64, height: 64, format: "png" });
  });

  test("refuses a picture where DICOM is needed, and an image that the file does not have", {
    timeout: PATIENCE,
  }, async () => {
    await sharp({ create: { width: 64, height: 64, channels: 3, background: "#808080" } })
      .png()
      .toFile(desk.path("a.png"));
    await desk.succeed("predict --model bright.onnx --source a.png --imgsz 64 --out other --threads 1 --no-pictures");
    const { code, stderr } = await desk.run("report other/findings.json --image a.png --format sr --out out/a.dcm");
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining("is no DICOM file")]);
    const absent = await desk.run("report other/findings.json --image b.png --format csv --out out/b.csv");
    expect([absent.code === 0, absent.stderr]).toEqual([false, expect.stringContaining("its images are a.png")]);
  });
});
