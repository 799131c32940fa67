/**
 * @file Broken labels: YOLO label files and COCO annotations, beside good images.
 */
import { describe } from "vitest";
import { openDataset } from "../../src/data/open-dataset";
import { putDataset } from "./material";
import { type BadInput, refusals } from "./table";

/** A second label file, after a good one; the data set is opened so that nothing wrong is passed over. */
function label(text: string | Uint8Array): Pick<BadInput, "make" | "act" | "file" | "code"> {
  return {
    code: "invalid_label",
    file: "labels/2.txt",
    make: (scratch) => putDataset(scratch, { labels: { 1: "0 0.5 0.5 0.2 0.2\n", 2: text } }),
    act: (scratch) => openDataset(scratch.path("data.yaml"), "train", { onProblem: "refuse" }),
  };
}

const GOOD = "1 0.5 0.5 0.2 0.2";

const YOLO: readonly BadInput[] = [
  {
    what: "a row of four columns",
    ...label(`${GOOD}\n\n0 0.5 0.5 0.2\n`),
    at: "line 3",
    says: "4 columns; expected 5 (class cx cy w h)",
  },
  {
    what: "a row of six columns, as predictions have",
    ...label(`${GOOD} 0.93\n`),
    at: "line 1",
    says: "6 columns; expected 5",
  },
  { what: "an outline of two points and a half", ...label("0 .1 .1 .2 .2 .3\n"), at: "line 1", says: "6 columns" },
  { what: "a row parted by commas", ...label("0,0.5,0.5,0.2,0.2\n"), at: "line 1", says: "1 columns; expected 5" },
  {
    what: "decimal commas",
    ...label(`${GOOD}\n0 0,5 0,5 0,2 0,2\n`),
    at: "line 2",
    says: '"0,5" is not a number',
  },
  { what: "a heading", ...label(`class cx cy w h\n${GOOD}\n`), at: "line 1", says: '"class" is not a number' },
  {
    what: "a coordinate that is no number",
    ...label("0 nan 0.5 0.2 0.2\n"),
    at: "line 1",
    says: '"nan" is not a number',
  },
  { what: "an endless coordinate", ...label("0 0.5 inf 0.2 0.2\n"), at: "line 1", says: '"inf" is not a number' },
  {
    what: "coordinates in pixels",
    ...label(`${GOOD}\n0 20 15 10 10\n`),
    at: "line 2",
    says: "coordinate 20 in column 2; expected a fraction of the image's side, 0 to 1",
  },
  {
    what: "a coordinate a little too large",
    ...label("0 0.5 0.5 0.2 1.001\n"),
    at: "line 1",
    says: "coordinate 1.001 in column 5",
  },
  {
    what: "a coordinate below zero",
    ...label("0 0.1 0.1 0.2 0.2 -0.01 0.3\n"),
    at: "line 1",
    says: "coordinate -0.01 in column 6",
  },
  {
    what: "a class too high",
    ...label(`${GOOD}\n2 0.5 0.5 0.2 0.2\n`),
    at: "line 2",
    says: "class 2; the data set has 2 classes, 0 to 1",
  },
  { what: "classes counted from minus one", ...label("-1 0.5 0.5 0.2 0.2\n"), at: "line 1", says: "class -1" },
  { what: "half a class", ...label("0.5 0.5 0.5 0.2 0.2\n"), at: "line 1", says: "class 0.5" },
  { what: "a class by its name", ...label("mass 0.5 0.5 0.2 0.2\n"), at: "line 1", says: '"mass" is not a number' },
  {
    what: "a label file of bytes",
    ...label(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)),
    at: "line 1",
    says: "1 columns",
  },
  {
    what: "a folder of the name of a label file",
    make: async (scratch) => {
      await putDataset(scratch, { labels: { 1: GOOD }, images: ["1", "2"] });
      await scratch.folder("labels/2.txt");
    },
    act: (scratch) => openDataset(scratch.path("data.yaml"), "train", { onProblem: "refuse" }),
    code: "file_unreadable",
    file: "labels/2.txt",
    says: "is a folder",
  },
];

interface CocoParts {
  readonly images?: unknown;
  readonly annotations?: unknown;
  readonly categories?: unknown;
}

const IMAGE = { id: 1, file_name: "1.png", width: 40, height: 30 };
const BOX = { id: 7, image_id: 1, category_id: 3, bbox: [10, 10, 5, 5] };
const CATEGORY = { id: 3, name: "mass" };

/** A COCO file of one image, or a text instead. */
function coco(parts: CocoParts | string): Pick<BadInput, "make" | "act" | "file" | "code"> {
  const good = { images: [IMAGE], annotations: [BOX], categories: [CATEGORY] };
  const text = typeof parts === "string" ? parts : JSON.stringify({ ...good, ...parts });
  return {
    code: "invalid_annotations",
    file: "coco.json",
    make: async (scratch) => {
      await putDataset(scratch, { yaml: "train: coco.json\n", images: ["1"] });
      await scratch.put("coco.json", text);
    },
    act: (scratch) => openDataset(scratch.path("data.yaml"), "train", { onProblem: "refuse" }),
  };
}

const COCO: readonly BadInput[] = [
  { what: "a COCO file cut off", ...coco('{"images": [{"id": 1, "file_na'), says: "not valid JSON" },
  {
    what: "a COCO file that is a list",
    ...coco("[]"),
    says: "expected an object with images, annotations and categories",
  },
  { what: "a COCO file without categories", ...coco({ categories: undefined }), at: "categories", says: "missing" },
  { what: "annotations that are no list", ...coco({ annotations: { 7: BOX } }), at: "annotations", says: "not a list" },
  {
    what: "a category without a name",
    ...coco({ categories: [CATEGORY, { id: 4 }] }),
    at: "categories[1]",
    says: "name is undefined, expected text",
  },
  {
    what: "two categories of one id",
    ...coco({ categories: [CATEGORY, { id: 3, name: "nodule" }] }),
    at: "categories[1]",
    says: 'id 3 of "nodule"',
  },
  {
    what: "two images of one id",
    ...coco({ images: [IMAGE, { ...IMAGE, file_name: "2.png" }] }),
    at: "images[1]",
    says: "id 1 of 2.png is used twice",
  },
  {
    what: "an image without a size",
    ...coco({ images: [{ ...IMAGE, width: 0 }] }),
    at: "images[0]",
    says: "width is 0, expected pixels",
  },
  {
    what: "a box of three numbers",
    ...coco({ annotations: [{ ...BOX, bbox: [10, 10, 5] }] }),
    at: "annotation 7",
    says: "bbox [10,10,5]; expected four numbers",
  },
  {
    what: "a box without end",
    ...coco(`{"images": [${JSON.stringify(IMAGE)}], "categories": [${JSON.stringify(CATEGORY)}],
      "annotations": [{"id": 7, "image_id": 1, "category_id": 3, "bbox": [1, 1, 1e999, 5]}]}`),
    at: "annotation 7",
    says: "expected four numbers",
  },
  {
    what: "an annotation of an unknown category",
    ...coco({ annotations: [{ ...BOX, category_id: 90 }] }),
    at: "annotation 7",
    says: "category_id 90 is not in categories",
  },
  {
    what: "an image that is not there",
    ...coco({ images: [{ ...IMAGE, file_name: "gone.png" }] }),
    code: "file_not_found",
    file: "gone.png",
    says: "no such image file",
  },
];

describe("bad labels: a data set that shall have none refuses", () => {
  refusals(YOLO);
});

describe("bad COCO annotations: a data set that shall have none refuses", () => {
  refusals(COCO);
});
