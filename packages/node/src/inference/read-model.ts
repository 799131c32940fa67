/**
 * @file Reads a model file in a thread of its own.
 */
import { Worker } from "node:worker_threads";
import { FoveaError } from "@fovea/core/errors";
import type { DetectorFile } from "../model/open-detector";
import { errorOfFailure, type ThreadFailure } from "../thread-failure";
import { workerEntry } from "../worker-entry";

/** The bytes of its graphs are shared memory. */
export interface ReadModel extends DetectorFile {
  /** Of the file's bytes, hexadecimal. */
  readonly sha256: string;
}

export type ReadModelReply = { readonly model: ReadModel } | { readonly failure: ThreadFailure };

/**
 * The model in a file.
 *
 * @throws {FoveaError} as `openDetector`
 */
export function readModel(file: string): Promise<ReadModel> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerEntry("inference/read-model-worker"), { execArgv: [], workerData: file });
    worker.on("message", (reply: ReadModelReply) => {
      if ("model" in reply) resolve(reply.model);
      else reject(errorOfFailure(reply.failure));
    });
    const lost = (why: string) => reject(new FoveaError("invalid_model", `cannot be opened: ${why}`, { file }));
    worker.on("error", (error) => lost(error.message));
    worker.on("exit", (code) => lost(`its thread ended with code ${code}`));
  });
}
