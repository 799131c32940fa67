/**
 * @file Entry of a loader thread: makes one batch after another.
 */
import { parentPort, workerData } from "node:worker_threads";
import { failureOf } from "../thread-failure";
import type { BatchJob, LoaderSetup } from "./batch";
import type { BatchReply } from "./batch-crew";
import { BatchMaker } from "./batch-maker";

const port = parentPort;
if (port === null) throw new Error("unreachable: loader-worker runs as a thread only");

const maker = new BatchMaker(workerData as LoaderSetup);
let last: Promise<void> = Promise.resolve();

port.on("message", (job: BatchJob) => {
  last = last.then(async () => {
    try {
      const result = await maker.make(job);
      const transfer = [result.buffer, result.targets.buffer];
      port.postMessage({ result } satisfies BatchReply, transfer);
    } catch (error) {
      port.postMessage({ id: job.id, failure: failureOf(error) } satisfies BatchReply);
    }
  });
});
