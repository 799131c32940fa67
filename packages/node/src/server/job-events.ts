/**
 * @file How a job goes, as server-sent events: `progress` whenever it has changed, `end` at last.
 */
import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { BatchJobs } from "../store/batch-jobs";
import { jobAnswer } from "./batch-work";

/** How often the record is asked: the job may be worked on by another machine. */
const TOLD_MS = 500;
/** A word in between, so that no proxy takes the line for dead. */
const HEARTBEAT_MS = 15_000;
const MOST_LISTENERS = 256;
/** Of one caller: nobody takes all places. */
const MOST_OF_ONE = 16;

export class JobEvents {
  readonly #jobs: Pick<BatchJobs, "find">;
  readonly #streams = new Map<ServerResponse, { readonly end: AbortController; readonly actor: string }>();

  constructor(jobs: Pick<BatchJobs, "find">) {
    this.#jobs = jobs;
  }

  /** @returns whether there was room for another listener, of this caller and of all */
  tell(job: string, response: ServerResponse, actor: string): boolean {
    const own = [...this.#streams.values()].filter((stream) => stream.actor === actor).length;
    if (this.#streams.size >= MOST_LISTENERS || own >= MOST_OF_ONE) return false;
    const end = new AbortController();
    this.#streams.set(response, { end, actor });
    response.on("close", () => end.abort());
    void this.#follow(job, response, end.signal)
      .catch(() => undefined)
      .finally(() => {
        this.#streams.delete(response);
        response.end();
      });
    return true;
  }

  /** Ends all streams: the service stops. */
  close(): void {
    for (const { end } of this.#streams.values()) end.abort();
  }

  async #follow(job: string, response: ServerResponse, signal: AbortSignal): Promise<void> {
    let last = "";
    for (let quiet = 0; !signal.aborted; quiet += TOLD_MS) {
      const found = await this.#jobs.find(job);
      if (found === undefined) return;
      const ended = found.state === "done" || found.state === "cancelled";
      const data = JSON.stringify(jobAnswer(found));
      if (data !== last || ended) response.write(`event: ${ended ? "end" : "progress"}\ndata: ${data}\n\n`);
      else if (quiet >= HEARTBEAT_MS) response.write(": still here\n\n");
      if (ended) return;
      if (data !== last || quiet >= HEARTBEAT_MS) quiet = 0;
      last = data;
      await pause(TOLD_MS, undefined, { signal });
    }
  }
}
