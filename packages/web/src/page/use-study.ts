/**
 * @file A study from the service, asked for anew while it is still being received or analysed.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { useCallback, useEffect, useState } from "react";
import type { Client } from "../api/client";
import { useSpeech } from "../language/language-context";

const EVERY_MS = 5_000;

export interface StudyAnswer {
  readonly detail: StudyDetail | undefined;
  readonly error: unknown;
  readonly retry: () => void;
}

export function useStudy(client: Client, studyUid: string): StudyAnswer {
  const [answer, setAnswer] = useState<Omit<StudyAnswer, "retry">>({ detail: undefined, error: undefined });
  const [round, setRound] = useState(0);
  const { language } = useSpeech();
  const retry = useCallback(() => setRound((number) => number + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks anew, and so does another language
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const detail = await client.study(studyUid, leaving.signal);
        if (leaving.signal.aborted) return;
        setAnswer({ detail, error: undefined });
        if (detail.study.state === "receiving" || detail.study.state === "queued") timer = setTimeout(ask, EVERY_MS);
      } catch (error) {
        if (!leaving.signal.aborted) setAnswer((before) => ({ ...before, error }));
      }
    };
    ask();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [client, studyUid, round, language]);
  return { ...answer, retry };
}
