/**
 * @file The side of a worker thread that answers tasks, one after another (`asked-thread.ts` is the other).
 */
import { parentPort } from "node:worker_threads";
import { failureOf } from "../thread-failure";
import type { ThreadReply, ThreadTask } from "./asked-thread";

/** What a task came to, and the buffers that leave with it. */
export interface TaskAnswer {
  readonly answer: unknown;
  readonly transfer?: readonly ArrayBuffer[];
}

/** Answers every task that comes to this thread. */
export function answerTasks<Task>(answerTo: (task: Task) => Promise<TaskAnswer>): void {
  const port = parentPort;
  if (port === null) throw new Error("unreachable: runs as a thread only");
  let last: Promise<void> = Promise.resolve();
  port.on("message", (message: ThreadTask<Task>) => {
    // Of this thread alone.
    if ("end" in message) process.exit();
    const { id, task } = message;
    last = last.then(async () => {
      try {
        const { answer, transfer = [] } = await answerTo(task);
        port.postMessage({ id, answer } satisfies ThreadReply, [...transfer]);
      } catch (error) {
        port.postMessage({ id, failure: failureOf(error) } satisfies ThreadReply);
      }
    });
  });
}
