/**
 * @file Process that trains one batch and prints how much memory it took at most: `largestBatch` runs it.
 */
import { ParameterStore } from "@fovea/core/nn/parameter-store";
import { openTrainableModel } from "../model/open-model";
import { openRuntime } from "../runtime/onnx-runtime";
import type { ProbeRequest } from "./largest-batch";
import { TrainStep } from "./train-step";

/** Lesions on each image of the batch. */
const LESIONS = 8;

async function probe({
  model,
  weights,
  names,
  imgsz,
  batch,
  frozen,
  threads,
  optimiser,
  freezeNorms,
}: ProbeRequest): Promise<number> {
  const { network, parameters, values } = await openTrainableModel(model, { names, weights });
  const store = new ParameterStore(parameters, new Set(frozen));
  store.set(values);
  const runtime = await openRuntime({ device: "cpu", threads: threads > 0 ? threads : undefined });
  const step = await TrainStep.open(runtime, network, store, { imgsz, optimiser, freezeNorms });
  const targets = Array.from({ length: batch * LESIONS }, (_, i) => [
    ...[Math.floor(i / LESIONS), i % network.nc, 0.1 + 0.1 * (i % LESIONS), 0.5, 0.2, 0.3],
  ]);
  const masks = network.task === "segment" ? new Uint8Array((batch * imgsz * imgsz) / 16) : undefined;
  await step.accumulate({
    ...{ images: new Uint8Array(3 * batch * imgsz * imgsz).fill(127), size: batch, width: imgsz, height: imgsz },
    ...{ targets: Float32Array.from(targets.flat()), files: [], sources: [], release: () => undefined },
    ...(masks && { masks }),
  });
  const lr = { weight: 0, norm: 0, bias: 0 };
  step.update({ lr, weightDecay: 0, momentum: 0.9, averageDecay: 0.9 });
  return 1024 * process.resourceUsage().maxRSS;
}

process.stdout.write(`${JSON.stringify({ bytes: await probe(JSON.parse(process.argv[2])) })}\n`);
