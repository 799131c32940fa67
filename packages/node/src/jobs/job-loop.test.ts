import type PgBoss from "pg-boss";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Database } from "../store/database";
import { JobLoop } from "./job-loop";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A queue that holds nothing; `dueMs` says when the first of those that wait will be due. */
function emptyQueue({ alone, pollMs, dueMs = null }: { alone: boolean; pollMs: number; dueMs?: number | null }) {
  const counts = { looks: 0, questions: 0 };
  const boss = {
    fetch: async () => {
      counts.looks++;
      return [];
    },
  };
  const database = {
    query: async () => {
      counts.questions++;
      return [{ ms: counts.questions === 1 ? dueMs : null }];
    },
  };
  const nothing = () => undefined;
  const loop = new JobLoop(
    {
      ...{ kind: "k", concurrency: 1, handle: async () => undefined, pollMs, alone, leaseMs: 20_000, retryMs: 1000 },
      ...{ onGivenUp: nothing, onError: nothing },
    },
    boss as unknown as PgBoss,
    database as unknown as Database,
  );
  loop.start();
  return { loop, counts };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function ended(loop: JobLoop): Promise<void> {
  const stopped = loop.stop(0);
  await pass(10);
  await stopped;
}

test("with others that add jobs, it looks at intervals and asks nothing else", async () => {
  const { loop, counts } = emptyQueue({ alone: false, pollMs: 1000 });
  await pass(10_500);
  expect(counts).toEqual({ looks: 11, questions: 0 });
  await ended(loop);
});

test("alone, it sleeps until the first of those that wait is due, or until it is woken", async () => {
  const { loop, counts } = emptyQueue({ alone: true, pollMs: 10_000, dueMs: 1500 });
  await pass(1400);
  expect(counts.looks).toBe(1);
  await pass(200);
  expect(counts.looks).toBe(2);
  await pass(9000);
  expect(counts.looks).toBe(2);
  loop.wake();
  await pass(10);
  expect(counts.looks).toBe(3);
  await ended(loop);
});

test("does not look again and again for what is due and does not come", async () => {
  const { loop, counts } = emptyQueue({ alone: true, pollMs: 10_000, dueMs: -5000 });
  await pass(20);
  expect(counts.looks).toBe(1);
  await pass(50);
  expect(counts.looks).toBe(2);
  await ended(loop);
});
