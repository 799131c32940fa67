/**
 * @file Broken descriptions: model YAMLs, data YAMLs, and what these point to. Every broken row of a model YAML is tested
 * beside its parser.
 */
import { describe } from "vitest";
import { openDataset } from "../../src/data/open-dataset";
import { openTrainableModel } from "../../src/model/open-model";
import { measureModel } from "../../src/train/measure-model";
import { train } from "../../src/train/train";
import { SIDE, smallYaml } from "../training/small-network";
import { plain, putDataset, smallWeights } from "./material";
import { type BadInput, refusals } from "./table";

type Row = Pick<BadInput, "make" | "act" | "file">;

/** A model YAML that somebody trains from. */
function modelYaml(content: string | Uint8Array): Row {
  return {
    file: "own.yaml",
    make: (scratch) => scratch.put("own.yaml", content),
    act: (scratch) => openTrainableModel(scratch.path("own.yaml"), {}),
  };
}

/** A data YAML that somebody trains on, beside three images. */
function dataYaml(yaml: string | Uint8Array): Row {
  return {
    file: "data.yaml",
    make: async (scratch) => {
      await putDataset(scratch, { images: ["1", "2", "3"] });
      await scratch.put("data.yaml", yaml);
    },
    act: (scratch) => openDataset(scratch.path("data.yaml"), "train"),
  };
}

/** Ten of the level below, ten levels. */
const BOMB = [..."abcdefghij"]
  .map((name, i) => {
    const below = i === 0 ? "x" : `*${"abcdefghij"[i - 1]}`;
    return `${name}: &${name} [${new Array(10).fill(below).join(", ")}]\n`;
  })
  .join("");

const MODELS: readonly BadInput[] = [
  {
    what: "a misspelt name of a published network",
    act: () => openTrainableModel("yolo8n.yaml", {}),
    code: "file_not_found",
    file: "yolo8n.yaml",
    says: "did you mean yolov8n?",
  },
  {
    what: "a model YAML that does not exist",
    act: (scratch) => openTrainableModel(scratch.path("models/own.yaml"), {}),
    code: "file_not_found",
    file: "models/own.yaml",
    says: "no such model",
  },
  {
    what: "a folder of the name own.yaml",
    make: (scratch) => scratch.folder("own.yaml"),
    act: (scratch) => openTrainableModel(scratch.path("own.yaml"), {}),
    code: "file_unreadable",
    file: "own.yaml",
    says: "is a folder",
  },
  {
    what: "a model YAML that is none",
    ...modelYaml("nc: 2\nbackbone:\n  - [-1, 1, Conv, [8, 3, 2]\nhead: []\n"),
    code: "invalid_model",
    at: /^line [34], column \d+$/,
    says: "not valid YAML",
  },
  {
    what: "a model YAML indented by tabs",
    ...modelYaml("nc: 2\nbackbone:\n\t- [-1, 1, Conv, [8, 3, 2]]\n"),
    code: "invalid_model",
    at: /^line 3, column \d+$/,
    says: /tab/i,
  },
  {
    what: "a model YAML of bytes",
    ...modelYaml(Uint8Array.of(0, 1, 2, 3, 255, 254)),
    code: "invalid_model",
    says: "expected keys and values (backbone: ..., head: ...)",
  },
  {
    what: "a model YAML with a misspelt module",
    ...modelYaml(smallYaml().replace("C2f", "C2ff")),
    code: "invalid_model",
    at: "row 2 (backbone[2])",
    says: 'unknown module "C2ff"; did you mean C2f?',
  },
  {
    what: "a model YAML that reads a row to come",
    ...modelYaml(smallYaml().replace("[[3, 4], 1, Detect", "[[3, 9], 1, Detect")),
    code: "invalid_model",
    at: "row 5 (head[0])",
    says: "from 9 is not a row before this one",
  },
  {
    what: "a model YAML of no classes",
    ...modelYaml(smallYaml().replace("nc: 2", "nc: 0")),
    code: "invalid_model",
    at: "nc",
    says: "0, expected a whole number of at least 1",
  },
  {
    what: "a model YAML with a zero too many in its channels",
    ...modelYaml(smallYaml().replaceAll(/\[(16|32), 3, 2\]/g, "[65536, 3, 2]")),
    code: "invalid_model",
    says: /has \d+ million parameters, at most 537 million are taken/,
  },
  { what: "a model YAML that multiplies", ...modelYaml(BOMB), code: "invalid_model", says: "not readable" },
];

