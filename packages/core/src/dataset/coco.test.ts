import { describe, expect, test } from "vitest";
import { FoveaError } from "../errors";
import { parseCoco } from "./coco";

const image = { id: 7, file_name: "a.jpg", width: 200, height: 100 };
const categories = [
  { id: 5, name: "mass" },
  { id: 2, name: "nodule" },
];
const box = { id: 1, image_id: 7, category_id: 5, bbox: [20, 10, 40, 30], iscrowd: 0 };

function parse(annotations: readonly unknown[], extra: object = {}, names?: readonly string[]) {
  const text = JSON.stringify({ images: [image], categories, annotations, ...extra });
  return parseCoco(text, { file: "a.json", names });
}

function failure(run: () => unknown): FoveaError {
  try {
    run();
  } catch (error) {
    if (error instanceof FoveaError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parseCoco", () => {
  test("turns boxes into fractions and categories into classes in the order of their ids", () => {
    const { names, images, problems } = parse([box]);
    expect(names).toEqual(["nodule", "mass"]);
    // Centre (40, 25) of 200 x 100; size 40 x 30.
    expect(images[0].labels).toEqual([{ classId: 1, cx: 0.2, cy: 0.25, w: 0.2, h: 0.3 }]);
    expect([images[0].fileName, images[0].problems, problems]).toEqual(["a.jpg", [], []]);
  });

  test("follows the data set's own names where all categories in use are among them", () => {
    const { names, images } = parse([box], {}, ["mass", "cyst", "nodule"]);
    expect(names).toEqual(["mass", "cyst", "nodule"]);
    expect(images[0].labels[0].classId).toBe(0);
  });

  test("follows the order of ids where the names differ but their count fits, and says so", () => {
    const { images, problems } = parse([box], {}, ["Knoten", "Masse"]);
    expect(images[0].labels[0].classId).toBe(1);
    expect(problems).toMatchObject([{ severity: "warning", at: "categories", file: "a.json" }]);
    expect(problems[0].message).toContain("taken in the order of their ids");
  });

  test.each([
    ["in other capitals", ["Mass", "Nodule"]],
    ["beside one of another language", ["mass", "Knoten"]],
  ])("does not take a class for another where its name stands elsewhere %s", (_, names) => {
    expect(() => parse([box], {}, ["Nodule", "Mass"])).not.toThrow();
    const nodule = { ...box, id: 2, category_id: 2 };
    expect(() => parse([box, nodule], {}, names)).toThrow("do not fit the data set's classes");
  });

  test("does not mind a category without annotations", () => {
    const extra = { categories: [{ id: 0, name: "lesions" }, ...categories] };
    expect(parse([box], extra, ["nodule", "mass"]).images[0].labels[0].classId).toBe(1);
  });

  test("keeps an image without annotations", () => {
    expect(parse([]).images).toMatchObject([{ fileName: "a.jpg", labels: [], problems: [] }]);
    expect(parseCoco('{"images": [], "categories": []}', { file: "a.json" }).images).toEqual([]);
  });

  test("keeps outlines as fractions, several parts joined", () => {
    const triangle = [20, 10, 60, 10, 20, 40];
    const { labels } = parse([{ ...box, segmentation: [triangle] }]).images[0];
    expect([...(labels[0].polygon ?? [])].map((value) => Number(value.toFixed(6)))).toEqual([
      0.1, 0.1, 0.3, 0.1, 0.1, 0.4,
    ]);
    const parts = parse([{ ...box, segmentation: [triangle, [50, 30, 60, 30, 60, 40]] }]).images[0].labels[0];
    // Three points, back to the first, four of the closed second part, and home.
    expect(parts.polygon?.length).toBe(2 * 8);
  });

  test("takes the box from the outline where bbox is missing", () => {
    const { bbox: _, ...bare } = box;
    const { labels } = parse([{ ...bare, segmentation: [[20, 10, 60, 10, 20, 40]] }]).images[0];
    expect(labels[0]).toMatchObject({ cx: 0.2, cy: 0.25, w: 0.2, h: 0.3 });
  });

  test("keeps the box of a run-length coded outline and says so", () => {
    const { images, problems } = parse([{ ...box, segmentation: { counts: "abc", size: [100, 200] } }]);
    expect(images[0].labels).toEqual([{ classId: 1, cx: 0.2, cy: 0.25, w: 0.2, h: 0.3 }]);
    expect(problems[0]).toMatchObject({ severity: "warning", file: "a.json", at: "annotation 1" });
    expect(problems[0].message).toContain("run-length");
  });

  test.each([
    ["a crowd", { iscrowd: 1 }],
    ["what is marked so, of a category that is no class", { ignore: 1, category_id: 99 }],
    ["a weight of 0", { weight: 0 }],
  ])("takes %s for a region to ignore", (_, change) => {
    const { images, problems } = parse([{ ...box, ...change }, box]);
    // x 20 to 60 of 200, y 10 to 40 of 100.
    const place = { cx: 0.2, cy: 0.25, w: 0.2, h: 0.3 };
    expect(images[0].ignored).toEqual([place]);
    expect(images[0].labels).toEqual([{ classId: 1, ...place }]);
    expect(problems).toEqual([]);
  });

  test("takes weights from 0 to 1", () => {
    const { images } = parse([
      { ...box, weight: 0.25 },
      { ...box, bbox: [0, 0, 9, 9], weight: 1 },
    ]);
    expect(images[0].labels.map(({ weight }) => weight)).toEqual([0.25, undefined]);
    for (const weight of [-0.1, 1.5, "1"]) {
      const [{ problems }] = parse([{ ...box, weight }]).images;
      expect(problems).toMatchObject([{ severity: "error", message: expect.stringContaining("from 0 to 1") }]);
    }
  });

  test("leaves out repeated annotations and those of images that are not listed, and says so", () => {
    const { images, problems } = parse([box, { ...box, id: 2 }, { ...box, id: 3, image_id: 8 }]);
    expect(images[0].labels.length).toBe(1);
    expect(problems.map((problem) => problem.at)).toEqual(["annotation 2", "annotation 3"]);
  });

  test("cuts boxes at the image and says so from one pixel on", () => {
    const { images, problems } = parse([{ ...box, bbox: [-10, 0, 30, 100.5] }]);
    // x 0 to 20, y 0 to 100.
    expect(images[0].labels[0]).toMatchObject({ cx: 0.05, cy: 0.5, w: 0.1, h: 1 });
    expect(problems[0].message).toContain("beyond its image");
    expect(parse([{ ...box, bbox: [0, 0, 30, 100.5] }]).problems).toEqual([]);
  });

  test.each([
    ["width 0", [20, 10, 0, 30], "without width or height"],
    ["negative height", [20, 10, 10, -30], "without width or height"],
    ["a place outside the image", [300, 10, 10, 30], "outside the image"],
  ])("leaves out a box of %s and says so", (_, bbox, message) => {
    const { labels, problems } = parse([{ ...box, bbox }]).images[0];
    expect(labels).toEqual([]);
    expect(problems).toMatchObject([{ severity: "warning", file: "a.json", at: "annotation 1" }]);
    expect(problems[0].message).toContain(message);
  });

  test.each([
    ["three values", { bbox: [1, 2, 3] }, "expected four numbers"],
    ["text", { bbox: "1 2 3 4" }, "expected four numbers"],
    ["null in it", { bbox: [1, 2, null, 4] }, "expected four numbers"],
    ["no box at all", { bbox: undefined }, "expected four numbers"],
    ["an unknown category", { category_id: 99 }, "category_id 99"],
  ])("reports an annotation with %s as an error of its image", (_, change, message) => {
    const { problems } = parse([{ ...box, ...change }]).images[0];
    expect(problems).toMatchObject([{ severity: "error", code: "invalid_annotations", at: "annotation 1" }]);
    expect(problems[0].message).toContain(message);
  });

  test.each([
    ["no JSON", () => parseCoco("{", { file: "a.json" }), undefined, "not valid JSON"],
    ["a list", () => parseCoco("[]", { file: "a.json" }), undefined, "expected an object"],
    ["no images", () => parseCoco('{"categories": []}', { file: "a.json" }), "images", "missing"],
    ["images as text", () => parse([], { images: "a" }), "images", "not a list"],
    ["no categories", () => parseCoco('{"images": []}', { file: "a.json" }), "categories", "missing"],
    [
      "an image without a name",
      () => parse([], { images: [{ ...image, file_name: 3 }] }),
      "images[0]",
      "file_name is 3",
    ],
    [
      "an image without a width",
      () => parse([], { images: [{ ...image, width: null }] }),
      "images[0]",
      "width is null",
    ],
    ["an image id twice", () => parse([], { images: [image, image] }), "images[1]", "id 7 of a.jpg is used twice"],
    ["a category without a name", () => parse([], { categories: [{ id: 1 }] }), "categories[0]", "name is undefined"],
    [
      "a category id twice",
      () => parse([], { categories: [...categories, { id: 2, name: "x" }] }),
      "categories[2]",
      'id 2 of "x"',
    ],
    ["classes that fit in no way", () => parse([box], {}, ["a", "b", "c"]), "categories", "do not fit"],
  ])("refuses %s", (_, run, at, message) => {
    const error = failure(run);
    expect([error.code, error.place.file, error.place.at]).toEqual(["invalid_annotations", "a.json", at]);
    expect(error.message).toContain(message);
  });
});
