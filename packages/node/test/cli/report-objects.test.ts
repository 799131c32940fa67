/**
 * @file `fovea report`: from predictions on a phantom to each of its formats.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, utimes, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { itemsOf } from "@fovea/core/dicom/objects/attribute-access";
import { checkObject } from "@fovea/core/dicom/objects/check-object";
import type { Attributes } from "@fovea/core/dicom/objects/code";
import { readWritten } from "@fovea/core/dicom/objects/read-written";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dicomBytes, greyElements } from "../../../core/test/dicom-bytes";
import { brightDetector } from "../bright-detector";
import { Desk } from "./command";

const PATIENCE = 120_000;

const FINDING = { classId: 0, className: "nodule", box: { x1: 1, y1: 1, x2: 9, y2: 9 } };

let desk: Desk;
let image: string;
let another: string;
beforeAll(async () => {
  desk = await Desk.make();
  await desk.succeed("phantom --out phantoms --count 2 --val 0 --size 64");
  const folder = readdirSync(desk.path("phantoms"), { recursive: true }).map(String);
  [image, another] = folder.filter((name) => name.endsWith(".dcm")).map((name) => `phantoms/${name}`);
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
    await sharp({ create: { width: 64, height: 64, channels: 3, background: "#909090" } })
      .png()
      .toFile(desk.path("b.png"));
    const absent = await desk.run("report other/findings.json --image b.png --format csv --out out/b.csv");
    expect([absent.code === 0, absent.stderr]).toEqual([false, expect.stringContaining("its images are a.png")]);
  });

  test("never takes another image of the same name for the one that was looked at", { timeout: PATIENCE }, async () => {
    // Another patient's, of the same size, in a folder of its own: as two exports are.
    await mkdir(desk.path("other-patient"), { recursive: true });
    const namesake = `other-patient/${basename(image)}`;
    await copyFile(desk.path(another), desk.path(namesake));
    const { code, stderr } = await desk.run(
      `report results/findings.json --image ${namesake} --format sr --out out/wrong.dcm`,
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain("which is another file of that name");
    expect(existsSync(desk.path("out/wrong.dcm"))).toBe(false);
  });

  test("knows the image again under another name", { timeout: PATIENCE }, async () => {
    await copyFile(desk.path(image), desk.path("moved.dcm"));
    const { stdout } = await desk.run("report results/findings.json --image moved.dcm --format sr --out out/moved.dcm");
    expect(stdout).toBe("Report out/moved.dcm\n");
    expect(readFileSync(desk.path("out/moved.dcm"))).toBeDefined();
  });

  test("refuses findings of somebody else's making for an image of another size", { timeout: PATIENCE }, async () => {
    const images = [{ file: image, width: 128, height: 128, findings: [{ ...FINDING, confidence: 0.9 }] }];
    await writeFile(desk.path("made.json"), JSON.stringify({ model: "made", images }));
    const { code, stderr } = await desk.run(`report made.json --image ${image} --format sr --out out/size.dcm`);
    expect(code).not.toBe(0);
    expect(stderr).toContain("has 64 x 64 pixels, and the findings are of an image of 128 x 128");
  });

  test("puts every finding into objects, whatever the rule file reports, and counts on the page what it leaves out", {
    timeout: PATIENCE,
  }, async () => {
    const [{ confidence }] = found();
    expect(confidence).toBeLessThan(0.99);
    await writeFile(desk.path("strict.yaml"), 'version: "8"\nreport_above: 0.99\nrules: [{category: any}]\n');
    await report("--format sr --out out/all.dcm --lang en --rules strict.yaml");
    const items = below(readWritten(readFileSync(desk.path("out/all.dcm"))));
    expect(items.filter(({ ValueType }) => ValueType === "SCOORD")).toHaveLength(found().length);
    expect(items.map(({ TextValue }) => TextValue)).not.toContain("No evident lesion detected");
    await report("--format html --out out/strict.html --lang en --rules strict.yaml");
    expect(readFileSync(desk.path("out/strict.html"), "utf8")).toContain(
      "1 more of confidence 0.99 or less is not listed",
    );
    const { stderr } = await report("--format png --out out/strict.png --rules strict.yaml");
    expect(stderr).toContain("1 of 1 findings do not exceed the rule file's 0.99 and are not drawn");
  });

  test("dates the page by the clock on the wall", { timeout: PATIENCE }, async () => {
    // 23:00 in Greenwich is 07:00 of the next day in Shanghai.
    const at = new Date("2026-11-26T23:00:00Z");
    await utimes(desk.path("results/findings.json"), at, at);
    const { TZ } = process.env;
    process.env.TZ = "Asia/Shanghai";
    try {
      expect(await report("--format html --out out/dated.html")).toMatchObject({ code: 0 });
    } finally {
      if (TZ === undefined) Reflect.deleteProperty(process.env, "TZ");
      else process.env.TZ = TZ;
    }
    const page = readFileSync(desk.path("out/dated.html"), "utf8");
    expect(page).toContain("2026-11-27");
    expect(page).not.toContain("2026-11-26");
  });

  test("names the model that found, not the one that lies there now", { timeout: PATIENCE }, async () => {
    await writeFile(desk.path("newer.onnx"), brightDetector({ boxes: [[30, 30, 8, 8]] }));
    const { code, stderr } = await report("--format sr --out out/newer.dcm --model newer.onnx");
    expect(code).not.toBe(0);
    expect(stderr).toContain("is not the model that found");
  });

  test("shows the frames with the most confident findings, and says how many others have some", {
    timeout: PATIENCE,
  }, async () => {
    const frames = 30;
    const pixels = new Uint8Array(2 * 16 * 16 * frames);
    await writeFile(
      desk.path("cine.dcm"),
      dicomBytes(greyElements(16, 16, pixels, [[0x00280008, "IS", String(frames)]])),
    );
    // Frames 0 to 27 have findings, the last of them the surest; 28 and 29 have none.
    const of = (frame: number) =>
      frame > 27 ? [] : [{ ...FINDING, confidence: frame === 27 ? 0.9 : 0.6 - frame / 100 }];
    const images = Array.from({ length: frames }, (_, frame) => ({
      ...{ file: "cine.dcm", frame, width: 16, height: 16, findings: of(frame) },
    }));
    await writeFile(desk.path("cine.json"), JSON.stringify({ model: "made", images }));
    await desk.succeed("report cine.json --image cine.dcm --format html --out out/cine.html --lang en");
    const page = readFileSync(desk.path("out/cine.html"), "utf8");
    expect(page.match(/data:image\/png;base64,/g)).toHaveLength(20);
    expect(page).toContain("cine.dcm [27]");
    expect(page).not.toContain("cine.dcm [19]");
    expect(page).toContain("10 more images are not shown here, 8 of them with findings.");
  });

  describe("of a file of several frames", () => {
    const error = { code: "invalid_dicom", message: "cut short" };
    const clear = { width: 16, height: 16, findings: [] };
    const unread = { width: 0, height: 0, findings: [], error };
    const found = { ...clear, findings: [{ ...FINDING, confidence: 0.6 }] };

    const of = async (name: string, frames: readonly object[], format: "html" | "png") => {
      const count: [number, string, string] = [0x00280008, "IS", String(frames.length)];
      const pixels = new Uint8Array(2 * 16 * 16 * frames.length).map((_, i) => i % 7);
      await writeFile(desk.path(`${name}.dcm`), dicomBytes(greyElements(16, 16, pixels, [count])));
      const images = frames.map((one, frame) => ({ file: `${name}.dcm`, frame, ...one }));
      await writeFile(desk.path(`${name}.json`), JSON.stringify({ model: "made", images }));
      return desk.run(
        `report ${name}.json --image ${name}.dcm --format ${format} --out out/${name}.${format} --lang en`,
      );
    };

    test("makes no picture that would look clear where not all was read", { timeout: PATIENCE }, async () => {
      const { code, stderr } = await of("partly", [clear, unread], "png");
      expect(code).not.toBe(0);
      expect(stderr).toContain("1 of 2 frames could not be read");
      expect(existsSync(desk.path("out/partly.png"))).toBe(false);
    });

    test("warns at a picture of findings that other frames could not be read", { timeout: PATIENCE }, async () => {
      const { code, stderr } = await of("found", [found, unread], "png");
      expect(code).toBe(0);
      expect(stderr).toContain("1 of 2 frames could not be read");
      expect(existsSync(desk.path("out/found.png"))).toBe(true);
    });

    test("says on the page that nothing was found in any", { timeout: PATIENCE }, async () => {
      expect(await of("clear", [clear, clear, clear], "html")).toMatchObject({ code: 0 });
      const page = readFileSync(desk.path("out/clear.html"), "utf8");
      expect(page.match(/class="chip clear"/g)).toHaveLength(1);
      expect(page).toContain("No evident lesion detected");
      expect(page).toContain("2 more images are not shown here.");
    });
  });
});
