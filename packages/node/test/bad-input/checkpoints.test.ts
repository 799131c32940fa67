/**
 * @file Broken and hostile files of weights, and files taken for weights. What the readers make of every single byte is
 * tested beside them; here, that a user who opens such a file hears what and where.
 */
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import { zipSync } from "fflate";
import { describe } from "vitest";
import { call, dict, global, int, tensor, text } from "../../../core/test/pickle-writer";
import { openDetector } from "../../src/model/open-detector";
import { openModel, openTrainableModel } from "../../src/model/open-model";
import { predict } from "../../src/predict/predict";
import { brightDetector } from "../bright-detector";
import { SIDE, smallNetwork, smallStore, smallYaml } from "../training/small-network";
import { cut, ONE_LAYER, plain, smallWeights, torchFile, type WeightsChange } from "./material";
import type { Scratch } from "./scratch";
import { type BadInput, refusals } from "./table";

/** A file of weights that somebody opens to predict, measure, export or look at. */
function opened(
  file: string,
  content: () => Uint8Array | string | Promise<Uint8Array>,
): Pick<BadInput, "make" | "act" | "file"> {
  return {
    file,
    make: async (scratch) => scratch.put(file, await content()),
    act: (scratch) => openModel(scratch.path(file)),
  };
}

const safetensors = (change: WeightsChange) => opened("best.safetensors", () => smallWeights(change));
const torch = (content: () => Uint8Array | string) => opened("best.pt", content);

/** An exported model that somebody predicts with. */
function predicted(content: () => Uint8Array | Promise<Uint8Array>): Pick<BadInput, "make" | "act" | "file"> {
  return {
    file: "model.onnx",
    make: async (scratch) => {
      await scratch.put("model.onnx", await content());
      await scratch.put("a.png", await plain().png().toBuffer());
    },
    act: (scratch) => predictWith(scratch, "model.onnx"),
  };
}

function predictWith(scratch: Scratch, model: string): Promise<unknown> {
  const [source, out] = [scratch.path("a.png"), scratch.path("out")];
  return predict({ model: scratch.path(model), sources: [source], out, threads: 1, pictures: false, page: false });
}

/** `bytes` with the first `from` in them, ASCII of the same length, replaced. */
function replaced(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const copy = Buffer.from(bytes);
  copy.write(to, copy.indexOf(from, 0, "latin1"), "latin1");
  return copy;
}

/** The small network's graph without the metadata that say what it is. */
function exportedGraph(): Uint8Array {
  return inferenceGraph(smallNetwork, smallStore(3).values, { width: SIDE, height: SIDE });
}

const TORCH: readonly BadInput[] = [
  {
    what: "a .pt whose download broke off",
    ...torch(() => cut(torchFile(ONE_LAYER))),
    code: "invalid_checkpoint",
    says: "cut off, or not a PyTorch checkpoint",
  },
  {
    what: "a .pt that is the page of a login",
    ...torch(() => "<!DOCTYPE html><title>Sign in</title>"),
    code: "invalid_checkpoint",
    says: "not a PyTorch checkpoint",
  },
  { what: "a .pt of 0 bytes", ...torch(() => ""), code: "invalid_checkpoint", says: "is empty" },
  {
    what: "a .pt that runs a command",
    ...torch(() => torchFile(dict({ model: call(global("os", "system"), text("rm -rf ~")) }))),
    code: "invalid_checkpoint",
    at: /^best\/data\.pkl, byte \d+$/,
    says: /"os\.system".*nothing of it was run/,
  },
  {
    what: "a .pt that reaches for eval by another name",
    ...torch(() => torchFile(dict({ model: call(global("builtins", "eval"), text("1")) }))),
    code: "invalid_checkpoint",
    at: /^best\/data\.pkl, byte \d+$/,
    says: '"builtins.eval"',
  },
  {
    what: "a .pt that inflates without end",
    ...torch(() => zipSync({ "a/data.pkl": new Uint8Array(70_000_000) }, { level: 1 })),
    code: "invalid_checkpoint",
    says: "weights do not compress like that",
  },
  {
    what: "a .pt with one changed weight",
    // 5 as float32 begins with the bytes 00 00 a0 40 in the storage.
    ...torch(() => replaced(torchFile(ONE_LAYER), "\x00\x00\xa0\x40", "\x00\x00\xa1\x40")),
    code: "invalid_checkpoint",
    at: "best/data/0",
    says: "does not match its checksum",
  },
  {
    what: "a .pt whose tensor is larger than its numbers",
    ...torch(() => torchFile(dict({ "model.0.weight": tensor([6000, 6000], { count: 6 }) }))),
    code: "invalid_checkpoint",
    at: "model.0.weight",
    says: "6000 x 6000",
  },
  {
    what: "a .pt of an optimiser alone",
    ...torch(() => torchFile(dict({ optimizer: dict({}), epoch: int(3) }))),
    code: "invalid_checkpoint",
    says: "holds no network",
  },
  {
    what: "a .pt that does not say its network",
    ...torch(() => torchFile(dict({ "model.0.weight": tensor([6]) }))),
    code: "invalid_checkpoint",
    says: /does not say which network .*--model/,
  },
];

