import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isIgnored } from "@fovea/core/dataset/annotation-set";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { openAnnotations } from "./open-annotations";
import { writeAnnotations } from "./write-annotations";

describe.skipIf(!sharedAvailable)("openAnnotations on reference material", () => {
  test("reads four radiologists' COCO files without their pictures", async () => {
    const path = sharedPath("data/multi_lidc/expert2.json");
    const source = JSON.parse(readFileSync(path, "utf8"));
    const { set, problems, format } = await openAnnotations(path);
    expect(format).toBe("coco");
    expect(problems).toEqual([]);
    expect(set.images).toHaveLength(2644);
    expect(set.images.flatMap(({ annotations }) => annotations)).toHaveLength(source.annotations.length);
    expect(set.images[0].attributes?.patient_id).toBe(source.images[0].patient_id);
    const first = set.images.flatMap(({ annotations }) => annotations)[0];
    expect(first.attributes).toHaveProperty("malignancy");
    expect(isIgnored(first)).toBe(false);
  });

  // README of the set: 2804 + 1137 boxes in the YOLO view, 205 and 87 images.
  test("reads blood cells from their data YAML in pixels", async () => {
    const { set, problems, root } = await openAnnotations(sharedPath("data/det_bccd/bccd.yaml"));
    expect(problems).toEqual([]);
    expect(root).toBe(sharedPath("data/det_bccd"));
    expect(set.categories.map(({ name }) => name)).toEqual(["RBC", "WBC", "Platelets"]);
    const count = (split: string) => {
      const images = set.images.filter((image) => image.split === split);
      return [images.length, images.flatMap(({ annotations }) => annotations).length];
    };
    expect(count("train")).toEqual([205, 2804]);
    expect(count("val")).toEqual([87, 1137]);
    expect(set.images[0]).toMatchObject({ file: "images/BloodImage_00001.jpg", width: 640, height: 480 });
  });
});

