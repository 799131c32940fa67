/**
 * @file Reports of evaluations from the command line: of a model on phantoms in DICOM, and of files.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brightDetector } from "../bright-detector";
import { Desk } from "./command";

const PATIENCE = 120_000;
const FILES = [
  ...["cases.csv", "evaluation.json", "froc.csv", "per-class.csv", "report.html", "subgroups.csv", "summary.html"],
];

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.make();
}, PATIENCE);
afterAll(() => desk.remove());

const read = (path: string) => readFileSync(desk.path(path), "utf8");

describe("fovea val --report", () => {
  test(
    "measures phantoms in DICOM by patient, size in millimetres and sex, with pictures",
    async () => {
      await desk.succeed("phantom --out phantoms --count 12 --val 0.5 --size 64");
      await writeFile(desk.path("bright.onnx"), brightDetector());
      const told = await desk.succeed(
        "val --model bright.onnx --data phantoms/phantom.yaml --imgsz 64 --single-cls --threads 1 --report out --lang en",
      );
      expect(told).toMatch(/^Tested on 6 images of 6 patients: /m);
      expect(readdirSync(desk.path("out")).sort()).toEqual(FILES);
      const { counts, operating, subgroups, sizesMm, worst, rules, cases } = JSON.parse(read("out/evaluation.json"));
      // The detector reports the middle of each image, once.
      expect(counts).toMatchObject({ images: 6, patients: 6, detections: 6 });
      expect(rules.unit).toBe("patient");
      expect(operating.found + operating.falseAlarms).toBeLessThanOrEqual(6);
      expect(cases).toHaveLength(6);
      expect(sizesMm.reduce((sum: number, { lesions }: { lesions: number }) => sum + lesions, 0)).toBe(counts.lesions);
      expect(new Set(subgroups.map(({ by }: { by: string }) => by))).toEqual(new Set(["sex"]));
      expect(worst.length).toBeGreaterThan(0);
      const page = read("out/report.html");
      expect(page.match(/data:image\/jpeg;base64,/g)).toHaveLength(2 * worst.length);
      expect(page).not.toContain('class="sketch"');
      expect(read("out/summary.html")).toContain('class="lang-en"');
    },
    PATIENCE,
  );
});

describe("fovea evaluate detections", () => {
  beforeAll(async () => {
    const grey = (depth: "uchar" | "ushort") => {
      const data = depth === "uchar" ? new Uint8Array(64 * 64).fill(90) : new Uint16Array(64 * 64).fill(20_000);
      return sharp(data, { raw: { width: 64, height: 64, channels: 1 } })
        .toColourspace(depth === "uchar" ? "b-w" : "grey16")
        .png()
        .toFile(desk.path(`${depth}.png`));
    };
    await grey("uchar");
    await grey("ushort");
    const image = (id: number, name: string) => ({ id, file_name: name, width: 64, height: 64 });
    const mark = (id: number, x: number) => ({ id, image_id: 1, category_id: 1, bbox: [x, 0, 10, 10], area: 100 });
    const truth = {
      images: [image(1, "uchar.png"), image(2, "ushort.png"), image(3, "missing.png")],
      categories: [{ id: 1, name: "nodule" }],
      annotations: [mark(1, 0), mark(2, 30)],
    };
    const found = (id: number, x: number, score: number) => ({
      image_id: id,
      category_id: 1,
      bbox: [x, 0, 10, 10],
      score,
    });
    await writeFile(desk.path("gt.json"), JSON.stringify(truth));
    await writeFile(desk.path("dt.json"), JSON.stringify([found(1, 0, 0.9), found(2, 20, 0.8), found(3, 5, 0.3)]));
    await writeFile(
      desk.path("cases.csv"),
      "image,patient,site\nuchar.png,A,north\nushort.png,A,south\nmissing.png,B,south\n",
    );
  });

  test(
    "reports COCO files with a table of cases; an image that is missing is sketched",
    async () => {
      const { code, stdout, stderr } = await desk.run(
        "evaluate detections --gt gt.json --dt dt.json --cases cases.csv --report files --lang zh --operating-point fp<=0.4",
      );
      expect(code).toBe(0);
      // At most 0.4 of 3 images: the false alarm at 0.8 may be there, but finds nothing more than 0.9 does.
      expect(stdout).toContain("模型找到2处病灶中的1处");
      expect(stderr).toContain("只有2处病灶");
      const { operating, subgroups } = JSON.parse(read("files/evaluation.json"));
      expect(operating).toMatchObject({ rule: "fp<=0.4", found: 1, lesions: 2, falseAlarms: 0 });
      expect(operating.threshold).toBeCloseTo(0.9, 6);
      expect(subgroups.map(({ value, lesions, found }: Record<string, unknown>) => [value, lesions, found])).toEqual([
        ["north", 2, 1],
        ["south", 0, 0],
      ]);
      expect(read("files/cases.csv")).toContain("uchar.png,A,0.9,1,2,1,1,0");
      const all = await desk.run(
        "evaluate detections --gt gt.json --dt dt.json --report all --threshold 0.3 --lang en",
      );
      expect(all.stderr).toContain("1 case has no picture");
      expect(read("all/report.html")).toContain('class="sketch"');
    },
    PATIENCE,
  );

  test(
    "refuses a table of other images, a rule that is none and detections without score",
    async () => {
      await writeFile(desk.path("other.csv"), "image,site\nx.png,north\n");
      await writeFile(desk.path("scoreless.json"), read("gt.json"));
      const fails = async (rest: string) => {
        const { code, stderr } = await desk.run(`evaluate detections --gt gt.json --report none ${rest}`);
        expect(code).not.toBe(0);
        expect(existsSync(desk.path("none"))).toBe(false);
        return stderr;
      };
      expect(await fails("--dt dt.json --cases other.csv")).toContain("none of its 1 images is among those evaluated");
      expect(await fails("--dt dt.json --operating-point best")).toContain("wanted fp<=0.5");
      expect(await fails("--dt scoreless.json")).toContain("without score");
    },
    PATIENCE,
  );
});
