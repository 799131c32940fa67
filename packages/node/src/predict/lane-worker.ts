/**
 * @file Entry of a prediction thread: one file after another.
 */
import { parentPort, workerData } from "node:worker_threads";
import { failureOf } from "../thread-failure";
import { type LaneJob, type LaneReply, type LaneSetup, openLane } from "./crew";

const port = parentPort;
if (port === null) throw new Error("unreachable: lane-worker runs as a thread only");

const lane = openLane(workerData as LaneSetup);
// Whoever sends a file hears why the lane could not be opened.
lane.catch(() => undefined);

port.on("message", async (job: LaneJob) => {
  try {
    const images = await (await lane).predict(job);
    port.postMessage({ id: job.id, images } satisfies LaneReply);
  } catch (error) {
    port.postMessage({ id: job.id, failure: failureOf(error) } satisfies LaneReply);
  }
});
