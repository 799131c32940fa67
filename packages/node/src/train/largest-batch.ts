/**
 * @file The largest batch that fits into memory (`batch: -1`).
 *
 * A step's memory is a constant and so much for each image. Both are measured: a process of its own trains one batch of 2
 * and another one of 4, and says how much it held at most.
 */
import { execFile } from "node:child_process";
import { freemem } from "node:os";
import { FoveaError } from "@fovea/core/errors";
import type { OptimiserName } from "@fovea/core/nn/optimiser";
import { workerEntry } from "../worker-entry";

/** One batch to try. */
export interface ProbeRequest {
  readonly model: string;
  readonly weights?: string;
  readonly names: readonly string[];
  readonly imgsz: number;
  readonly batch: number;
  /** Rows that no stage trains beside the others. */
  readonly frozen: readonly number[];
  readonly threads: number;
  readonly optimiser: OptimiserName;
  /** @default false */
  readonly freezeNorms?: boolean;
}

/** What a batch of a size takes, bytes. */
export interface MeasuredBatch {
  readonly batch: number;
  readonly bytes: number;
}

/** Share of the free memory that a step may take; the rest is for images, their threads and everybody else. */
const MEMORY_SHARE = 0.6;

/**
 * Most images whose step fits into `limit` bytes, by the line through two measurements.
 *
 * @param most limit whatever the memory
 * @throws {FoveaError} `out_of_memory` if not even one does
 */
export function fittingBatch(
  [small, large]: readonly [MeasuredBatch, MeasuredBatch],
  limit: number,
  most: number,
  imgsz: number,
): number {
  // Noise can make the larger batch take less; then nothing is known of a single image, but it is little.
  const perImage = Math.max((large.bytes - small.bytes) / (large.batch - small.batch), 1);
  const constant = small.bytes - small.batch * perImage;
  const fitting = Math.floor((limit - constant) / perImage);
  if (fitting >= 1) return Math.min(fitting, most);
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const message = `batch=-1: one image of ${imgsz} px takes ${gib(constant + perImage)}, ${gib(limit)} may be used; take a smaller imgsz or model, or freeze rows`;
  throw new FoveaError("out_of_memory", message);
}

/**
 * Measures, and gives the largest batch; at most `most`.
 *
 * @throws {FoveaError} `out_of_memory` if not even one image fits, or a small batch cannot be trained
 */
export async function largestBatch(request: Omit<ProbeRequest, "batch">, most: number): Promise<number> {
  const limit = MEMORY_SHARE * availableMemory();
  const measured = [await measure({ ...request, batch: 2 }), await measure({ ...request, batch: 4 })] as const;
  return fittingBatch(measured, limit, most, request.imgsz);
}

/** Memory that this process may still take, also in a container; bytes. */
function availableMemory(): number {
  return process.availableMemory?.() ?? freemem();
}

function measure(request: ProbeRequest): Promise<MeasuredBatch> {
  return new Promise((resolve, reject) => {
    const entry = workerEntry("train/batch-probe");
    execFile(process.execPath, [entry, JSON.stringify(request)], (error, stdout, stderr) => {
      const line = stdout.split("\n").findLast((text) => text.startsWith('{"bytes":'));
      if (line !== undefined) {
        const { bytes } = JSON.parse(line) as { readonly bytes: number };
        resolve({ batch: request.batch, bytes });
        return;
      }
      const how = error?.signal ? `ended by ${error.signal}` : stderr.trim().split("\n").at(-1)?.slice(0, 200);
      const message = `batch=-1: a batch of ${request.batch} images of ${request.imgsz} px cannot be trained (${how}); name a batch, or take a smaller imgsz`;
      reject(new FoveaError("out_of_memory", message, { cause: error }));
    });
  });
}
