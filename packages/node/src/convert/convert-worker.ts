/**
 * @file Entry of a conversion thread: one file after another.
 */
import { parentPort, workerData } from "node:worker_threads";
import { failureOf } from "../thread-failure";
import type { ConvertReply, ConvertSetup } from "./convert-crew";
import { type ConvertJob, FileConverter } from "./convert-file";

const port = parentPort;
if (port === null) throw new Error("unreachable: convert-worker runs as a thread only");

const { out, settings } = workerData as ConvertSetup;
const converter = new FileConverter(out, settings, () => port.postMessage({ alive: true } satisfies ConvertReply));

port.on("message", async (job: ConvertJob) => {
  try {
    port.postMessage({ outcome: await converter.convert(job) } satisfies ConvertReply);
  } catch (error) {
    port.postMessage({ failure: failureOf(error) } satisfies ConvertReply);
  }
});
