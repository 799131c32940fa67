import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PendingAnalysis } from "./pending-analysis";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** A request that has 60 s, or what is given, and how it ended. */
function pending(signal?: AbortSignal, timeoutMs = 60_000) {
  const outcomes: string[] = [];
  const request = { bytes: new Uint8Array(1), filename: "image", ...(signal && { signal }) };
  const analysis = new PendingAnalysis(request, timeoutMs, (outcome) => outcomes.push(outcome));
  return { analysis, outcomes };
}

// 60 s for the first frame and a twentieth of that, 3 s, for each of the others.
test.each([
  [1, 60],
  [2, 63],
  [21, 120],
  [100, 60 + 99 * 3],
])("a file of %d frames has %d s from acceptance, however long it waited before", async (frames, seconds) => {
  const { analysis, outcomes } = pending();
  await vi.advanceTimersByTimeAsync(50_000);
  analysis.allowFrames(frames);
  expect(analysis.remainingMs).toBeCloseTo(1000 * seconds - 50_000, 0);
  await vi.advanceTimersByTimeAsync(1000 * seconds - 50_000 - 10);
  expect(outcomes).toEqual([]);
  await vi.advanceTimersByTimeAsync(20);
  expect(outcomes).toEqual(["timed_out"]);
  await expect(analysis.answer).rejects.toMatchObject({ code: "timed_out" });
});

// 3 h for the first frame are 25 days and more for 4096 of them. A longer timer than 2^31 - 1 ms goes off after one.
test.each([
  [3, 4096],
  [24, 4096],
])("a request of %d h and %d frames has the longest time that a timer has, not none", async (hours, frames) => {
  const { analysis, outcomes } = pending(undefined, hours * 3_600_000);
  analysis.allowFrames(frames);
  expect(analysis.remainingMs).toBeCloseTo(2_147_483_647, -1);
  await vi.advanceTimersByTimeAsync(2_147_483_000);
  expect(outcomes).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(outcomes).toEqual(["timed_out"]);
});

test("a request that has ended gets no more time", async () => {
  const leaving = new AbortController();
  const { analysis, outcomes } = pending(leaving.signal);
  leaving.abort();
  analysis.allowFrames(1000);
  await vi.advanceTimersByTimeAsync(10_000_000);
  expect(outcomes).toEqual(["interrupted"]);
  await expect(analysis.answer).rejects.toMatchObject({ code: "interrupted" });
});
