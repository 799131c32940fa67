import { describe, expect, test } from "vitest";
import { cocoTables } from "./coco-tables";

const TRUTH = {
  images: [
    { id: 7, file_name: "b.png", width: 8, height: 6 },
    { id: 3, file_name: "a.png", width: 8, height: 6 },
  ],
  categories: [
    { id: 5, name: "mass" },
    { id: 2, name: "nodule" },
  ],
  annotations: [{ id: 1, image_id: 3, category_id: 5, bbox: [1, 1, 2, 3], area: 5, iscrowd: 0 }],
};
const RESULT = { image_id: 3, category_id: 2, bbox: [1.5, 1, 2.5, 3], score: 0.5 };

const read = (results: unknown, truth: unknown = TRUTH, kind?: "bbox" | "segm") =>
  cocoTables(
    { file: "gt.json", text: JSON.stringify(truth) },
    { file: "dt.json", text: JSON.stringify(results) },
    kind,
  );

describe("cocoTables", () => {
  test("puts images and categories in the order of their ids", () => {
    const { tables, warnings } = read([RESULT]);
    expect(tables.categories.map(({ name }) => name)).toEqual(["nodule", "mass"]);
    expect([tables.images, [...tables.truth.image], [...tables.truth.category]]).toEqual([2, [0], [1]]);
    expect([...tables.detections.boxes]).toEqual([1.5, 1, 2.5, 3]);
    // The truth's own area; of a result width x height.
    expect([tables.truth.areas[0], tables.detections.areas[0]]).toEqual([5, 7.5]);
    expect(warnings).toEqual([]);
  });

  test("takes box and area of a result from its mask where it has no box", () => {
    // Rows 1 to 3 of column 1 of 6 x 8 pixels: 7 zeros, 3 ones.
    const { image_id, category_id, score } = RESULT;
    const segmentation = { size: [6, 8], counts: [7, 3, 38] };
    const { tables } = read([{ image_id, category_id, score, segmentation }]);
    expect([[...tables.detections.boxes], tables.detections.areas[0]]).toEqual([[1, 1, 1, 3], 3]);
  });

  test("tells of what is left out, and of what pycocotools reads otherwise", () => {
    const annotations = [
      { ...TRUTH.annotations[0], id: 0, ignore: 1 },
      { ...TRUTH.annotations[0], id: 2, image_id: 99 },
    ];
    expect(read([{ ...RESULT, category_id: 9 }], { ...TRUTH, annotations }).warnings).toEqual([
      "gt.json: 1 annotation with id 0, which pycocotools never counts as found: counted here",
      "gt.json: 1 annotation marked ignore but not iscrowd, which pycocotools judges all the same",
      "gt.json: 1 annotation of an image that is not in images: left out",
      "dt.json: 1 of 1 results are of categories that the truth does not have: left out",
    ]);
  });

  test("reads an empty list of results", () => {
    expect(read([]).tables.detections.scores).toHaveLength(0);
  });

  test.each([
    ["dt.json: [1]: image_id 4 is not among the 2 images of the truth", [RESULT, { ...RESULT, image_id: 4 }]],
    ["dt.json: [0]: score is null, wanted a number", [{ ...RESULT, score: Number.NaN }]],
    ['dt.json: [0]: score is "0.5", wanted a number', [{ ...RESULT, score: "0.5" }]],
    ["dt.json: [0]: bbox is [1,2,3], wanted four numbers", [{ ...RESULT, bbox: [1, 2, 3] }]],
    ["dt.json: annotations: missing", { results: [] }],
  ])("says: %s", (message, results) => {
    expect(() => read(results)).toThrow(message);
  });

  test.each([
    ["mask of 8 x 6 pixels (rows x columns) in an image of 6 x 8", { size: [8, 6], counts: [48] }],
    ["run-length code: runs of 47 pixels in all; 6 x 8 are 48", { size: [6, 8], counts: [47] }],
    ["segmentation is neither outlines", "wrong"],
  ])("says of a mask: %s", (message, segmentation) => {
    expect(() => read([{ ...RESULT, segmentation }], TRUTH, "segm")).toThrow(message);
  });

  test("says of a truth what it lacks", () => {
    expect(() => read([], [])).toThrow("gt.json: expected an object with images, annotations and categories");
    expect(() => read([], { ...TRUTH, images: [{ id: 1 }, { id: 1 }] })).toThrow("gt.json: images: id 1 is used twice");
  });
});
