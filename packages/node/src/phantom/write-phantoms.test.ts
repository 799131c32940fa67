import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readDicom } from "../dicom/read-dicom";
import { type WrittenPhantoms, writePhantoms } from "./write-phantoms";

let root: string;
let out: string;
let written: WrittenPhantoms;
const calls: string[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "fovea-phantom-"));
  out = join(root, "set");
  const onProgress = (done: number, count: number) => calls.push(`${done}/${count}`);
  written = await writePhantoms({ out, count: 10, seed: 3, size: 128, onProgress });
});

afterAll(() => rmSync(root, { recursive: true }));

const read = (path: string) => readFileSync(join(out, path), "utf8");

describe("writePhantoms", () => {
  test("writes pictures and labels of both parts", () => {
    expect(written.train.length).toBe(8);
    expect(written.val.map((path) => basename(path))).toEqual(["phantom_0009.dcm", "phantom_0010.dcm"]);
    expect(readdirSync(join(out, "labels/train")).length).toBe(8);
    expect(calls.at(-1)).toBe("10/10");
    expect(read("README.md")).toContain("not a medical device");
  });

  test("writes a data YAML that works wherever the folder is", () => {
    expect(parse(read("phantom.yaml"))).toEqual({
      train: "images/train",
      val: "images/val",
      nc: 3,
      names: { 0: "nodule", 1: "mass", 2: "calcification" },
    });
    expect(written.dataYaml).toBe(join(out, "phantom.yaml"));
  });

  test("writes DICOM that reads back with modality and spacing, inverted or not alike", async () => {
    for (const path of written.train) {
      const { image, spacingMm, modality } = await readDicom(path);
      expect([image.width, image.height, image.channels, modality]).toEqual([128, 128, 1, "DX"]);
      // 350 mm on 128 pixels.
      expect(spacingMm).toEqual({ row: 2.734375, column: 2.734375, source: "ImagerPixelSpacing" });
      // Air beside the neck is black in both photometric interpretations.
      expect(image.data[2 * 128 + 2]).toBeLessThan(60);
    }
  });

  test("says the same in YOLO rows and COCO annotations", () => {
    const coco = JSON.parse(read("coco_train.json")) as {
      images: { id: number; file_name: string }[];
      annotations: { image_id: number; category_id: number; bbox: number[] }[];
      categories: { id: number; name: string }[];
    };
    expect(coco.categories.map(({ name }) => name)).toEqual(["nodule", "mass", "calcification"]);
    let rows = 0;
    for (const { id, file_name } of coco.images) {
      const labels = read(file_name.replace("images/", "labels/").replace(".dcm", ".txt")).trim();
      const boxes = coco.annotations.filter(({ image_id }) => image_id === id);
      const fromYolo = labels === "" ? [] : labels.split("\n").map((line) => line.split(" ").map(Number));
      rows += fromYolo.length;
      expect(boxes.length).toBe(fromYolo.length);
      for (const [i, [classId, cx, cy, w, h]] of fromYolo.entries()) {
        expect(boxes[i].category_id).toBe(classId + 1);
        const [x, y, width, height] = boxes[i].bbox;
        expect(cx * 128).toBeCloseTo(x + width / 2, 3);
        expect(cy * 128).toBeCloseTo(y + height / 2, 3);
        expect([w * 128, h * 128].map(Math.round)).toEqual([width, height]);
      }
    }
    const val = JSON.parse(read("coco_val.json")) as { annotations: unknown[] };
    expect(written.lesions.reduce((sum, count) => sum + count, 0)).toBe(rows + val.annotations.length);
  });

  test("writes the same bytes again, and PNG beside DICOM on demand", async () => {
    const other = join(root, "png");
    await writePhantoms({ out: other, count: 2, seed: 3, size: 128, valFraction: 0, format: "png" });
    const dicom = readFileSync(join(other, "dicom/train/phantom_0001.dcm"));
    expect(dicom.equals(readFileSync(written.train[0]))).toBe(true);
    const png = await sharp(join(other, "images/train/phantom_0001.png")).toColourspace("b-w").raw().toBuffer();
    expect(new Uint8Array(png)).toEqual((await readDicom(written.train[0])).image.data);
    expect(parse(readFileSync(join(other, "phantom.yaml"), "utf8"))).toMatchObject({ val: "images/train" });
  });

  test("replaces an earlier, larger set", async () => {
    const again = join(root, "again");
    await writePhantoms({ out: again, count: 5, size: 64 });
    await writePhantoms({ out: again, count: 2, size: 64 });
    expect(readdirSync(join(again, "images/train"))).toEqual(["phantom_0001.dcm", "phantom_0002.dcm"]);
  });

  test("marks a set as unfinished while it is drawn, and draws such a one anew", async () => {
    const left = join(root, "left");
    const marks: string[][] = [];
    const onProgress = () => marks.push(readdirSync(left).filter((name) => name.startsWith("phantom")));
    await writePhantoms({ out: left, count: 1, size: 64 });
    await writePhantoms({ out: left, count: 1, size: 64, onProgress });
    expect(marks).toEqual([["phantom.unfinished"]]);
    // As it stands after Ctrl-C.
    rmSync(join(left, "phantom.yaml"));
    writeFileSync(join(left, "phantom.unfinished"), "");
    writeFileSync(join(left, "images/train/phantom_0009.dcm"), "");
    await writePhantoms({ out: left, count: 1, size: 64 });
    expect(readdirSync(join(left, "images/train"))).toEqual(["phantom_0001.dcm"]);
    expect(readdirSync(left).filter((name) => name.startsWith("phantom"))).toEqual(["phantom.yaml"]);
  });

  test("touches no folder that holds other files", async () => {
    const foreign = mkdtempSync(join(root, "foreign-"));
    writeFileSync(join(foreign, "thesis.docx"), "years of work");
    await expect(writePhantoms({ out: foreign, count: 1 })).rejects.toMatchObject({
      code: "write_failed",
      message: `${foreign}: holds other files (thesis.docx ...); choose an empty folder or a new one`,
    });
    expect(readdirSync(foreign)).toEqual(["thesis.docx"]);
  });

  test.each([
    [{ count: 0 }, "count is 0"],
    [{ seed: -1 }, "seed is -1"],
    [{ valFraction: 2 }, "valFraction is 2"],
    [{ count: 1, size: 10 }, "expected whole sides"],
  ])("refuses %o", async (options, message) => {
    await expect(writePhantoms({ out: join(root, "never"), ...options })).rejects.toThrow(message);
  });
});
