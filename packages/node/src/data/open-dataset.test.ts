import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { labelPath, type OpenDatasetOptions, openDataset } from "./open-dataset";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-dataset-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function put(path: string, content: string | Uint8Array = ""): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

function picture(width = 40, height = 30, format: "jpeg" | "png" | "webp" = "jpeg"): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: "#806040" } })
    .toFormat(format)
    .toBuffer();
}

async function putImages(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await put(path, await picture());
}

const yaml = (text = "train: images\nval: images\nnames: [nodule, mass]\n") => put("data.yaml", text);
const open = (split = "train", options: OpenDatasetOptions = {}) =>
  openDataset(join(folder, "data.yaml"), split, options);

async function failure(run: Promise<unknown>): Promise<FoveaError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FoveaError);
  return error as FoveaError;
}

describe("openDataset", () => {
  test("reads a folder, its folders below, sorted, and the labels beside", async () => {
    await yaml();
    await putImages("images/b.jpg", "images/a/c.JPG", "images/a.jpg");
    await put("labels/b.txt", "1 0.5 0.5 0.2 0.2\n");
    await put("labels/a/c.txt", "");
    await put("images/Thumbs.db", "x");
    const { name, names, nc, split, samples, problems } = await open();
    expect([name, names, nc, split, problems]).toEqual(["data", ["nodule", "mass"], 2, "train", []]);
    expect(samples).toEqual([
      { file: join(folder, "images/a.jpg"), width: 40, height: 30, labels: [] },
      { file: join(folder, "images/a/c.JPG"), width: 40, height: 30, labels: [] },
      {
        file: join(folder, "images/b.jpg"),
        width: 40,
        height: 30,
        labels: [{ classId: 1, cx: 0.5, cy: 0.5, w: 0.2, h: 0.2 }],
      },
    ]);
  });

  test("takes entries of a list file from the list's folder, in the list's order", async () => {
    await yaml("path: set\ntrain: [lists/one.txt, more]\nnames: [a]");
    await putImages("set/lists/images/2.jpg", "set/images/1.jpg", "set/more/3.jpg");
    await put("set/lists/one.txt", "\uFEFF./images/2.jpg\r\n\r\n../images/1.jpg\r\n");
    const { samples } = await open();
    expect(samples.map(({ file }) => file)).toEqual(
      ["set/lists/images/2.jpg", "set/images/1.jpg", "set/more/3.jpg"].map((path) => join(folder, path)),
    );
  });

  test("finds folders that an annotation service wrote as ../train/images, and says so", async () => {
    await yaml("train: ../train/images\nnames: [a]");
    await putImages("train/images/1.jpg");
    await put("train/labels/1.txt", "0 0.5 0.5 0.1 0.1");
    const { samples, problems } = await open();
    expect(samples[0].labels.length).toBe(1);
    expect(problems).toMatchObject([{ severity: "warning", at: "train" }]);
  });

  test("finds a path written from where the program is started, and says so", async () => {
    await putImages("scans/images/1.jpg");
    const path = relative(process.cwd(), join(folder, "scans"));
    await put("deeper/than/that/data.yaml", `path: ${path}\ntrain: images\nnames: [a]`);
    const { samples, problems } = await openDataset(join(folder, "deeper/than/that/data.yaml"), "train");
    expect(samples.map(({ file }) => file)).toEqual([join(folder, "scans/images/1.jpg")]);
    expect(problems).toMatchObject([{ severity: "warning", at: "path" }, { severity: "warning" }]);
  });

  test("takes the keys and the paths of users' files as they are", async () => {
    const keys = "download: null\nroboflow: {workspace: x}\nnc: 1\nnames: {0: a}\n";
    await yaml(`path: .\ntrain: set\\images\nval: [set/images, more]\ntest: list.txt\n${keys}`);
    await putImages("set/images/1.jpg", "more/2.jpg");
    await put("set/labels/1.txt", "0 0.5 0.5 0.1 0.1");
    await put("list.txt", "./more/2.jpg\nset\\images\\1.jpg");
    const files = async (split: string) => (await open(split)).samples.map(({ file }) => file.slice(folder.length));
    expect(await files("train")).toEqual(["/set/images/1.jpg"]);
    expect(await files("val")).toEqual(["/set/images/1.jpg", "/more/2.jpg"]);
    expect(await files("test")).toEqual(["/more/2.jpg", "/set/images/1.jpg"]);
    expect((await open("val")).problems).toEqual([]);
  });

  test("reads COCO files, images beside them or in images", async () => {
    await yaml("train: a.json\nval: b.json");
    await putImages("images/1.jpg", "2.jpg");
    const coco = (file: string) =>
      JSON.stringify({
        images: [{ id: 1, file_name: file, width: 40, height: 30 }],
        categories: [{ id: 3, name: "mass" }],
        annotations: [{ id: 1, image_id: 1, category_id: 3, bbox: [10, 15, 20, 15] }],
      });
    await put("a.json", coco("1.jpg"));
    await put("b.json", coco("2.jpg"));
    const { samples, names } = await open();
    expect(names).toEqual(["mass"]);
    expect(samples[0]).toMatchObject({
      file: join(folder, "images/1.jpg"),
      labels: [{ cx: 0.5, cy: 0.75, w: 0.5, h: 0.5 }],
    });
    expect((await open("val")).samples[0].file).toBe(join(folder, "2.jpg"));
  });

  test("refuses COCO entries of two folders that lead to one image", async () => {
    await yaml("train: a.json");
    await putImages("images/1.jpg");
    const images = ["left/1.jpg", "right/1.jpg"].map((name, id) => ({ id, file_name: name, width: 40, height: 30 }));
    await put("a.json", JSON.stringify({ images, categories: [{ id: 3, name: "mass" }], annotations: [] }));
    await expect(open()).rejects.toMatchObject({
      code: "invalid_annotations",
      message: expect.stringContaining("a.json: images: both left/1.jpg and right/1.jpg lead to"),
    });
  });

  test("looks for COCO images in the folder that the key images names", async () => {
    await yaml("train: a.json\nimages: elsewhere");
    await putImages("elsewhere/1.jpg");
    await put(
      "a.json",
      JSON.stringify({ images: [{ id: 1, file_name: "x/1.jpg", width: 40, height: 30 }], categories: [] }),
    );
    expect((await open()).samples[0].file).toBe(join(folder, "elsewhere/1.jpg"));
  });

  test("takes all classes for one on demand", async () => {
    await yaml();
    await putImages("images/1.jpg");
    await put("labels/1.txt", "1 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.2 0.2");
    const { names, nc, samples } = await open("train", { singleCls: true });
    expect([names, nc, samples[0].labels.map(({ classId }) => classId)]).toEqual([["item"], 1, [0, 0]]);
  });

  test("uses the first part of the images on demand", async () => {
    await yaml();
    await putImages("images/1.jpg", "images/2.jpg", "images/3.jpg", "images/4.jpg");
    const { samples } = await open("train", { fraction: 0.5 });
    expect(samples.map(({ file }) => file.slice(-5))).toEqual(["1.jpg", "2.jpg"]);
    await expect(open("train", { fraction: 0 })).rejects.toThrow("fraction is 0");
  });

  test("tells how far it is", async () => {
    await yaml();
    await putImages("images/1.jpg", "images/2.jpg");
    const heard: string[] = [];
    await open("train", { onProgress: (done, total) => heard.push(`${done}/${total}`) });
    expect(heard).toEqual(["1/2", "2/2"]);
  });

  test("says when no image at all has a label file", async () => {
    await yaml();
    await putImages("images/1.jpg");
    const { problems } = await open();
    expect(problems).toMatchObject([{ severity: "warning", code: "invalid_dataset", at: "train" }]);
    expect(problems[0].message).toContain(join(folder, "labels/1.txt"));
  });

  test("says which kinds of images it left lying", async () => {
    await yaml();
    await putImages("images/1.jpg");
    await put("labels/1.txt");
    await put("images/2.heic");
    await put("images/3.nii.gz");
    const { problems } = await open();
    expect(problems).toMatchObject([{ severity: "warning", file: join(folder, "images") }]);
    expect(problems[0].message).toContain("2 files");
  });

  describe("with a broken file among good ones", () => {
    const label = "labels/bad.txt";
    const image = "images/bad.jpg";
    const good = picture();

    const broken: readonly [what: string, path: string, content: () => Promise<string | Uint8Array>, code: string][] = [
      ["an image of 0 bytes", image, async () => "", "invalid_image"],
      ["an image that is text", image, async () => "<html>not found</html>", "invalid_image"],
      ["a JPEG cut off in its pixels", image, async () => (await picture(200, 200)).subarray(0, 500), "invalid_image"],
      ["a JPEG cut off in its header", image, async () => (await good).subarray(0, 40), "invalid_image"],
      ["a PNG cut off", image, async () => (await picture(50, 50, "png")).subarray(0, -20), "invalid_image"],
      ["a WebP cut off", image, async () => (await picture(50, 50, "webp")).subarray(0, -20), "invalid_image"],
      ["an image of 1 x 1 pixel", image, () => picture(1, 1), "invalid_image"],
      ["an image 9 px high", image, () => picture(40, 9), "invalid_image"],
      ["a DICOM file that is none", "images/bad.dcm", async () => "x".repeat(300), "invalid_dicom"],
      ["a label with four columns", label, async () => "0 0.5 0.5 0.5", "invalid_label"],
      ["a label in pixels", label, async () => "0 20 15 10 10", "invalid_label"],
      ["a class too high", label, async () => "0 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.1 0.1", "invalid_label"],
      ["a label that is no text", label, async () => Uint8Array.of(0, 159, 146, 150), "invalid_label"],
    ];

    async function make(path: string, content: string | Uint8Array): Promise<void> {
      await yaml();
      await putImages("images/good.jpg");
      await put("labels/good.txt", "0 0.5 0.5 0.1 0.1");
      if (path === label) await putImages(image);
      await put(path, content);
    }

    test.each(broken)("leaves out %s and says so", async (_, path, content, code) => {
      await make(path, await content());
      const { samples, problems } = await open();
      expect(samples.map(({ file }) => file)).toEqual([join(folder, "images/good.jpg")]);
      expect(problems).toMatchObject([{ severity: "error", code, file: join(folder, path) }]);
      if (code === "invalid_label") expect(problems[0].at).toMatch(/^line [12]$/);
    });

    test.each(broken)("refuses %s on demand", async (_, path, content, code) => {
      await make(path, await content());
      const error = await failure(open("train", { onProblem: "refuse" }));
      expect(error.code).toBe(code);
      expect(error.message).toContain(join(folder, path));
    });

    test("says how many more are broken", async () => {
      await make(image, "");
      await put("images/bad2.jpg");
      const error = await failure(open("train", { onProblem: "refuse" }));
      expect(error.message).toContain("and 1 more");
    });

    test("does not refuse for a warning", async () => {
      await make(label, "0 0.5 0.5 0 0.1");
      const { samples, problems } = await open("train", { onProblem: "refuse" });
      expect(samples.length).toBe(2);
      expect(problems).toMatchObject([{ severity: "warning", file: join(folder, label), at: "line 1" }]);
    });
  });

  test("leaves out an image that is not of the size its annotations are for", async () => {
    await yaml("train: a.json");
    await putImages("1.jpg", "2.jpg");
    const images = [
      { id: 1, file_name: "1.jpg", width: 40, height: 30 },
      { id: 2, file_name: "2.jpg", width: 80, height: 60 },
    ];
    await put("a.json", JSON.stringify({ images, categories: [] }));
    const { samples, problems } = await open();
    expect(samples.length).toBe(1);
    expect(problems).toMatchObject([{ code: "invalid_annotations", file: join(folder, "2.jpg") }]);
    expect(problems[0].message).toContain("40 x 30 pixels; its annotations are for 80 x 60");
  });

  test("reports an image that a list or a COCO file names and that is not there", async () => {
    await yaml("train: [list.txt, a.json]\nnames: [a]");
    await putImages("1.jpg");
    await put("list.txt", "1.jpg\n2.jpg");
    await put(
      "a.json",
      JSON.stringify({ images: [{ id: 1, file_name: "3.jpg", width: 9, height: 9 }], categories: [] }),
    );
    const { problems } = await open();
    expect(problems.filter(({ severity }) => severity === "error")).toMatchObject([
      { code: "file_not_found", file: join(folder, "2.jpg") },
      { code: "file_not_found", file: join(folder, "3.jpg") },
    ]);
  });

  test.each([
    ["no YAML", undefined, "train", "file_not_found", undefined, "no such data file"],
    ["a missing folder", "train: nowhere\nnames: [a]", "train", "file_not_found", "train", "nowhere does not exist"],
    ["a missing list", "val: no.txt\nnames: [a]", "val", "file_not_found", "val", "no.txt does not exist"],
    ["a missing path", "path: /no/such\ntrain: a\nnames: [a]", "train", "file_not_found", "path", "/no/such does not"],
    [
      "a part that is not named",
      "val: a\nnames: [a]",
      "train",
      "invalid_dataset",
      "train",
      "names images for val only",
    ],
    ["an empty folder", "train: empty\nnames: [a]", "train", "invalid_dataset", "train", "no image"],
    ["an empty list", "train: empty.txt\nnames: [a]", "train", "invalid_dataset", "train", "names no image"],
    ["a file of another kind", "train: a.csv\nnames: [a]", "train", "invalid_dataset", "train", "is a file; expected"],
    ["broken YAML", "train: [", "train", "invalid_dataset", "line 1, column 9", "not valid YAML"],
  ])("refuses %s", async (_, text, split, code, at, message) => {
    if (text !== undefined) await yaml(text);
    await mkdir(join(folder, "empty"));
    await put("empty.txt", "\n\n");
    await put("a.csv", "x");
    const error = await failure(open(split));
    expect([error.code, error.place.at]).toEqual([code, at]);
    expect(error.message).toContain("data.yaml");
    expect(error.message).toContain(message);
  });

  test("refuses a data set of which nothing is left, whatever was asked", async () => {
    await yaml();
    await put("images/1.jpg");
    expect((await failure(open("train", { onProblem: "skip" }))).code).toBe("invalid_image");
  });

  test("refuses a COCO file that is none, naming it", async () => {
    await yaml("train: a.json\nnames: [a]");
    await put("a.json", "{");
    const error = await failure(open());
    expect([error.code, error.place.file]).toEqual(["invalid_annotations", join(folder, "a.json")]);
  });
});

