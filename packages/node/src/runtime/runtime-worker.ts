/**
 * @file Entry of a thread that runs graphs; its only partner is `engine-thread.ts`.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Session } from "@fovea/core/graph/runtime";
import { failureOf } from "../thread-failure";
import { openRuntime } from "./onnx-runtime";
import {
  buffersOf,
  type ThreadAnswer,
  type ThreadReply,
  type ThreadRequest,
  type ThreadSetup,
  type Values,
} from "./thread-protocol";

const port = parentPort;
if (port === null) throw new Error("unreachable: runtime-worker runs as a thread only");

const runtime = openRuntime(workerData as ThreadSetup);
// Whoever loads a model hears why the engine could not be opened.
runtime.catch(() => undefined);

const sessions = new Map<number, Session>();
let last: Promise<void> = Promise.resolve();

port.on("message", (request: ThreadRequest) => {
  last = last.then(async () => {
    const { id } = request;
    try {
      const answer = await answerTo(request);
      const transfer = request.task === "run" ? buffersOf(answer as Values) : [];
      port.postMessage({ id, answer } satisfies ThreadReply, transfer);
    } catch (error) {
      port.postMessage({ id, failure: failureOf(error) } satisfies ThreadReply);
    }
  });
});

async function answerTo(request: ThreadRequest): Promise<ThreadAnswer> {
  if (request.task === "load") {
    const session = await (await runtime).load(request.model, request.options);
    sessions.set(request.session, session);
    return { inputNames: session.inputNames, outputNames: session.outputNames };
  }
  const session = sessions.get(request.session);
  if (!session) throw new Error(`unreachable: no session ${request.session}`);
  if (request.task === "run") return session.run(request.feeds);
  sessions.delete(request.session);
  await session.release();
  return undefined;
}
