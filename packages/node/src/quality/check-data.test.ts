import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashDistance } from "@fovea/core/imaging/perceptual-hash";
import { Random } from "@fovea/core/math/random";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { runCheck } from "../cli/data/run-check";
import { checkData } from "./check-data";
import { lookAtPicture } from "./look-at-picture";
import { partNames } from "./open-sets";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-check-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A picture of some discs, another one for each seed. */
async function picture(seed: number, width = 320, height = 240) {
  const random = new Random(seed);
  const discs = Array.from({ length: 9 }, () => {
    const [x, y, r, v] = [
      random.uniform(0, 1),
      random.uniform(0, 1),
      random.uniform(0.05, 0.2),
      random.integer(60, 255),
    ];
    return `<circle cx="${x * width}" cy="${y * height}" r="${r * width}" fill="rgb(${v},${v},${v})"/>`;
  });
  const svg = `<svg width="${width}" height="${height}"><rect width="100%" height="100%" fill="#202020"/>${discs.join("")}</svg>`;
  return sharp(Buffer.from(svg)).flatten().toColourspace("b-w");
}

async function put(name: string, bytes: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

describe("lookAtPicture", () => {
  test.skipIf(process.platform === "win32")("does not read a device that never ends", async () => {
    expect(await lookAtPicture("/dev/zero")).toMatchObject({ code: "file_unreadable" });
  });

  const hashOf = async (path: string) => {
    const facts = await lookAtPicture(path);
    if (!("hash" in facts)) throw new Error(facts.message);
    return facts.hash;
  };

  test("hashes a picture nearly alike at half its size, as a poor JPEG and brighter, and others far apart", async () => {
    const original = await hashOf(await put("o.png", await (await picture(1)).png().toBuffer()));
    const changed = [
      await hashOf(await put("half.png", await (await picture(1)).resize(160, 120).png().toBuffer())),
      await hashOf(await put("poor.jpg", await (await picture(1)).jpeg({ quality: 30 }).toBuffer())),
      await hashOf(await put("bright.png", await (await picture(1)).linear(1.1, 5).png().toBuffer())),
    ];
    for (const hash of changed) expect(hashDistance(original, hash)).toBeLessThanOrEqual(4);
    const other = await hashOf(await put("other.png", await (await picture(2)).png().toBuffer()));
    expect(hashDistance(original, other)).toBeGreaterThan(12);
  });

  test("answers for a file that is none, empty or no picture", async () => {
    expect(await lookAtPicture(join(folder, "gone.png"))).toMatchObject({ code: "file_not_found" });
    expect(await lookAtPicture(await put("empty.png", ""))).toMatchObject({ code: "invalid_image" });
    expect(await lookAtPicture(await put("text.jpg", "%PDF-1.4 and more"))).toMatchObject({
      message: expect.stringContaining("a PDF document"),
    });
  });
});

/** A COCO file of images with boxes, `patient_id` where given. */
async function coco(
  name: string,
  images: readonly (readonly [file: string, bbox: number[] | undefined, patient?: string])[],
) {
  return put(
    name,
    JSON.stringify({
      images: images.map(([file, , patient], id) => ({
        ...{ id, file_name: file, width: 320, height: 240 },
        ...(patient !== undefined && { patient_id: patient }),
      })),
      annotations: images.flatMap(([, bbox], id) =>
        bbox ? [{ id, image_id: id, category_id: 1, bbox, iscrowd: 0 }] : [],
      ),
      categories: [{ id: 1, name: "nodule" }],
    }),
  );
}

describe("checkData", () => {
  test("finds a wrong ending, a cut file, a missing one, and twins across parts; none ends the check", async () => {
    const png = await (await picture(5)).png().toBuffer();
    await put("s/a.png", png);
    await put("s/named.jpg", await (await picture(6)).png().toBuffer());
    await put("s/cut.png", (await (await picture(7)).png().toBuffer()).subarray(0, 400));
    await put("s/twin.jpg", await (await picture(5)).resize(240, 180).jpeg().toBuffer());
    const train = await coco("s/train.json", [
      ["a.png", [10, 10, 40, 40]],
      ["named.jpg", [10, 10, 40, 40]],
      ["cut.png", [10, 10, 40, 40]],
      ["gone.png", undefined],
    ]);
    const val = await coco("s/val.json", [["twin.jpg", undefined]]);
    const { findings, opened } = await checkData({ data: [train, val] });
    const told = findings.map(({ kind, images: [i] }) => [kind, i === undefined ? "" : opened.set.images[i].file]);
    expect(told).toEqual([
      ["unreadable", "cut.png"],
      ["missing_picture", "gone.png"],
      ["size_mismatch", "twin.jpg"],
      ["near_duplicate_across_parts", "a.png"],
      ["wrong_ending", "named.jpg"],
      ["class_missing_in_part", ""],
      ["class_rare", ""],
      ["empty_but_twin_labelled", "twin.jpg"],
      ["patient_unknown", ""],
    ]);
  });

  test("refuses a patient in two parts, and the same picture in two parts", async () => {
    for (const seed of [11, 12, 13]) await put(`p/${seed}.png`, await (await picture(seed)).png().toBuffer());
    const train = await coco("p/train.json", [
      ["11.png", [10, 10, 40, 40], "A"],
      ["12.png", [10, 10, 40, 40], "B"],
    ]);
    const val = await coco("p/val.json", [["13.png", [10, 10, 40, 40], "B"]]);
    const options = { by: "patient", conf: 0.5, device: "cpu", hashBits: 6, pictures: 2, failOn: "leakage" } as const;
    const json = join(folder, "p/check.json");
    await expect(runCheck([train, val], { ...options, json, html: join(folder, "p/page") })).rejects.toThrow(
      /leakage: 1 patient in several parts; .*fovea data split --by patient/,
    );
    const { findings } = await checkData({ data: [train, val] });
    expect(findings[0]).toMatchObject({ kind: "patient_leakage", images: [1, 2] });
    await copyFile(join(folder, "p/11.png"), join(folder, "p/copy.png"));
    const again = await coco("p/test.json", [["copy.png", undefined, "C"]]);
    await expect(runCheck([train, again], options)).rejects.toThrow(/leakage: 1 image in several parts/);
  });

  test("tells patients by the expression given", async () => {
    await put("r/images/x_1.png", await (await picture(21)).png().toBuffer());
    await put("r/images/x_2.png", await (await picture(22)).png().toBuffer());
    await put("r/labels/x_1.txt", "0 .5 .5 .2 .2\n");
    await put("r/t.txt", "images/x_1.png\n");
    await put("r/v.txt", "images/x_2.png\n");
    const data = [await put("r/d.yaml", "train: t.txt\nval: v.txt\nnames: [nodule]\n")];
    const { findings } = await checkData({ data, by: "^([a-z]+)_" });
    expect(findings[0]).toMatchObject({ kind: "patient_leakage", message: { en: "patient x: train 1, val 1" } });
  });

  test("tells a broken picture and a broken label file of a YOLO set once each, and a broken file beside others", async () => {
    for (const seed of [31, 32]) await put(`y/images/${seed}.png`, await (await picture(seed)).png().toBuffer());
    await put("y/images/33.png", (await (await picture(33)).png().toBuffer()).subarray(0, 300));
    await put("y/labels/31.txt", "0 .5 .5 .2 .2\n");
    await put("y/labels/32.txt", "0 .5 .5\n");
    await put("y/labels/33.txt", "0 .5 .5 .2 .2\n");
    const yaml = await put("y/d.yaml", "train: images\nnames: [nodule]\n");
    const broken = await put("y/broken.json", "{");
    const { findings } = await checkData({ data: [yaml, broken] });
    const errors = findings.filter(({ severity }) => severity === "error");
    expect(errors.map(({ kind, file }) => [kind, file?.slice(-10)])).toEqual([
      ["unreadable", "ges/33.png"],
      ["annotation_problem", "roken.json"],
      ["annotation_problem", "els/32.txt"],
    ]);
    await expect(checkData({ data: [broken] })).rejects.toThrow(/broken\.json/);
  });

  test("stops where it is asked to, and judges what it saw", async () => {
    const { left, findings } = await checkData({ data: [join(folder, "s/train.json")] }, { shouldStop: () => true });
    expect(left).toBe(4);
    expect(findings.map(({ kind }) => kind)).toEqual(["class_rare"]);
  });
});

test("partNames go by what names say, else by the names", () => {
  expect(partNames(["d/coco_train.json", "d/coco_val.json", "d/x/test.json"])).toEqual(["train", "val", "test"]);
  expect(partNames(["d/validation.json", "d/trained-on.json"])).toEqual(["val", "trained-on"]);
  expect(partNames(["siteA.json", "siteB.json"])).toEqual(["siteA", "siteB"]);
  expect(partNames(["train/coco.json", "valid/coco.json"])).toEqual(["train", "val"]);
});

describe.skipIf(!sharedAvailable)("real data", () => {
  test("BCCD: the two degenerate boxes of its README, and the cells marked twice", async () => {
    const data = ["train", "val"].map((part) => sharedPath(`data/det_bccd/coco_bccd_${part}.json`));
    const { findings, opened } = await checkData({ data }, {});
    const degenerate = findings.filter(({ kind }) => kind === "degenerate_box");
    expect(degenerate.map(({ images: [i] }) => opened.set.images[i].file).sort()).toEqual([
      "BloodImage_00338.jpg",
      "BloodImage_00343.jpg",
    ]);
    expect(findings.filter(({ kind }) => kind === "unreadable" || kind === "size_mismatch")).toEqual([]);
  });

  test("BCCD: a trained model finds the white cells whose labels were taken away, in their places", async () => {
    const source = JSON.parse(await readFile(sharedPath("data/det_bccd/coco_bccd_val.json"), "utf8"));
    const images: { id: number; file_name: string }[] = source.images.slice(0, 6);
    const ids = new Set(images.map(({ id }) => id));
    const own: { image_id: number; category_id: number; bbox: number[] }[] = source.annotations.filter(
      ({ image_id: id }: { image_id: number }) => ids.has(id),
    );
    const white = source.categories.find(({ name }: { name: string }) => name === "WBC").id;
    const taken = own.filter(({ category_id: id }) => id === white);
    const annotations = own.filter(({ category_id: id }) => id !== white);
    const data = [await put("m/val.json", JSON.stringify({ ...source, images, annotations }))];
    const model = sharedPath("reference/yolo/bccd-yolov8n.pt");
    const pictures = sharedPath("data/det_bccd/images");
    const { findings, opened } = await checkData({ data, images: pictures, model, imgsz: 320, threads: 1 });
    const missing = findings.filter(({ kind }) => kind === "missing_label");
    expect(taken.length).toBeGreaterThanOrEqual(6);
    for (const { image_id: id, bbox } of taken) {
      const [x, y] = [bbox[0] + bbox[2] / 2, bbox[1] + bbox[3] / 2];
      const there = missing.some(({ images: [i], seen: [{ box, className }] = [] as never }) => {
        const inside = x > box.x1 && x < box.x2 && y > box.y1 && y < box.y2;
        return opened.set.images[i].id === id && className === "WBC" && inside;
      });
      expect(there, `${id}`).toBe(true);
    }
  });

  test("brain MRI: all 30 images whose label is missing, and none of the 100 without a tumour", async () => {
    const brain = "data/det_brain_tumor_mri";
    const { findings, opened } = await checkData({
      data: [sharedPath(`${brain}/coco.json`), sharedPath(`${brain}/qa_missing_labels`)],
    });
    const suspected = findings.filter(({ kind }) => kind.startsWith("empty_"));
    const inSplit = (one: (typeof suspected)[number]) => opened.set.images[one.images[0]].split;
    expect(suspected).toHaveLength(30);
    expect(suspected.every((one) => inSplit(one) === "qa_missing_labels")).toBe(true);
  });
});
