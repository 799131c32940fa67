/**
 * @file Good inputs, to be broken: weights of the small network, pictures, a data set of a few images.
 */
import { toPublished } from "@fovea/core/nn/to-published";
import { writeSafetensors } from "@fovea/core/nn/weights/safetensors";
import { checkpointMetadata } from "@fovea/core/nn/weights/safetensors-checkpoint";
import type { StateDict } from "@fovea/core/nn/weights/state";
import sharp, { type Sharp } from "sharp";
import {
  checkpointFile,
  dict,
  module,
  type Program,
  parameter,
  pickle,
  tensor,
} from "../../../core/test/pickle-writer";
import { type TrainEvents, type TrainRequest, type TrainResult, train } from "../../src/train/train";
import { SIDE, smallNetwork, smallStore, smallYaml, writeSmallData } from "../training/small-network";
import type { Scratch } from "./scratch";

export interface WeightsChange {
  /** Changes the tensors in place. */
  readonly state?: (state: StateDict) => void;
  /** Metadata that differ, as text; an empty text takes a key away. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A safetensors file of the small network, whose classes are `square` and `disc`. */
export function smallWeights({ state: change, metadata = {} }: WeightsChange = {}): Uint8Array {
  const { parameters, values } = smallStore(3);
  const state: StateDict = new Map(parameters.map(({ name, shape }) => [name, { shape, data: values.get(name)! }]));
  change?.(state);
  const own = checkpointMetadata({ names: ["square", "disc"], nc: 2, yaml: toPublished(smallNetwork), metadata: {} });
  const entries = Object.entries({ ...own, ...metadata }).filter(([, value]) => value !== "");
  return writeSafetensors(state, { metadata: Object.fromEntries(entries) });
}

/** A `.pt` file of `root`, with one storage of six values. */
export function torchFile(root: Program): Uint8Array {
  return checkpointFile(pickle(root), { 0: Float32Array.of(0, 1, 2, 3, 4, 5) });
}

/** What `torch.save` writes of a network of one layer. */
export const ONE_LAYER: Program = dict({
  model: module("Sequential", { parameters: { weight: parameter(tensor([2, 3])) } }),
});

/** A picture of one colour, to be encoded. */
export function plain(width = 40, height = 30): Sharp {
  return sharp({ create: { width, height, channels: 3, background: "#806040" } });
}

/** A picture of noise, which no format makes small. */
export function noise(width = 64, height = 64): Sharp {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 255);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The first `share` of `bytes`. */
export function cut(bytes: Uint8Array, share = 0.6): Uint8Array {
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

export interface DatasetParts {
  /** @default train and val are the folder images, classes nodule and mass */
  readonly yaml?: string;
  /** Text of label files, by the name of the image. */
  readonly labels?: Readonly<Record<string, string | Uint8Array>>;
  /** Names of images of 40 x 30 pixels. @default those of the labels */
  readonly images?: readonly string[];
}

/** Writes `data.yaml`, `images/` and `labels/`. */
export async function putDataset(
  scratch: Scratch,
  { yaml = "train: images\nval: images\nnames: [nodule, mass]\n", labels = {}, images }: DatasetParts,
): Promise<void> {
  await scratch.put("data.yaml", yaml);
  await scratch.folder("images");
  const bytes = await plain().png().toBuffer();
  for (const name of images ?? Object.keys(labels)) await scratch.put(`images/${name}.png`, bytes);
  for (const [name, text] of Object.entries(labels)) await scratch.put(`labels/${name}.txt`, text);
}

/** One short epoch. */
const ARGUMENTS = {
  ...{ epochs: 1, batch: 4, nbs: 4, imgsz: SIDE, workers: 0, threads: 1, warmup_epochs: 0 },
  ...{ optimizer: "AdamW", plots: false, val: false },
};

/** Writes eight images of squares and discs, and the small network. */
export async function putTraining(scratch: Scratch): Promise<void> {
  await writeSmallData(scratch.path("data"), { count: 4 });
  await scratch.put("small.yaml", smallYaml());
}

/** Trains for an epoch, into `runs/run`. */
export function trainIn(
  scratch: Scratch,
  change: Partial<TrainRequest> = {},
  events: TrainEvents = {},
): Promise<TrainResult> {
  const request = {
    data: scratch.path("data/data.yaml"),
    model: scratch.path("small.yaml"),
    project: scratch.path("runs"),
  };
  return train({ ...request, name: "run", ...change, arguments: { ...ARGUMENTS, ...change.arguments } }, events);
}
