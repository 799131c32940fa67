/**
 * @file Our training step, asked for by the harness.
 *
 * The check numbers are the step's three loss items with their gains: box, class, DFL.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { ParameterStore } from "@fovea/core/nn/parameter-store";
import type { Batch } from "@fovea/node/data/batch";
import { openModel } from "@fovea/node/model/open-model";
import { openRuntime } from "@fovea/node/runtime/onnx-runtime";
import { TrainStep } from "@fovea/node/train/train-step";
import type { Targets } from "../harness/batch";
import type { StepResult } from "../harness/protocol";
import { serve } from "./serve";

interface TrainStepOptions {
  /** Published `.pt` of the model. */
  readonly weights: string;
  readonly size: number;
  readonly batch: number;
  /** Rows 0 … freeze - 1 do not learn. */
  readonly freeze: number;
  readonly threads: number;
}

/** The batch of harness/batch.ts: images (B, 3, S, S) in 0…1, and their targets. */
function readBatch(folder: string): { readonly images: Float32Array; readonly targets: Targets } {
  const bytes = readFileSync(join(folder, "images.f32"));
  return {
    images: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4),
    targets: JSON.parse(readFileSync(join(folder, "targets.json"), "utf8")),
  };
}

/** The loader's kind of batch: bytes, and rows of image, class, centre and size. */
function trainingBatch(
  images: Float32Array,
  { image, class: classes, box }: Targets,
  size: number,
  batch: number,
): Batch {
  const targets = new Float32Array(6 * image.length);
  image.forEach((at, i) => {
    targets.set([at, classes[i], ...box[i]], 6 * i);
  });
  return {
    images: Uint8Array.from(images, (value) => Math.round(255 * value)),
    size: batch,
    width: size,
    height: size,
    targets,
    files: [],
    sources: [],
    release: () => undefined,
  };
}

/** Everything up to the first step; hands back the step. */
async function prepare(
  { weights, size, batch, freeze, threads }: TrainStepOptions,
  images: Float32Array,
  targets: Targets,
): Promise<() => Promise<StepResult>> {
  const { network, parameters, values } = await openModel(weights);
  const store = new ParameterStore(parameters, new Set(Array.from({ length: freeze }, (_, row) => row)));
  store.set(values);
  const runtime = await openRuntime({ threads });
  const step = await TrainStep.open(runtime, network, store, { imgsz: size, optimiser: "AdamW" });
  const inputs = trainingBatch(images, targets, size, batch);
  const lr = { weight: 0.001429, norm: 0.001429, bias: 0.001429 };
  return async () => {
    const items = await step.accumulate(inputs);
    const averageDecay = 0.9999 * (1 - Math.exp(-(step.updates + 1) / 2000));
    step.update({ lr, weightDecay: 0.0005, momentum: 0.9, averageDecay });
    return { check: [...items] };
  };
}

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "yolov8n" },
    weights: { type: "string", default: "" },
    "batch-folder": { type: "string", default: "" },
    size: { type: "string", default: "320" },
    batch: { type: "string", default: "8" },
    freeze: { type: "string", default: "0" },
    threads: { type: "string", default: "2" },
  },
});
const { images, targets } = readBatch(values["batch-folder"]);
const options = {
  weights: values.weights,
  size: Number(values.size),
  batch: Number(values.batch),
  freeze: Number(values.freeze),
  threads: Number(values.threads),
};
await serve(await prepare(options, images, targets));