const SAFETENSORS: readonly BadInput[] = [
  {
    what: "a safetensors file cut off in its numbers",
    ...opened("best.safetensors", () => cut(smallWeights())),
    code: "invalid_safetensors",
    says: "cut off or damaged",
  },
  {
    what: "a safetensors file whose header lies about its length",
    ...opened("best.safetensors", () => smallWeights().fill(0xff, 1, 4)),
    code: "invalid_safetensors",
    says: "a header of ",
  },
  {
    what: "weights that lack a tensor",
    ...safetensors({ state: (state) => state.delete("model.3.conv.weight") }),
    code: "invalid_checkpoint",
    says: "the weights do not fit small: model.3.conv.weight (missing in the source)",
  },
  {
    what: "weights with a tensor of another shape",
    ...safetensors({ state: (state) => state.set("model.3.conv.weight", { shape: [1], data: Float32Array.of(1) }) }),
    code: "invalid_checkpoint",
    says: "model.3.conv.weight (shape differs)",
  },
  {
    what: "weights with NaN in them",
    ...safetensors({ state: (state) => state.get("model.3.conv.weight")!.data.fill(Number.NaN, 7, 8) }),
    code: "invalid_checkpoint",
    at: "model.3.conv.weight",
    says: "value 7 is NaN",
  },
  {
    what: "weights with infinity in them",
    ...safetensors({ state: (state) => state.get("model.5.cv2.0.2.bias")!.data.fill(Number.POSITIVE_INFINITY) }),
    code: "invalid_checkpoint",
    at: "model.5.cv2.0.2.bias",
    says: "value 0 is Infinity",
  },
  {
    what: "weights of minus three classes",
    ...safetensors({ metadata: { nc: "-3", names: "" } }),
    code: "invalid_checkpoint",
    at: "nc",
    says: "-3, expected a number of classes",
  },
  {
    what: "weights of a network that would fill the memory",
    ...safetensors({ metadata: { nc: "1000000000", names: "" } }),
    code: "invalid_model",
    says: /small has \d+ million parameters, at most 537 million are taken/,
  },
  {
    what: "weights that carry no YAML",
    ...safetensors({ metadata: { yaml: "" } }),
    code: "invalid_checkpoint",
    says: "does not say which network",
  },
  {
    what: "weights whose YAML names no known module",
    ...safetensors({ metadata: { yaml: '{"backbone": [[-1, 1, "Convv", [8, 3]]], "head": []}' } }),
    code: "invalid_model",
    at: "row 0 (backbone[0])",
    says: 'unknown module "Convv"; did you mean Conv?',
  },
];

const ONNX: readonly BadInput[] = [
  {
    what: "an ONNX file cut off",
    ...predicted(() => cut(brightDetector())),
    code: "invalid_onnx",
    says: "not an ONNX model, or a damaged one",
  },
  {
    what: "an ONNX file of 0 bytes",
    ...predicted(() => new Uint8Array(0)),
    code: "invalid_onnx",
    says: "holds no graph",
  },
  {
    what: "an ONNX graph that the engine refuses",
    ...predicted(() => replaced(brightDetector(), "ReduceMean", "ReduceMaan")),
    code: "runtime_failed",
    says: "ONNX Runtime refuses the model",
  },
  {
    what: "an ONNX model that names more classes than it scores",
    ...predicted(() => brightDetector({ metadata: { names: "{0: 'a', 1: 'b'}" } })),
    code: "invalid_onnx",
    at: "output0",
    says: "expected 6 channels for 2 classes",
  },
  {
    what: "an ONNX model whose stride is a billion pixels",
    ...predicted(() => brightDetector({ metadata: { names: "{0: 'a'}", stride: "1000000000" } })),
    code: "invalid_onnx",
    at: "stride",
    says: "1000000000, expected whole pixels from 1 to 1024",
  },
  {
    what: "an ONNX model of strangers, where weights with their network are wanted",
    ...opened("model.onnx", exportedGraph),
    code: "invalid_checkpoint",
    says: "does not say which network",
  },
];

const FILES: readonly BadInput[] = [
  {
    what: "weights that do not exist",
    act: (scratch) => openModel(scratch.path("runs/train/weights/best.safetensors")),
    code: "file_not_found",
    file: "runs/train/weights/best.safetensors",
    says: "no such file of weights",
  },
  {
    what: "an exported model that does not exist",
    act: (scratch) => openDetector(scratch.path("model.onnx")),
    code: "file_not_found",
    file: "model.onnx",
    says: "no such model",
  },
  {
    what: "a folder of the name best.pt",
    make: (scratch) => scratch.folder("best.pt"),
    act: (scratch) => openModel(scratch.path("best.pt")),
    code: "file_unreadable",
    file: "best.pt",
    says: "is a folder",
  },
  {
    what: "an architecture, where trained weights are wanted",
    make: (scratch) => scratch.put("small.yaml", smallYaml()),
    act: (scratch) => openModel(scratch.path("small.yaml")),
    code: "invalid_checkpoint",
    file: "small.yaml",
    says: "expected a file of weights (.pt, .pth, .safetensors, .onnx)",
  },
  {
    what: "a picture given as weights to start from",
    make: async (scratch) => scratch.put("chest.png", await plain().png().toBuffer()),
    act: (scratch) => openTrainableModel("yolov8n", { weights: scratch.path("chest.png") }),
    code: "invalid_checkpoint",
    file: "chest.png",
    says: "no file of weights",
  },
  {
    what: "weights of which nothing fits the architecture",
    make: (scratch) => scratch.put("best.safetensors", smallWeights()),
    act: (scratch) => openTrainableModel("yolov8n", { weights: scratch.path("best.safetensors") }),
    code: "invalid_checkpoint",
    file: "best.safetensors",
    says: /none of its \d+ tensors fits yolov8n/,
  },
];

describe("bad weights: opening refuses", () => {
  refusals([...TORCH, ...SAFETENSORS, ...ONNX, ...FILES]);
});
