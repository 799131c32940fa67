/**
 * @file A question to the service, asked anew while somebody looks at the page.
 */

export interface RepeatedQuestion<T> {
  readonly ask: (signal: AbortSignal) => Promise<T>;
  readonly onAnswer: (answer: T) => void;
  /** What is known stays; the question is asked again. */
  readonly onError: (error: unknown) => void;
  /** Until the next question, ms; `answer` is undefined where there was none. */
  readonly pauseMs: (answer: T | undefined) => number;
  /** Ends the asking. */
  readonly signal: AbortSignal;
  /** Resolves after so many ms, or when `signal` ends the asking. @default by the browser's clock */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when the page is seen, or when `signal` ends the asking. @default by the browser's word */
  readonly seen?: (signal: AbortSignal) => Promise<void>;
}

/** Asks at once, and again after each pause: whatever became of the last question, and never while the page is hidden. */
export async function askRepeatedly<T>({
  ask,
  onAnswer,
  onError,
  pauseMs,
  signal,
  wait = waited,
  seen = pageSeen,
}: RepeatedQuestion<T>): Promise<void> {
  for (;;) {
    await seen(signal);
    if (signal.aborted) return;
    let answer: T | undefined;
    try {
      answer = await ask(signal);
      if (!signal.aborted) onAnswer(answer);
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    if (!signal.aborted) await wait(pauseMs(answer), signal);
  }
}

/** By the browser's clock. */
export function waited(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(ended, ms);
    function ended(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", ended);
      resolve();
    }
    signal.addEventListener("abort", ended);
  });
}

function pageSeen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.visibilityState !== "visible" && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
    look();
  });
}
