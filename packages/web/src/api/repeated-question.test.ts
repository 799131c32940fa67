import { describe, expect, test } from "vitest";
import { askRepeatedly } from "./repeated-question";

/** What happened in turn: each turn ends when `pauses` are used up. */
async function story(answers: readonly (string | Error)[], hiddenBefore: readonly number[] = []): Promise<string[]> {
  const told: string[] = [];
  const ending = new AbortController();
  let question = 0;
  await askRepeatedly<string>({
    ask: async () => {
      const answer = answers[question++];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onAnswer: (answer) => told.push(answer),
    onError: (error) => told.push((error as Error).message),
    pauseMs: (answer) => (answer === undefined ? 1 : 30),
    signal: ending.signal,
    wait: async (ms) => {
      told.push(`waits ${ms}`);
      if (question === answers.length) ending.abort();
    },
    seen: async () => {
      if (hiddenBefore.includes(question)) told.push("is hidden");
    },
  });
  return told;
}

describe("askRepeatedly", () => {
  test("goes on after an error, and after an answer", async () => {
    const told = await story(["queued", new Error("away"), "analysed", "analysed"]);
    expect(told).toEqual(["queued", "waits 30", "away", "waits 1", "analysed", "waits 30", "analysed", "waits 30"]);
  });

  test("does not ask before the page is seen", async () => {
    expect(await story(["a", "b"], [1])).toEqual(["a", "waits 30", "is hidden", "b", "waits 30"]);
  });

  test("tells nothing of an answer that comes after the end", async () => {
    const ending = new AbortController();
    const told: unknown[] = [];
    await askRepeatedly({
      ask: async () => ending.abort(),
      onAnswer: (answer) => told.push(answer),
      onError: (error) => told.push(error),
      pauseMs: () => 0,
      signal: ending.signal,
      seen: async () => undefined,
    });
    expect(told).toEqual([]);
  });
});
