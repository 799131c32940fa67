import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type NextRound, Repeating } from "./repeating";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Rounds that say in turn what `said` holds, and nothing after that; with the times at which they came, ms. */
function rounds(said: readonly (NextRound | Error | undefined)[], afterFailureMs?: number) {
  const at: number[] = [];
  const errors: unknown[] = [];
  const begun = performance.now();
  const loop = new Repeating(
    async () => {
      const now = said[at.length];
      at.push(performance.now() - begun);
      if (now instanceof Error) throw now;
      return now;
    },
    { everyMs: 10_000, onError: (error) => errors.push(error), ...(afterFailureMs && { afterFailureMs }) },
  );
  loop.start();
  return { loop, at, errors };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("rounds come at intervals, and sooner where one says that there is more", async () => {
  const { loop, at } = rounds([{ inMs: 0 }, { inMs: 300 }, undefined, { inMs: 99_000 }]);
  await pass(25_000);
  expect(at).toEqual([0, 0, 300, 10_300, 20_300]);
  await loop.stop();
});

test("whoever wakes it brings the next round forward, and never puts it off", async () => {
  const { loop, at } = rounds([{ inMs: 5000 }]);
  await pass(1000);
  loop.wake(2000);
  await pass(1000);
  loop.wake(2000);
  await pass(10_000);
  expect(at).toEqual([0, 3000]);
  loop.wake();
  await pass(0);
  expect(at).toEqual([0, 3000, 12_000]);
  await loop.stop();
});

test("what wakes it during a round is not lost", async () => {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let count = 0;
  const loop = new Repeating(
    async () => {
      if (++count === 1) await held;
      return undefined;
    },
    { everyMs: 10_000, onError: () => undefined },
  );
  loop.start();
  loop.wake();
  letGo();
  await pass(0);
  expect(count).toBe(2);
  await loop.stop();
});

test("a round that throws is told of, and comes again after the time for that", async () => {
  const { loop, at, errors } = rounds([new Error("away"), undefined], 1000);
  await pass(12_000);
  expect(at).toEqual([0, 1000, 11_000]);
  expect(errors).toHaveLength(1);
  await loop.stop();
});
