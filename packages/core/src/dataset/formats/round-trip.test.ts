import { describe, expect, test } from "vitest";
import type { AnnotationSet } from "../annotation-set";
import { maskOfPixels, maskOutlines } from "../run-length";
import { assembleSet } from "./annotation-draft";
import { readCoco } from "./coco";
import { readCsv } from "./csv";
import { readCvat } from "./cvat";
import type { WriteFormat } from "./format-names";
import { inPixels } from "./fractions";
import { readLabelMe } from "./labelme";
import { lossesOf } from "./losses";
import { readOpenImages } from "./open-images";
import { readVoc } from "./voc";
import { WRITERS } from "./write-annotations";
import { readYoloLabels } from "./yolo";

// 4 x 3 pixels, of which (1, 1), (2, 1) and (2, 2) are inside.
const MASK = maskOfPixels([0, 0, 0, 0, /**/ 0, 1, 1, 0, /**/ 0, 0, 1, 0], 4, 3);

/** Everything that a set may hold. */
const FULL: AnnotationSet = {
  categories: [
    { name: "结节 <1>", id: 3, supercategory: "lung" },
    { name: "mass", id: 7 },
  ],
  images: [
    {
      file: "病人/a.b.png",
      width: 4,
      height: 3,
      id: 12,
      split: "val",
      attributes: { patient_id: "007", age: 61, contrast: true },
      annotations: [
        {
          classId: 0,
          box: { x1: 0.5, y1: 0.25, x2: 2, y2: 1.75 },
          id: 5,
          score: 0.75,
          attributes: { reader: "R 1", sure: false },
        },
        {
          classId: 1,
          box: { x1: 1, y1: 1, x2: 3, y2: 3 },
          segmentation: [[1, 1, 3, 1, 3, 3]],
          id: 6,
          area: 2,
          weight: 0.5,
        },
        {
          classId: 1,
          box: { x1: 0, y1: 0, x2: 4, y2: 3 },
          segmentation: [
            [0, 0, 1, 0, 1, 1],
            [3, 2, 4, 2, 4, 3],
          ],
          id: 7,
        },
        { classId: 0, box: { x1: 1, y1: 1, x2: 3, y2: 3 }, segmentation: MASK, id: 8, crowd: true },
        { classId: 1, box: { x1: 2, y1: 2, x2: 2, y2: 3 }, id: 9, ignore: true },
      ],
    },
    { file: "empty.png", width: 8, height: 8, id: 13, split: "train", annotations: [] },
  ],
};

function filesOf(set: AnnotationSet, format: WriteFormat): Map<string, string> {
  return new Map([...WRITERS[format].files(set)].map(({ path, text }) => [path, text]));
}

/** `FULL` with its annotations changed, and without what `images` take away. */
function changed(
  change: (one: AnnotationSet["images"][0]["annotations"][0]) => object | undefined,
  { without = [] as string[], categories = FULL.categories as readonly object[] } = {},
): unknown {
  return {
    categories,
    images: FULL.images.map((image) => ({
      ...Object.fromEntries(Object.entries(image).filter(([key]) => !without.includes(key))),
      annotations: image.annotations.flatMap((one) => change(one) ?? []),
    })),
  };
}

const names = FULL.categories.map(({ name }) => ({ name }));

/** An annotation without id and area, which most formats have no place for. */
function plain({ id, area, ...rest }: AnnotationSet["images"][0]["annotations"][0]): object {
  return rest;
}

