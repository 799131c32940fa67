import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { FoveaError } from "@fovea/core/errors";
import { describe, expect, test } from "vitest";
import { EngineThread } from "./engine-thread";

const RELEASE = { task: "release", session: 0 } as const;

/** A thread that answers nothing and ends as `code` says when it is asked. */
function ending(code: string): Worker {
  return new Worker(`require("node:worker_threads").parentPort.on("message", () => { ${code} });`, { eval: true });
}

describe("a thread that ends", () => {
  test.each([
    ["by itself", "process.exit(3)", "device cuda:1: its thread has ended (code 3)"],
    ["by an error", "throw new RangeError('out of room')", "device cuda:1: its thread has ended (out of room)"],
  ])("%s rejects all that wait, and all that ask later", async (_, code, message) => {
    const thread = new EngineThread(ending(code), "cuda:1");
    const asked = [thread.ask(RELEASE), thread.ask(RELEASE)];
    for (const { reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(FoveaError);
      expect(reason).toMatchObject({ code: "runtime_failed", message });
    }
    expect(thread.alive).toBe(false);
    await expect(thread.ask(RELEASE)).rejects.toThrow(message);
    await thread.close();
  });

  test("because it is closed rejects what waits", async () => {
    const worker = ending("");
    const thread = new EngineThread(worker, "cpu");
    const asked = thread.ask(RELEASE);
    asked.catch(() => undefined);
    await once(worker, "online");
    await thread.close();
    await expect(asked).rejects.toMatchObject({ code: "runtime_failed" });
  });
});
