/**
 * @file Opens the pool: threads that decode, lanes that run networks, the models of the configuration, warm.
 */

import { statSync } from "node:fs";
import { availableParallelism, freemem } from "node:os";
import type { FoveaError } from "@fovea/core/errors";
import type { InferenceConfig, ModelConfig } from "../config/service-config";
import { DECODE_LIMITS, type DecodeLimits } from "../dicom/decode-limits";
import { planLanes } from "../predict/lanes";
import { AnalysisPool } from "./analysis-pool";
import type { AnalysisTiming } from "./inference-pool";
import { Models } from "./model-registry";
import { NetworkLanes } from "./network-lanes";
import { Preparer } from "./preparer";

export interface InferencePoolOptions {
  readonly models: readonly ModelConfig[];
  readonly inference: InferenceConfig;
  /** @default 2^27 pixels of an image, 4096 frames and 600,000 elements of a file, 2^28 bytes that a deflated one grows to */
  readonly limits?: Partial<DecodeLimits>;
  /** Bytes of files that wait at most. @default 1 GiB */
  readonly queueBytes?: number;
  /** For opening a file, or decoding one frame, ms; then its thread is replaced. @default 30000 */
  readonly decodeMs?: number;
  /** Sessions of each model that run side by side. @default one for each thread, as memory allows; on accelerators 1 */
  readonly lanes?: number;
  /** Whether frames share runs where the model takes several: on processors it does not pay. @default on accelerators */
  readonly batching?: boolean;
  /** Told once for each request. */
  readonly onTiming?: (timing: AnalysisTiming) => void;
  /** A decoding thread was lost to a file, and replaced. */
  readonly onReplaced?: () => void;
  /** A run of a network did not end in time: its thread was given up. */
  readonly onHung?: (error: FoveaError) => void;
}

const DEFAULT_QUEUE_BYTES = 2 ** 30;
const DEFAULT_DECODE_MS = 30_000;

/**
 * Opens an inference pool; all models are loaded and have run once.
 *
 * @throws {FoveaError} if a model does not open or run: `file_not_found`, `invalid_checkpoint`, `invalid_onnx`,
 *   `provider_unavailable` ...
 */
export async function openInferencePool(options: InferencePoolOptions): Promise<AnalysisPool> {
  const { inference, onTiming, onHung } = options;
  const cores = availableParallelism();
  const { device, threads = cores, concurrency = 2 * cores } = inference;
  const lanesPlan = planOf(options, threads);
  const batching = options.batching ?? device !== "cpu";
  let pool: AnalysisPool | undefined;
  const lanes = new NetworkLanes({
    ...lanesPlan,
    device,
    wideThreads: device === "cpu" ? threads : lanesPlan.threads,
    batch: batching ? inference.batch : 1,
    batchWindowMs: inference.batchWindowMs,
    moreToCome: () => pool?.preparing ?? false,
    runMs: inference.runTimeoutMs ?? inference.timeoutMs / 2,
    onHung,
  });
  const models = new Models(lanes);
  const preparers = openPreparers(options, Math.min(concurrency, cores + 1));
  pool = new AnalysisPool({
    models,
    lanes,
    preparers,
    concurrency,
    queue: { requests: inference.queue, bytes: options.queueBytes ?? DEFAULT_QUEUE_BYTES },
    timeoutMs: inference.timeoutMs,
    onTiming,
  });
  try {
    for (const model of options.models) await models.load(model);
    await Promise.all(preparers.map((preparer) => preparer.ready));
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

function planOf({ lanes, models, inference }: InferencePoolOptions, threads: number) {
  const { device } = inference;
  if (lanes !== undefined) return { lanes, threads: Math.max(1, Math.floor(threads / lanes)) };
  if (device !== "cpu") return { lanes: 1, threads };
  const sizes = models.map(({ file }) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  return planLanes({
    files: Number.POSITIVE_INFINITY,
    device,
    threads,
    modelBytes: sizes.reduce((sum, size) => sum + size, 0),
    imgsz: Math.max(640, ...models.map(({ imgsz = 640 }) => imgsz)),
    memory: freemem() / 2,
  });
}

function openPreparers({ limits, decodeMs = DEFAULT_DECODE_MS, onReplaced }: InferencePoolOptions, count: number) {
  const options = { limits: { ...DECODE_LIMITS, ...limits }, stepMs: decodeMs, onReplaced };
  return Array.from({ length: count }, () => new Preparer(options));
}
