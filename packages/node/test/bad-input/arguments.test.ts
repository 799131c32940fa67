/**
 * @file Arguments that will not do. No file is to blame, so the message names the argument.
 */
import { describe } from "vitest";
import { runExport } from "../../src/cli/run-export";
import { writePhantoms } from "../../src/phantom/write-phantoms";
import { type PredictOptions, predict } from "../../src/predict/predict";
import { type MeasureOptions, measureModel } from "../../src/train/measure-model";
import { brightDetector } from "../bright-detector";
import { SIDE } from "../training/small-network";
import { plain, putDataset, putTraining, smallWeights, trainIn } from "./material";
import { type BadInput, refusals } from "./table";

type Row = Pick<BadInput, "make" | "act">;

const trained = (given: Readonly<Record<string, string | number>>): Row => ({
  make: putTraining,
  act: (scratch) => trainIn(scratch, { arguments: given }),
});

const predicted = (options: Partial<PredictOptions>): Row => ({
  make: async (scratch) => {
    await scratch.put("model.onnx", brightDetector());
    await scratch.put("a.png", await plain().png().toBuffer());
  },
  act: (scratch) => {
    const [model, source, out] = ["model.onnx", "a.png", "out"].map((name) => scratch.path(name));
    return predict({ model, sources: [source], out, threads: 1, pictures: false, page: false, ...options });
  },
});

const measured = (options: Partial<MeasureOptions>): Row => ({
  make: async (scratch) => {
    await putDataset(scratch, { yaml: "val: images\nnames: [square, disc]\n", images: ["1"] });
    await scratch.put("best.safetensors", smallWeights());
  },
  act: (scratch) => {
    const [model, data] = ["best.safetensors", "data.yaml"].map((name) => scratch.path(name));
    return measureModel({ model, data, imgsz: SIDE, threads: 1, ...options });
  },
});

const exported = (options: Partial<Parameters<typeof runExport>[0]>): Row => ({
  make: (scratch) => scratch.put("best.safetensors", smallWeights()),
  act: (scratch) => {
    const [model, out] = ["best.safetensors", "best.onnx"].map((name) => scratch.path(name));
    const imgsz = { height: SIDE, width: SIDE };
    return runExport({ format: "onnx", model, out, imgsz, batch: 1, dynamic: false, half: false, ...options });
  },
});

const ARGUMENTS: readonly BadInput[] = [
  {
    what: "a misspelt training argument",
    ...trained({ epoch: 60 }),
    code: "unknown_argument",
    says: "epoch is no training argument, did you mean epochs?",
  },
  {
    what: "a learning rate in words",
    ...trained({ lr0: "fast" }),
    code: "invalid_argument",
    says: "lr0: got fast, wanted a number from 0 to 10",
  },
  {
    what: "half an epoch",
    ...trained({ epochs: 0.5 }),
    code: "invalid_argument",
    says: "epochs: got 0.5, wanted a whole",
  },
  { what: "a learning rate of NaN", ...trained({ lr0: Number.NaN }), code: "invalid_argument", says: "lr0: got NaN" },
  {
    what: "an unknown optimiser",
    ...trained({ optimizer: "Lion" }),
    code: "invalid_argument",
    says: "optimizer: got Lion, wanted one of auto, SGD, Adam, AdamW",
  },
  // The small network's coarsest map has stride 16.
  {
    what: "training images of a size that the network does not take",
    ...trained({ imgsz: 100 }),
    code: "invalid_argument",
    says: "imgsz: got 100, wanted a multiple of 16, the largest stride of small: 96 or 112",
  },
  {
    what: "a frozen row that is not there",
    ...trained({ freeze: "[3,99]" }),
    code: "invalid_argument",
    says: "freeze: got [3,99], wanted a number or a list of rows from 0 to 5",
  },
  {
    what: "a network frozen from end to end",
    ...trained({ freeze: "6" }),
    code: "invalid_argument",
    says: "freeze: 6 leaves none of the 6 rows to train",
  },
  {
    what: "an unknown device",
    ...predicted({ device: "gpu" }),
    code: "invalid_argument",
    says: /device: "gpu" is unknown.*known: cpu, cuda/,
  },
  {
    what: "a numbered processor",
    ...predicted({ device: "cpu:1" }),
    code: "invalid_argument",
    says: 'cpu takes no number, got "cpu:1"',
  },
  {
    what: "a confidence above 1",
    ...predicted({ conf: 25 }),
    code: "invalid_argument",
    says: "conf is 25, expected a",
  },
  { what: "an overlap of NaN", ...predicted({ iou: Number.NaN }), code: "invalid_argument", says: "iou is NaN" },
  { what: "an image size of NaN", ...predicted({ imgsz: Number.NaN }), code: "invalid_argument", says: "imgsz is NaN" },
  {
    what: "a class that the model does not know",
    ...predicted({ classes: [0, 3] }),
    code: "invalid_argument",
    says: "classes: got 3, the network knows 0 to 0",
  },
  { what: "no source at all", ...predicted({ sources: [] }), code: "file_not_found", says: "no source was named" },
  {
    what: "a part of the data set that is not there",
    ...measured({ split: "tset" }),
    code: "invalid_dataset",
    file: "data.yaml",
    at: "tset",
    says: "missing; the file names images for val only",
  },
  { what: "batches of no image", ...measured({ batch: 0 }), code: "invalid_argument", says: "batch is 0, expected an" },
  {
    what: "an export of a size that the network does not take",
    ...exported({ imgsz: { height: 64, width: 65 } }),
    code: "invalid_argument",
    says: "imgsz: got 65, wanted a multiple of 16",
  },
  // 4096 x 3 x 8192 x 8192 x 4 bytes.
  {
    what: "an export that would fill the memory",
    ...exported({ batch: 4096, imgsz: { height: 8192, width: 8192 } }),
    code: "invalid_argument",
    file: "best.onnx",
    says: "4096 images of 8192 x 8192 take 3299 GB",
  },
  {
    what: "radiographs without pixels",
    act: (scratch) => writePhantoms({ out: scratch.path("phantoms"), count: 1, size: 0 }),
    code: "invalid_argument",
    says: "0 x 0 pixels, expected whole sides from 64 to 8192",
  },
];

describe("a bad argument is refused:", () => {
  refusals(ARGUMENTS);
});
