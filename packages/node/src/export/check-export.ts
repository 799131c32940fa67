/**
 * @file An exported model beside the one it came from, on an image of noise.
 */
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import type { Runtime, Value } from "@fovea/core/graph/runtime";
import { Random } from "@fovea/core/math/random";
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import type { Model } from "../model/open-model";

export interface ExportCheck {
  /** Largest difference of a box coordinate, pixels. */
  readonly box: number;
  /** Largest difference of a class probability. */
  readonly score: number;
}

/** Values of an input that is still compared: 4 GB. */
const MOST_VALUES = 1e9;

/** What float32 rounds away, and what float16 may: its weights have eleven bits. */
const TOLERANCES = {
  float32: { box: 0.05, score: 1e-3 },
  float16: { box: 4, score: 0.05 },
} as const;

export interface CheckOptions {
  readonly height: number;
  readonly width: number;
  readonly batch: number;
  readonly half: boolean;
  /** Names the file in messages. */
  readonly file: string;
}

/**
 * Runs the exported bytes and the model itself on the same noise.
 *
 * @throws {ArgumentError} if the input would fill the memory
 * @throws {FoveaError} `runtime_failed` if the export does not load, does not run, or differs by more than its precision
 * explains
 */
export async function checkExport(
  runtime: Runtime,
  exported: Uint8Array,
  { network, values }: Model,
  { height, width, batch, half, file }: CheckOptions,
): Promise<ExportCheck> {
  const count = batch * network.ch * height * width;
  if (count > MOST_VALUES) {
    const gigabytes = Math.round((4 * count) / 1e9);
    const message = `batch: ${batch} images of ${height} x ${width} take ${gigabytes} GB; take fewer, or export it --dynamic`;
    throw new ArgumentError(message, { file });
  }
  const random = new Random(0);
  const data = Float32Array.from({ length: count }, () => random.uniform(0, 1));
  const images: Value = { dtype: "float32", shape: [batch, network.ch, height, width], data };
  const wanted = await outputsOf(runtime, inferenceGraph(network, values, { batch, height, width }), images);
  const found = await outputsOf(runtime, exported, images);
  const difference = { box: 0, score: 0 };
  const [, rows, anchors] = wanted.output0.shape;
  const [a, b] = [wanted.output0.data as Float32Array, found.output0.data as Float32Array];
  for (let i = 0; i < a.length; i++) {
    const row = Math.floor(i / anchors) % rows;
    if (row >= 4 + network.nc) continue;
    const kind = row < 4 ? "box" : "score";
    const distance = Math.abs(a[i] - b[i]);
    // Written so that NaN counts as a difference.
    if (!(distance <= difference[kind])) difference[kind] = distance;
  }
  const limit = TOLERANCES[half ? "float16" : "float32"];
  if (!(a.length === b.length && difference.box <= limit.box && difference.score <= limit.score)) {
    throw new FoveaError(
      "runtime_failed",
      `the exported model differs from its source: boxes by ${difference.box.toFixed(3)} px, scores by ${difference.score.toFixed(4)}; ${half ? "export it without --half" : "report this"}`,
      { file },
    );
  }
  return difference;
}

async function outputsOf(runtime: Runtime, model: Uint8Array, images: Value): Promise<Readonly<Record<string, Value>>> {
  const session = await runtime.load(model);
  try {
    return await session.run({ images });
  } finally {
    await session.release();
  }
}
