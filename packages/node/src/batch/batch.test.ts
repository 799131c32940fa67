import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { appendFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dicomBytes, greyElements } from "../../../core/test/dicom-bytes";
import { Scratch } from "../../test/bad-input/scratch";
import { type Boxes, brightDetector } from "../../test/bright-detector";
import { readImage } from "../imaging/read-image";
import { type BatchEvents, type BatchOptions, type BatchStart, runBatch } from "./batch";
import { lockBatchFolder } from "./batch-files";

/** Boxes of 64 x 64 px: 10 x 10 in the middle, 20 x 40 to the left. */
const BOXES: Boxes = [
  [32, 32, 10, 10],
  [12, 32, 20, 40],
];

const RULES = `version: "1"
report_above: 0.5
class_names: {zh: {bright: 亮点}}
rules:
  - {when: {area_px: {max: 200}}, category: {zh: 轻微, en: mild}}
  - {category: {zh: 严重, en: severe}, suggestion: {zh: 复查, en: review}}
`;

let scratch: Scratch;
let bytes: Uint8Array;
beforeEach(async () => {
  scratch = await Scratch.make();
  bytes = brightDetector({ boxes: BOXES });
  await scratch.put("model.onnx", bytes);
});
afterEach(() => scratch.remove());

/** A grey picture of 64 x 64 that fills the network's input: its scores are level / 255, and a thousandth less. */
async function picture(name: string, level: number): Promise<void> {
  const create = { width: 64, height: 64, channels: 3, background: { r: level, g: level, b: level } } as const;
  await scratch.put(name, await sharp({ create }).png().toBuffer());
}

const read = (name: string) => readFileSync(scratch.path(`out/${name}`), "utf8");

async function run(options: Partial<BatchOptions> = {}, events: BatchEvents = {}) {
  const starts: BatchStart[] = [];
  const paths = { inputs: [scratch.path("in")], model: scratch.path("model.onnx"), out: scratch.path("out") };
  const result = await runBatch(
    { ...paths, threads: 1, ...options },
    { ...events, onStart: (start) => starts.push(start) },
  );
  return { ...result, start: starts[0] };
}

