/**
 * @file Entry of a thread that opens one model and ends: building a graph of weights takes seconds.
 */
import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { openDetector } from "../model/open-detector";
import { readBytes } from "../read-file";
import { failureOf } from "../thread-failure";
import type { ReadModel, ReadModelReply } from "./read-model";

async function read(file: string): Promise<ReadModel> {
  // Read once: the digest is that of the bytes which are run, whatever is copied over the file meanwhile.
  const content = await readBytes(file, "model");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const { graph, tileGraph, ...model } = await openDetector(file, content);
  return { ...model, graph: shared(graph), tileGraph: tileGraph && shared(tileGraph), sha256 };
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

read(workerData as string).then(
  (model) => parentPort?.postMessage({ model } satisfies ReadModelReply),
  (error: unknown) => parentPort?.postMessage({ failure: failureOf(error) } satisfies ReadModelReply),
);
