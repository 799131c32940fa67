/**
 * @file Those who predict: lanes, each with a session of its own, in threads or in the caller's own.
 *
 * A lane does everything with a file, from reading to drawing. Two lanes of one thread each keep two cores busier than
 * one lane of two threads, which leaves one idle while the other decodes a file (docs/performance.md).
 */
import { Worker } from "node:worker_threads";
import { Detector, type DetectorOptions } from "@fovea/core/detect/detector";
import type { NetworkSignature } from "@fovea/core/detect/detector-network";
import { FoveaError } from "@fovea/core/errors";
import { loadNetwork } from "../model/load-network";
import { errorOfFailure, type ThreadFailure } from "../thread-failure";
import { workerEntry } from "../worker-entry";
import { FilePredictor, type FilePredictorOptions, type PredictJob } from "./file-predictor";
import type { PredictedImage } from "./predicted-image";

/** What a lane must know once; plain data. */
export interface LaneSetup {
  /** Bytes of ONNX models. */
  readonly graph: Uint8Array;
  readonly tileGraph?: Uint8Array;
  readonly signature: NetworkSignature;
  readonly detection: DetectorOptions;
  readonly files: FilePredictorOptions;
  readonly device: string;
  /** Threads of the lane's engine. */
  readonly threads: number;
}

/** A file for a lane in a thread. */
export interface LaneJob extends PredictJob {
  readonly id: number;
}

/** What a lane in a thread answers. */
export type LaneReply =
  | { readonly id: number; readonly images: readonly PredictedImage[] }
  | { readonly id: number; readonly failure: ThreadFailure };

export interface PredictCrew {
  /** Files that may be under way at once, so that nobody waits. */
  readonly capacity: number;
  /** Findings in the images of a file. */
  predict(job: PredictJob): Promise<readonly PredictedImage[]>;
  close(): Promise<void>;
}

/** Loads the network and opens a lane in this thread. */
export async function openLane({
  graph,
  tileGraph,
  signature,
  detection,
  files,
  device,
  threads,
}: LaneSetup): Promise<FilePredictor> {
  const network = await loadNetwork({ graph, tileGraph, signature }, { device, threads });
  const detector = new Detector(network, detection);
  return new FilePredictor(detector, files);
}

/** A crew of `lanes` lanes, of which a single one works in the caller's thread. */
export async function openCrew(lanes: number, setup: LaneSetup): Promise<PredictCrew> {
  return lanes === 1 ? ownLane(await openLane(setup)) : new LaneThreads(lanes, setup);
}

function ownLane(predictor: FilePredictor): PredictCrew {
  // One is looked at, one is read.
  return { capacity: 2, predict: (job) => predictor.predict(job), close: () => predictor.close() };
}

interface Waiting {
  readonly resolve: (images: readonly PredictedImage[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

class LaneThreads implements PredictCrew {
  readonly capacity: number;
  readonly #lanes: readonly Lane[];
  #nextId = 0;

  constructor(count: number, setup: LaneSetup) {
    // Results leave in order: behind a large file the other lanes need something to go on with.
    this.capacity = 8 * count;
    this.#lanes = Array.from({ length: count }, () => startLane(setup));
  }

  predict(job: PredictJob): Promise<readonly PredictedImage[]> {
    const { worker, waiting } = this.#lanes.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...job, id } satisfies LaneJob);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(({ worker }) => worker.terminate()));
  }
}

function startLane(setup: LaneSetup): Lane {
  const worker = new Worker(workerEntry("predict/lane-worker"), { workerData: setup });
  const waiting = new Map<number, Waiting>();
  worker.on("message", (reply: LaneReply) => {
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("images" in reply) caller?.resolve(reply.images);
    else caller?.reject(errorOfFailure(reply.failure));
  });
  const failAll = (error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("error", failAll);
  worker.on("exit", (code) => {
    failAll(new FoveaError("interrupted", `a prediction thread ended with code ${code} before its file was done`));
  });
  return { worker, waiting };
}
