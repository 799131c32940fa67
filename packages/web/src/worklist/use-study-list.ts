/**
 * @file One page of the list of studies, asked for anew every few seconds while somebody looks.
 */
import type { StudyList } from "@fovea/core/contract/study";
import { useCallback, useEffect, useState } from "react";
import type { Client } from "../api/client";
import { queryOfFilter, type StudyFilter } from "./study-filter";

const EVERY_MS = 10_000;
/** After a filter changed: a word is typed in one go. */
const SETTLE_MS = 250;

export interface StudyListing {
  /** The last answer; undefined before the first. */
  readonly list: StudyList | undefined;
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
  const refresh = useCallback(() => setRound((number) => number + 1), []);

  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      if (document.visibilityState === "visible") {
        try {
          const list = await client.studies(queryOfFilter(filter), leaving.signal);
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
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [client, filter, round]);
  return { ...answer, refresh };
}