const DATA: readonly BadInput[] = [
  {
    what: "a data YAML that does not exist",
    act: (scratch) => openDataset(scratch.path("lesions.yaml"), "train"),
    code: "file_not_found",
    file: "lesions.yaml",
    says: "no such data file",
  },
  {
    what: "a data YAML below a file",
    make: (scratch) => scratch.put("lesions"),
    act: (scratch) => openDataset(scratch.path("lesions/data.yaml"), "train"),
    code: "file_not_found",
    file: "lesions/data.yaml",
    says: "no such data file",
  },
  {
    what: "a folder given as data YAML",
    make: (scratch) => scratch.folder("lesions"),
    act: (scratch) => openDataset(scratch.path("lesions"), "train"),
    code: "file_unreadable",
    file: "lesions",
    says: "is a folder",
  },
  {
    what: "an empty data YAML",
    ...dataYaml(""),
    code: "invalid_dataset",
    says: "expected keys and values (train: ...",
  },
  {
    what: "a data YAML that is a picture",
    file: "data.yaml",
    make: async (scratch) => scratch.put("data.yaml", await plain().png().toBuffer()),
    act: (scratch) => openDataset(scratch.path("data.yaml"), "train"),
    code: "invalid_dataset",
    says: /expected keys and values|not valid YAML/,
  },
  {
    what: "a data YAML with a key twice",
    ...dataYaml("train: images\ntrain: more\nnames: [a]\n"),
    code: "invalid_dataset",
    at: "line 2, column 1",
    says: "not valid YAML",
  },
  { what: "a data YAML that multiplies", ...dataYaml(BOMB), code: "invalid_dataset", says: "not readable" },
  {
    what: "a data YAML without class names",
    ...dataYaml("train: images\n"),
    code: "invalid_dataset",
    at: "names",
    says: "missing; expected the class names, as in names: [nodule, mass]",
  },
  {
    what: "class names with a hole",
    ...dataYaml("train: images\nnames: {0: nodule, 2: mass}\n"),
    code: "invalid_dataset",
    at: "names",
    says: "no name for class 1",
  },
  {
    what: "a count of classes that is not that of the names",
    ...dataYaml("train: images\nnc: 3\nnames: [nodule, mass]\n"),
    code: "invalid_dataset",
    at: "names",
    says: "2 names, but nc is 3",
  },
  {
    what: "a misspelt key for the images",
    ...dataYaml("trian: images\nnames: [nodule]\n"),
    code: "invalid_dataset",
    at: "train",
    says: "no key train, val or test names any images",
  },
  {
    what: "images that are a number of lists",
    ...dataYaml("train: [[images]]\nnames: [nodule]\n"),
    code: "invalid_dataset",
    at: "train",
    says: '["images"]; expected a folder',
  },
  {
    what: "a folder of images that does not exist",
    ...dataYaml("train: pictures\nnames: [nodule]\n"),
    code: "file_not_found",
    at: "train",
    says: /pictures does not exist/,
  },
  {
    what: "a path that another machine has",
    ...dataYaml("path: D:/scans\ntrain: images\nnames: [nodule]\n"),
    code: "file_not_found",
    at: "path",
    says: "does not exist; it is taken from the folder of this file",
  },
  {
    what: "a data set without validation images, trained with validation",
    make: (scratch) => putDataset(scratch, { yaml: "train: images\nnames: [a]\n", images: ["1"] }),
    act: (scratch) => train({ data: scratch.path("data.yaml"), model: "yolov8n", project: scratch.path("runs") }),
    code: "invalid_dataset",
    file: "data.yaml",
    at: "val",
    says: "missing; the file names images for train only",
  },
  {
    what: "a data set of other classes than the model's",
    make: async (scratch) => {
      await putDataset(scratch, { yaml: "val: images\nnames: [a, b, c]\n", images: ["1"] });
      await scratch.put("best.safetensors", smallWeights());
    },
    act: (scratch) => {
      const [model, data] = [scratch.path("best.safetensors"), scratch.path("data.yaml")];
      return measureModel({ model, data, imgsz: SIDE, threads: 1 });
    },
    code: "invalid_dataset",
    file: "data.yaml",
    at: "names",
    says: /3 classes \(a, b, c\), but .*best\.safetensors has 2 \(square, disc\)/,
  },
];

describe("a bad model description: opening refuses", () => {
  refusals(MODELS);
});

describe("a bad data set description: opening refuses", () => {
  refusals(DATA);
});