describe("labelPath", () => {
  test.each([
    ["/a/images/b.jpg", "/a/labels/b.txt"],
    ["/images/a/images/c/b.tar.png", "/images/a/labels/c/b.tar.txt"],
    ["/a/images/images/b.jpg", "/a/images/labels/b.txt"],
    ["/a/myimages/b.jpg", "/a/myimages/b.txt"],
    ["/a/b.dcm", "/a/b.txt"],
    ["C:\\a\\images\\b.jpg", "C:\\a\\labels\\b.txt"],
  ])("of %s is %s", (image, label) => {
    expect(labelPath(image)).toBe(label);
  });
});

describe.skipIf(!sharedAvailable)("openDataset on real data", () => {
  // Counts of the data sets' own descriptions.
  test.each([
    ["data/det_bccd/bccd.yaml", "train", 205, 2804],
    ["data/det_bccd/bccd.yaml", "val", 87, 1137],
    ["data/det_bone_fracture/fracture.yaml", "train", 242, 311],
    ["data/det_bone_fracture/fracture.yaml", "val", 84, 111],
  ])("reads %s, %s", async (path, split, images, labels) => {
    const { samples, problems } = await openDataset(sharedPath(path), split);
    expect([samples.length, samples.flatMap((sample) => sample.labels).length]).toEqual([images, labels]);
    expect(problems).toEqual([]);
  });

  test("says that of several frames of a DICOM file one is used", async () => {
    // Ten frames of 64 x 64, by its header.
    await put("list.txt", sharedPath("data/dicom/pydicom-data/data/emri_small.dcm"));
    await yaml("train: list.txt\nnames: [a]");
    const { samples, problems } = await open();
    expect(samples).toMatchObject([{ width: 64, height: 64 }]);
    expect(problems[0]).toMatchObject({ severity: "warning", code: "unsupported_dicom" });
    expect(problems[0].message).toContain("10 frames");
  });

  test("reads COCO annotations to the same labels as YOLO ones, but for two without width or height", async () => {
    const yolo = await openDataset(sharedPath("data/det_bccd/bccd.yaml"), "val");
    await writeFile(
      join(folder, "data.yaml"),
      `path: ${sharedPath("data/det_bccd")}\nval: coco_bccd_val.json\nnames: [RBC, WBC, Platelets]`,
    );
    const coco = await open("val");
    expect(coco.problems.length).toBe(1);
    const rows = (dataset: typeof coco) =>
      dataset.samples
        .flatMap(({ file, labels }) =>
          labels.map(({ classId, cx, cy, w, h }) => `${file} ${classId} ${[cx, cy, w, h].map((v) => v.toFixed(4))}`),
        )
        .sort();
    expect(rows(coco).length).toBe(1137);
    const known = new Set(rows(yolo));
    // Six digits there, whole pixels here; a rounding of the fourth digit may differ.
    expect(rows(coco).filter((row) => known.has(row)).length).toBeGreaterThan(1100);
  });
});