describe("openAnnotations", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fovea-formats-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function put(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }

  const picture = () =>
    sharp({ create: { width: 40, height: 20, channels: 3, background: "#808080" } })
      .png()
      .toBuffer();
  const voc = (name: string, file: string) => {
    return `<annotation><filename>${file}</filename><object><name>${name}</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>`;
  };

  test("takes a folder of labels with classes.txt, sizes from pictures found by their names", async () => {
    put("labels/train/肺.txt", "1 0.5 0.5 0.5 0.5\r\n");
    put("labels/classes.txt", "\uFEFFnodule\r\nmass\r\n");
    put("images/train/肺.png", await picture());
    const { set, root, problems, format } = await openAnnotations(folder);
    expect([problems, format, root]).toEqual([[], "yolo", folder]);
    expect(set.images).toEqual([
      {
        file: "images/train/肺.png",
        width: 40,
        height: 20,
        split: "train",
        annotations: [{ classId: 1, box: { x1: 10, y1: 5, x2: 30, y2: 15 } }],
      },
    ]);
  });

  test("leaves out a broken file and says so, and reads the others", async () => {
    put("Annotations/a.xml", voc("x", "a.png"));
    put("Annotations/b.xml", "<annotation><object>");
    put("ImageSets/Main/val.txt", "a\n");
    const { set, problems } = await openAnnotations(folder);
    expect(set.images.map(({ file, split }) => [file, split])).toEqual([["a.png", "val"]]);
    expect(problems).toMatchObject([{ severity: "error", file: join(folder, "Annotations/b.xml") }]);
  });

  test("calls images by their XML where several give one name", async () => {
    for (const name of ["a", "b"]) put(`${name}.xml`, voc(name, "a.png"));
    const { set, problems } = await openAnnotations(folder);
    expect(set.images.map(({ file }) => file)).toEqual(["a.png", "b.png"]);
    expect(problems).toHaveLength(1);
  });

  test("leaves out labels in fractions where no picture tells the size, unless another set does", async () => {
    put("a.txt", "0 0.5 0.5 0.5 0.5");
    put("b.txt", "");
    const { set, problems } = await openAnnotations(folder);
    expect(set.images.map(({ file }) => file)).toEqual(["b"]);
    expect(problems.filter(({ severity }) => severity === "error")).toHaveLength(1);
    const sizesOf = [{ file: "x/a.jpg", width: 8, height: 4, annotations: [] }];
    const sized = await openAnnotations(folder, { sizesOf });
    expect(sized.set.images[0].annotations[0].box).toEqual({ x1: 2, y1: 1, x2: 6, y2: 3 });
  });

  test("reads XML in the encoding that it declares", async () => {
    // 病 in GBK.
    const head = Buffer.from('<?xml version="1.0" encoding="GBK"?>');
    put("a.xml", Buffer.concat([head, Buffer.from(voc("#", "a.png").replace("#", "\u0001"))].map((part) => part)));
    const bytes = readFileSync(join(folder, "a.xml"));
    const at = bytes.indexOf(1);
    put("a.xml", Buffer.concat([bytes.subarray(0, at), Buffer.of(0xb2, 0xa1), bytes.subarray(at + 1)]));
    expect((await openAnnotations(folder)).set.categories).toEqual([{ name: "病" }]);
  });

  test("says what it looked for, and which formats it found where there are several", async () => {
    await expect(openAnnotations(folder)).rejects.toThrow("looked for COCO");
    put("a.xml", voc("x", "a.png"));
    put("b.csv", "image,x1,y1,x2,y2\na,1,2,3,4\n");
    await expect(openAnnotations(folder)).rejects.toThrow("several formats: voc (a.xml), csv (b.csv)");
    expect((await openAnnotations(folder, { format: "csv" })).set.images).toHaveLength(1);
    await expect(openAnnotations(join(folder, "c"))).rejects.toThrow("no such file or folder");
  });

  test.each(["coco", "yolo", "voc", "labelme", "cvat", "openimages", "csv"] as const)(
    "reads what is written as %s with its pictures",
    async (format) => {
      put("in/images/p/a.png", await picture());
      const set = {
        categories: [{ name: "mass" }, { name: "nodule" }],
        images: [
          {
            file: "images/p/a.png",
            width: 40,
            height: 20,
            annotations: [
              { classId: 1, box: { x1: 2, y1: 4, x2: 10, y2: 20 } },
              { classId: 0, box: { x1: 0, y1: 0, x2: 50, y2: 4 } },
            ],
          },
        ],
      };
      const out = join(folder, "out");
      const written = await writeAnnotations(set, out, { format, root: join(folder, "in"), pictures: "copy" });
      expect([written.pictures, written.problems]).toEqual([1, []]);
      const { set: again, problems } = await openAnnotations(out);
      expect(problems).toEqual([]);
      const boxes = again.images[0].annotations.map(({ classId, box }) => {
        const sides = [box.x1, box.y1, box.x2, box.y2].map((side) => Math.round(side * 1e4) / 1e4);
        return [again.categories[classId].name, ...sides];
      });
      expect(boxes).toEqual([
        ["nodule", 2, 4, 10, 20],
        ["mass", 0, 0, 50, 4],
      ]);
      expect(again.images[0]).toMatchObject({ width: 40, height: 20 });
      await expect(writeAnnotations(set, out, { format, root: folder })).rejects.toThrow("--overwrite");
    },
  );

  test("never writes outside of its folder", async () => {
    put("in/a.png", await picture());
    const set = {
      categories: [{ name: "x" }],
      images: [{ file: "../../in/a.png", width: 40, height: 20, annotations: [] }],
    };
    await writeAnnotations(set, join(folder, "out"), {
      format: "labelme",
      root: join(folder, "in/deep"),
      pictures: "copy",
    });
    expect(readdirSync(folder).sort()).toEqual(["in", "out"]);
    expect(readdirSync(join(folder, "out/in")).sort()).toEqual(["a.json", "a.png"]);
  });

  const coco = (...files: string[]) =>
    JSON.stringify({
      images: files.map((file_name, id) => ({ id, file_name, width: 40, height: 20 })),
      annotations: [{ id: 1, image_id: 0, category_id: 1, bbox: [1, 1, 4, 4] }],
      categories: [{ id: 1, name: "x" }],
    });

  test("keeps an image that stands in two parts in both, found under one path", async () => {
    put("pictures/deep/a.png", await picture());
    put("train.json", coco("a.png", "b.png"));
    put("val.json", coco("a.png"));
    const { set } = await openAnnotations(folder);
    expect(set.images.map(({ file, split, annotations }) => [file, split, annotations.length])).toEqual([
      ["pictures/deep/a.png", "train", 1],
      ["b.png", "train", 0],
      ["pictures/deep/a.png", "val", 1],
    ]);
  });

  test("copies pictures only, whatever an annotation file names", async () => {
    put("set/a.png", await picture());
    put("set/slice", new Uint8Array(128));
    writeFileSync(join(folder, "set/slice"), "DICM", { flag: "a" });
    put("secret.txt", "key");
    put("set/folder/b.txt", "");
    put("set/coco.json", coco("a.png", "slice", "../secret.txt", "folder"));
    const { set, root } = await openAnnotations(join(folder, "set/coco.json"));
    const out = join(folder, "out");
    const { pictures, problems } = await writeAnnotations(set, out, { format: "yolo", root, pictures: "copy" });
    expect(pictures).toBe(2);
    expect(readdirSync(join(out, "images/train")).sort()).toEqual(["a.png", "slice"]);
    expect(problems.map(({ code }) => code).sort()).toEqual(["file_unreadable", "invalid_image"]);
  });

  test("reads back VOC with pictures in folders, names with blanks and classes with a colon", async () => {
    const images = [
      { file: "sub/my image 1.png", width: 40, height: 20, split: "val", annotations: [mark(0)] },
      { file: "b.png", width: 40, height: 20, split: "train", annotations: [mark(1)] },
    ];
    const set = { categories: [{ name: "a:b" }, { name: "c" }], images };
    await writeAnnotations(set, join(folder, "voc"), { format: "voc", root: folder });
    const read = await openAnnotations(join(folder, "voc"));
    expect(read.set.categories).toEqual(set.categories);
    expect(read.set.images.toSorted((a, b) => (a.file > b.file ? -1 : 1))).toEqual(images);
  });

  test("takes a VOC image that two lists name for one of either part", async () => {
    put("Annotations/a.xml", voc("x", "a.png"));
    put("ImageSets/Main/train.txt", "a\n");
    put("ImageSets/Main/val.txt", "a  1\n");
    const { set } = await openAnnotations(folder);
    expect(set.images.map(({ file, split }) => [file, split])).toEqual([
      ["a.png", "train"],
      ["a.png", "val"],
    ]);
  });
});

const mark = (classId: number) => ({ classId, box: { x1: 1, y1: 2, x2: 3, y2: 4 } });