describe("runBatch", () => {
  test("writes a row for each image of all folders, means by hand", async () => {
    await picture("in/b/second.png", 204);
    await picture("in/first.png", 153);
    const { statistics, left } = await run();
    expect(left).toBe(0);
    // 204 / 255 = 0.8 and 0.799; 153 / 255 = 0.6 and 0.599. Widths (10 + 20) / 2, heights (10 + 40) / 2.
    expect(read("results.csv")).toBe(
      [
        "\uFEFFfilename,total_detections,avg_confidence,bright_count,bright_avg_conf,avg_width,avg_height,notes,error",
        "b/second.png,2,0.7995,2,0.7995,15.00,25.00,,",
        "first.png,2,0.5995,2,0.5995,15.00,25.00,,",
        "",
      ].join("\r\n"),
    );
    expect(statistics).toMatchObject({ files: 2, findings: 4, highConfidence: 2, meanConfidence: 0.6995 });
    expect(JSON.parse(read("statistics.json"))).toMatchObject({ notReached: 0, ...statistics });
    expect((await readImage(scratch.path("out/annotated/second.png"))).width).toBe(64);
    expect(readdirSync(scratch.path("out")).sort()).toEqual([
      "annotated",
      "batch-journal.jsonl",
      "findings.json",
      "index.html",
      "reports",
      "results.csv",
      "statistics.json",
    ]);
  });

  test("judges by the rules, and names rules and model in every report", async () => {
    await picture("in/a.png", 204);
    const rules = await scratch.put("rules.yaml", RULES);
    const { start } = await run({ rules, language: "zh" });
    const sum = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex").slice(0, 12);
    const [modelVersion, rulesVersion] = [`model@${sum(bytes)}`, `1@${sum(RULES)}`];
    expect(start?.versions).toEqual({ modelVersion, rulesVersion, reportAbove: 0.5 });
    expect(JSON.parse(read("findings.json"))).toMatchObject({ modelVersion, rulesVersion });
    expect(JSON.parse(read("statistics.json"))).toMatchObject({ modelVersion, rulesVersion });
    const [text, page] = [read("reports/a.txt"), read("index.html")];
    for (const version of [modelVersion, rulesVersion]) {
      expect(text).toContain(version);
      expect(page).toContain(version);
    }
    // The box of 100 px² is mild, that of 800 severe.
    expect(text).toContain(
      "1. 亮点\n   位置：中央 (x 27–37, y 27–37 px)\n   大小：10 × 10 px (100 px²)\n   置信度：0.80（较高）\n   分级：轻微",
    );
    expect(text).toContain("分级：严重\n   建议：复查");
    expect(read("results.csv")).toContain(",轻微 1、严重 1,\r\n");
  });

  test("draws what is reported and nothing else, and counts everything", async () => {
    await picture("in/a.png", 128);
    // 128 / 255 = 0.50196 is above 0.5015, a thousandth less is not: the box from x = 2 to 22 is not drawn.
    const rules = await scratch.put("rules.yaml", "version: 1\nreport_above: 0.5015\nrules: [{category: any}]");
    await run({ rules, language: "en" });
    const { data } = await readImage(scratch.path("out/annotated/a.png"));
    const colour = (x: number, y: number) => [...data.subarray(3 * (64 * y + x), 3 * (64 * y + x) + 3)];
    expect(colour(2, 50)).toEqual([128, 128, 128]);
    expect(colour(27, 36)).not.toEqual([128, 128, 128]);
    expect(read("reports/a.txt")).toContain(
      "1 lesion detected: 1 bright.\n1 more of confidence 0.5015 or less is not listed.",
    );
    expect(read("results.csv")).toContain("a.png,2,");
  });

  test("puts the frames of a file into one row and one report", async () => {
    const frames = [255, 255].flatMap((level) => new Array<number>(64 * 64).fill(level));
    const elements = greyElements(64, 64, new Uint8Array(new Uint16Array(frames.map((level) => level * 16)).buffer), [
      [0x00280008, "IS", "2"],
    ]);
    await scratch.put("in/cine.dcm", dicomBytes(elements));
    await run({ conf: 0.01, window: { center: 2000, width: 8000 }, language: "en" });
    expect(read("results.csv").split("\r\n")[1]).toMatch(/^cine\.dcm,4,.*,2 frames,$/);
    expect(read("reports/cine.txt")).toContain("File: cine.dcm [1]");
    expect(readdirSync(scratch.path("out/annotated")).sort()).toEqual(["cine.frame0.jpg", "cine.frame1.jpg"]);
  });

  test("names the patient's side where the file says it", async () => {
    const values = new Uint8Array(new Uint16Array(64 * 64).fill(4000).buffer);
    await scratch.put("in/chest.dcm", dicomBytes(greyElements(64, 64, values, [[0x00200020, "CS", "L\\F"]])));
    await run({ window: { center: 2000, width: 6000 }, language: "en" });
    // Box 2 to 22 of 64: its middle is in the left third, where the patient's right is.
    expect(read("reports/chest.txt")).toContain("Place: middle left (patient's right) (x 2–22, y 12–52 px)");
  });

  test("says a broken file in its place and goes on", async () => {
    await picture("in/a.png", 204);
    await scratch.put("in/b.png", "no picture at all");
    await picture("in/c.png", 204);
    const { statistics } = await run();
    expect(statistics).toMatchObject({ files: 3, images: 2, failures: 1 });
    const rows = read("results.csv").split("\r\n");
    expect(rows[2]).toMatch(/^b\.png,,,,,,,,".*b\.png: .*expected JPEG, PNG/);
    expect(rows[3]).toMatch(/^c\.png,2,/);
    expect(read("reports/b.txt")).toContain("处理失败：图像文件已损坏或格式不受支持，无法读取；请重新导出或重新发送（");
  });

  test("refuses a folder without images, and writes nothing", async () => {
    await scratch.folder("in");
    await expect(run()).rejects.toMatchObject({ code: "file_not_found" });
    expect(existsSync(scratch.path("out"))).toBe(false);
  });

  test("leaves pictures and page out if told to", async () => {
    await picture("in/a.png", 204);
    await run({ pictures: false, page: false });
    expect(existsSync(scratch.path("out/annotated"))).toBe(false);
    expect(existsSync(scratch.path("out/index.html"))).toBe(false);
  });

  test("tells of rules that never speak and of classes that the model does not know", async () => {
    await picture("in/a.png", 204);
    const rules = await scratch.put(
      "rules.yaml",
      "version: 1\nrules: [{category: a}, {when: {classes: [brigt]}, category: b}]",
    );
    const { start } = await run({ rules });
    expect(start?.warnings).toEqual([
      expect.stringContaining("rules[1]: its category is never given"),
      'rules[1]: the model knows no class "brigt"; did you mean "bright"?',
    ]);
  });
});

describe("runBatch again", () => {
  beforeEach(async () => {
    for (const name of ["a", "b", "c", "d"]) await picture(`in/${name}.png`, 204);
  });

  test("goes on where an end left it, and ends in the same bytes", async () => {
    let asked = 0;
    const first = await run({}, { shouldStop: () => asked++ >= 1 });
    expect(first.left).toBeGreaterThan(0);
    expect(JSON.parse(read("statistics.json")).notReached).toBe(first.left);
    expect(read("index.html")).toContain(`共4幅图像，其中${first.left}幅未分析、分析失败或未能完整读取`);
    const seen: string[] = [];
    const second = await run({}, { onFile: ([{ file }]) => seen.push(file) });
    expect(second.start).toMatchObject({ files: 4, doneBefore: 4 - first.left });
    expect(seen).toHaveLength(first.left);
    const results = ["results.csv", "findings.json", "statistics.json", "index.html"];
    const resumed = results.map(read);
    await run({ restart: true });
    expect(resumed).toEqual(results.map(read));
  });

  test("has nothing to do where all is done, unless a file or a report has changed", async () => {
    await run();
    const { start } = await run();
    expect([start?.doneBefore, start?.plan]).toEqual([4, undefined]);
    await rm(scratch.path("out/reports/b.txt"));
    await utimes(scratch.path("in/c.png"), new Date(), new Date(0));
    expect((await run()).start?.doneBefore).toBe(2);
    expect(read("reports/b.txt")).toContain("b.png");
  });

  test("looks again at a file whose report was given to another meanwhile", async () => {
    await picture("in/x/same.png", 204);
    await run();
    // Each is the only one of its name at first, and so both had the name alone.
    await rename(scratch.path("in/x"), scratch.path("x"));
    await picture("in/y/same.png", 153);
    await run();
    await rename(scratch.path("x"), scratch.path("in/x"));
    await run();
    const { images } = JSON.parse(read("findings.json"));
    expect(images.slice(-2).map(({ annotated }: { annotated: string }) => annotated)).toEqual([
      "annotated/x_same.png",
      "annotated/y_same.png",
    ]);
    expect(read("reports/x_same.txt")).toContain("置信度：0.80");
    expect(read("reports/y_same.txt")).toContain("置信度：0.60");
  });

  test("is refused while another writes to the folder, and leaves it as it is", async () => {
    const lock = scratch.path("out/batch.lock");
    let held = false;
    await run(
      {},
      {
        onFile: () => {
          held = existsSync(lock);
        },
      },
    );
    expect([held, existsSync(lock)]).toEqual([true, false]);
    const other = await lockBatchFolder(scratch.path("out"));
    const refused = { code: "busy", message: expect.stringContaining(`another batch, process ${process.pid}`) };
    for (const options of [{}, { restart: true }]) await expect(run(options)).rejects.toMatchObject(refused);
    other.release();
    expect((await run()).start?.doneBefore).toBe(4);
  });

  test("lets go of the folder when it is refused for its settings", async () => {
    await run();
    await expect(run({ conf: 0.4 })).rejects.toMatchObject({ code: "invalid_argument" });
    expect((await run()).start?.doneBefore).toBe(4);
  });

  test("takes no half line of a journal for a whole one", async () => {
    await run();
    await appendFile(scratch.path("out/batch-journal.jsonl"), '{"source":"e.png","images":[');
    await picture("in/e.png", 204);
    const { start, statistics } = await run();
    expect(start?.doneBefore).toBe(4);
    expect(statistics.files).toBe(5);
  });

  test("tries a file again that was not there to be read", async () => {
    const list = await scratch.put("list.txt", "in/a.png\nin/late.png\n");
    expect((await run({ inputs: [list] })).statistics.failures).toBe(1);
    await picture("in/late.png", 204);
    expect((await run({ inputs: [list] })).statistics.failures).toBe(0);
  });

  test.each<[string, Partial<BatchOptions>, RegExp]>([
    [
      "another confidence",
      { conf: 0.4 },
      /out: holds a batch with other settings \(--conf was 0\.25, now 0\.4\); .*--restart/,
    ],
    ["another language", { language: "en" }, /--lang was zh, now en/],
    ["no pictures", { pictures: false }, /--pictures was true, now false/],
  ])("refuses %s", async (_, options, message) => {
    await run();
    const before = read("results.csv");
    await expect(run(options)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
    expect(read("results.csv")).toBe(before);
  });

  test("refuses another model of the same name, and takes it after a restart", async () => {
    await run();
    await scratch.put("model.onnx", brightDetector());
    await expect(run()).rejects.toThrow(/--model was/);
    await rm(scratch.path("in/d.png"));
    await writeFile(scratch.path("out/mine.txt"), "keep");
    const { statistics } = await run({ restart: true });
    expect(statistics).toMatchObject({ files: 3, findings: 3 });
    // Of the former model nothing is left, and what is not ours stays.
    expect(readdirSync(scratch.path("out/reports")).sort()).toEqual(["a.txt", "b.txt", "c.txt"]);
    expect(read("mine.txt")).toBe("keep");
  });
});
