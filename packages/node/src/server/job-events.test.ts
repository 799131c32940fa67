import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { BatchJobRecord } from "../store/batch-jobs";
import { JobEvents } from "./job-events";

/** A listener that only closes. */
function listener(): { readonly response: ServerResponse; leave(): void } {
  let closed: () => void = () => undefined;
  const response = {
    on: (_event: string, heard: () => void) => {
      closed = heard;
    },
    write: () => true,
    end: () => undefined,
  };
  return { response: response as unknown as ServerResponse, leave: () => closed() };
}

test("nobody takes all places of those who listen, and who leaves makes room", async () => {
  const running = { jobId: "1", state: "running", total: 1, done: 0, failed: 0 } as unknown as BatchJobRecord;
  const events = new JobEvents({ find: async () => running });
  const own = Array.from({ length: 16 }, listener);
  expect(own.map(({ response }) => events.tell("1", response, "key:a"))).toEqual(Array(16).fill(true));
  expect(events.tell("1", listener().response, "key:a")).toBe(false);
  expect(events.tell("1", listener().response, "key:b")).toBe(true);
  own[0].leave();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(events.tell("1", listener().response, "key:a")).toBe(true);
  events.close();
});