describe("a set written and read again", () => {
  test("is the same as COCO, areas said", () => {
    const text = filesOf(FULL, "coco").get("annotations.json") ?? "";
    const { set, problems } = readCoco(text, "a.json");
    expect(problems).toEqual([]);
    // The first box: 1.5 x 1.5. The parts: two triangles of half a pixel. The mask: three pixels.
    const areas = [2.25, 2, 1, 3, 0];
    let at = 0;
    expect(set).toEqual(changed((one) => ({ ...one, area: areas[at++] })));
    expect(lossesOf(FULL, "coco")).toEqual([]);
  });

  test("is the same as CVAT but for ids, areas and the supercategory", () => {
    const { set, problems } = readCvat(filesOf(FULL, "cvat").get("annotations.xml") ?? "", "a.xml");
    expect(problems).toEqual([]);
    const counted = set.images.map(({ id, ...image }) => image);
    expect({ ...set, images: counted }).toEqual(changed(plain, { without: ["id"], categories: names }));
    expect(lossesOf(FULL, "cvat").map(({ what, count }) => `${count} ${what}`)).toEqual([
      "1 areas said apart",
      "5 ids of annotations",
      "2 ids of images",
      "1 supercategories",
    ]);
  });

  test("is the same as CSV but for ids, areas and the supercategory", () => {
    const { set, problems } = readCsv(filesOf(FULL, "csv").get("annotations.csv") ?? "", { file: "a.csv" });
    expect(problems).toEqual([]);
    // Classes go by their names here: "mass" comes before the Chinese one.
    const expected = changed((one) => ({ ...plain(one), classId: 1 - one.classId }), {
      without: ["id"],
      categories: [names[1], names[0]],
    });
    expect(set).toEqual(expected);
  });

  test("is the same as LabelMe but for ids, areas and parts of the set, masks as outlines", () => {
    const files = filesOf(FULL, "labelme");
    expect([...files.keys()]).toEqual(["病人/a.b.json", "empty.json"]);
    const { image, problems } = readLabelMe(files.get("病人/a.b.json") ?? "", "病人/a.b.json");
    expect(problems).toEqual([]);
    const { images } = assembleSet([image], names);
    const annotations = FULL.images[0].annotations.map((one) => {
      return one.crowd ? { ...plain(one), segmentation: maskOutlines(MASK) } : plain(one);
    });
    const { width, height, attributes } = FULL.images[0];
    expect(images).toEqual([{ file: "a.b.png", width, height, attributes, annotations }]);
  });

  test("keeps boxes and attributes as VOC; crowds and regions to ignore become difficult", () => {
    const files = filesOf(FULL, "voc");
    expect(files.get("ImageSets/Main/val.txt")).toBe("病人/a.b\n");
    const { image, problems } = readVoc(files.get("Annotations/病人/a.b.xml") ?? "", "a.b.xml");
    expect(problems).toEqual([]);
    const expected = FULL.images[0].annotations.map(({ classId, box, attributes, crowd, ignore }) => ({
      className: FULL.categories[classId].name,
      box,
      ...((attributes || crowd || ignore) && {
        attributes: { ...attributes, ...((crowd || ignore) && { difficult: true }) },
      }),
    }));
    expect(image).toEqual({ file: "a.b.png", width: 4, height: 3, annotations: expected });
    expect(lossesOf(FULL, "voc").map(({ what }) => what)).toEqual(
      expect.arrayContaining(["outlines", "masks", "crowds", "regions to ignore", "weights", "scores"]),
    );
  });

  test("keeps boxes and outlines as YOLO and leaves out what is not judged", () => {
    const files = filesOf(FULL, "yolo");
    expect(files.get("classes.txt")).toBe("结节 <1>\nmass\n");
    expect(files.get("labels/train/empty.txt")).toBe("");
    const text = files.get("labels/val/病人/a.b.txt") ?? "";
    const annotations = readYoloLabels(text, { file: "a.b.txt", nc: 2, width: 4, height: 3 });
    const { annotations: whole } = FULL.images[0];
    // Both parts in one outline, from its first point and back to it.
    const joined = [0, 0, 1, 0, 1, 1, 0, 0, 3, 2, 4, 2, 4, 3, 3, 2, 0, 0];
    expect(annotations).toHaveLength(3);
    expect(annotations[0].box.x1).toBeCloseTo(whole[0].box.x1, 6);
    expect(annotations[0].box.y2).toBeCloseTo(whole[0].box.y2, 6);
    expect(annotations[1].classId).toBe(1);
    expect(annotations[1].box.y1).toBeCloseTo(1, 6);
    const outline = (annotations[2].segmentation as number[][])[0];
    expect(outline.map((value) => Math.round(value * 1e6) / 1e6)).toEqual(joined);
  });

  test("keeps boxes, crowds and scores as Open Images", () => {
    const text = filesOf(FULL, "openimages").get("val-annotations-bbox.csv") ?? "";
    const { set, problems } = readOpenImages(text, {
      file: "val.csv",
      names: new Map(names.map(({ name }) => [name, name])),
    });
    expect(problems).toEqual([]);
    const image = inPixels({ ...set.images[0], width: 4, height: 3 });
    const found = image?.annotations.map(({ box, score, crowd }) => [box.x1, box.x2, score, crowd]);
    expect(found).toEqual([
      [0.5, 2, 0.75, undefined],
      [1, 3, undefined, undefined],
      [0, 4, undefined, undefined],
      [1, 3, undefined, true],
    ]);
  });
});

describe("lossesOf", () => {
  test("tells how many have what a format cannot hold, and what becomes of it", () => {
    expect(lossesOf(FULL, "yolo")).toContainEqual({
      what: "crowds",
      count: 1,
      becomes: "left out: as labels they would be taken for lesions",
    });
    expect(lossesOf({ categories: names, images: [] }, "yolo")).toEqual([]);
  });

  test("finds a box that is not the one around its outline", () => {
    const images = [
      {
        file: "a.png",
        annotations: [{ classId: 0, box: { x1: 0, y1: 0, x2: 9, y2: 9 }, segmentation: [[1, 1, 8, 1, 8, 8]] }],
      },
    ];
    expect(lossesOf({ categories: names, images }, "cvat")).toContainEqual(
      expect.objectContaining({ what: "boxes that are not those of their outlines", count: 1 }),
    );
  });
});
