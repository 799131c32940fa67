/**
 * @file One page of the list of studies, asked for anew every few seconds while somebody looks.
 */
import { useCallback } from "react";
import type { Client } from "../api/client";
import { type RepeatedAnswer, useRepeatedQuestion } from "../api/use-repeated-question";
import { useSpeech } from "../language/language-context";
import type { StudyFilter } from "./study-filter";
import { findStudies, type StudyFound } from "./study-search";

/** Each question is written into the audit log: no more of them than a reader has use for. */
const LIST_MS = 30_000;
/** A search is many questions. */
const SEARCH_MS = 300_000;
/** After a filter changed: a word is typed in one go. */
const SETTLE_MS = 250;

const afterList = () => LIST_MS;
const afterSearch = () => SEARCH_MS;

export function useStudyList(client: Client, filter: StudyFilter): RepeatedAnswer<StudyFound> {
  const { language } = useSpeech();
  // biome-ignore lint/correctness/useExhaustiveDependencies: in another language the service answers otherwise
  const ask = useCallback((signal: AbortSignal) => findStudies(client, filter, signal), [client, filter, language]);
  const searches = filter.text.trim() !== "";
  return useRepeatedQuestion({
    ask,
    pauseMs: searches ? afterSearch : afterList,
    settleMs: searches ? SETTLE_MS : 0,
  });
}
