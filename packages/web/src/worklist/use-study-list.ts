/**
 * @file One page of the list of studies, asked for anew every few seconds while somebody looks.
 */
import { useCallback, useEffect, useState } from "react";
import type { Client } from "../api/client";
import { useSpeech } from "../language/language-context";
import type { StudyFilter } from "./study-filter";
import { findStudies, type StudyFound } from "./study-search";

/** Each question is written into the audit log: no more of them than a reader has use for. */
const EVERY_MS = 30_000;
/** After a filter changed: a word is typed in one go. */
const SETTLE_MS = 250;

export interface StudyListing {
  /** The last answer; undefined before the first. */
  readonly list: StudyFound | undefined;
  readonly updatedAt: Date | undefined;
  /** Why the last question had no answer: `list` is older than it should be. */
  readonly error: unknown;
  readonly refresh: () => void;
}

export function useStudyList(client: Client, filter: StudyFilter): StudyListing {
  const [answer, setAnswer] = useState<Omit<StudyListing, "refresh">>({
    list: undefined,
    updatedAt: undefined,
    error: undefined,
  });
  const [round, setRound] = useState(0);
  const { language } = useSpeech();
  const refresh = useCallback(() => setRound((number) => number + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks anew, and so does another language
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      if (document.visibilityState === "visible") {
        try {
          const list = await findStudies(client, filter, leaving.signal);
          if (leaving.signal.aborted) return;
          setAnswer({ list, updatedAt: new Date(), error: undefined });
        } catch (error) {
          if (leaving.signal.aborted) return;
          setAnswer((before) => ({ ...before, error }));
        }
      }
      timer = setTimeout(ask, EVERY_MS);
    };
    timer = setTimeout(ask, round === 0 && filter.text === "" ? 0 : SETTLE_MS);
    const back = () => {
      if (document.visibilityState === "visible") refresh();
    };
    document.addEventListener("visibilitychange", back);
    return () => {
      leaving.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", back);
    };
  }, [client, filter, round, language, refresh]);
  return { ...answer, refresh };
}
