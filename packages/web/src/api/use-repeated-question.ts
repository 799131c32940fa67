/**
 * @file The newest answer to a question that is asked again and again.
 */
import { useCallback, useEffect, useState } from "react";
import { askRepeatedly, waited } from "./repeated-question";

export interface RepeatedAnswer<T> {
  /** The last one; undefined before the first. */
  readonly answer: T | undefined;
  readonly updatedAt: Date | undefined;
  /** Why the last question had no answer: `answer` is older than it should be. */
  readonly error: unknown;
  /** Asks now. */
  readonly askNow: () => void;
}

export interface RepeatedQuestionOptions<T> {
  /** Another function is another question. */
  readonly ask: (signal: AbortSignal) => Promise<T>;
  /** Until the next, ms; of a question without an answer `undefined`. */
  readonly pauseMs: (answer: T | undefined) => number;
  /** Before a question is asked for the first time, ms. @default 0 */
  readonly settleMs?: number;
}

export function useRepeatedQuestion<T>({ ask, pauseMs, settleMs = 0 }: RepeatedQuestionOptions<T>): RepeatedAnswer<T> {
  const [known, setKnown] = useState<Omit<RepeatedAnswer<T>, "askNow">>({
    answer: undefined,
    updatedAt: undefined,
    error: undefined,
  });
  const [round, setRound] = useState(0);
  const askNow = useCallback(() => setRound((number) => number + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks anew
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    waited(settleMs, signal).then(() =>
      askRepeatedly({
        ask,
        pauseMs,
        signal,
        onAnswer: (answer) => setKnown({ answer, updatedAt: new Date(), error: undefined }),
        onError: (error) => setKnown((before) => ({ ...before, error })),
      }),
    );
    return () => leaving.abort();
  }, [ask, pauseMs, settleMs, round]);
  return { ...known, askNow };
}
