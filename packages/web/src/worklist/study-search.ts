/**
 * @file Studies by a word of the patient's name, number, or of the description.
 *
 * The page looks for it, not the service: names are encrypted where they are kept, and have no business in an address, which
 * proxies write into their logs.
 */
import type { StudyList, StudySummary } from "@fovea/core/contract/study";
import type { Client } from "../api/client";
import { personName, studyDate } from "../language/clinical-text";
import { queryOfFilter, type StudyFilter } from "./study-filter";

export interface StudyFound extends StudyList {
  /** How many studies were looked through; undefined where nothing was searched. */
  readonly searched?: number;
  /** Whether there are older ones that were not. */
  readonly unsearched?: boolean;
}

/** Studies of one question, and questions of one search: the latest 2000. */
const SEARCH_PAGE = 200;
const SEARCH_PAGES = 10;

/** Whether every word of `text` stands somewhere in the study, in either case. */
export function matchesText(study: StudySummary, text: string): boolean {
  const name = study.patient_name ?? "";
  const parts = [
    personName(name, "en"),
    personName(name, "zh"),
    study.patient_id,
    study.description,
    study.study_date,
    study.study_date && studyDate(study.study_date),
    ...study.modalities,
  ];
  const written = parts
    .filter((part) => part !== null)
    .join("\n")
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => written.includes(word));
}

/** A page of the list; with a text, all that match it among the latest studies. */
export async function findStudies(client: Client, filter: StudyFilter, signal: AbortSignal): Promise<StudyFound> {
  const text = filter.text.trim();
  if (text === "") return client.studies(queryOfFilter(filter), signal);
  const query = { ...queryOfFilter({ ...filter, cursors: [] }), limit: SEARCH_PAGE };
  const studies: StudySummary[] = [];
  let searched = 0;
  let after: string | null = null;
  for (let page = 0; page < SEARCH_PAGES; page++) {
    const list: StudyList = await client.studies({ ...query, ...(after !== null && { after }) }, signal);
    searched += list.studies.length;
    studies.push(...list.studies.filter((study) => matchesText(study, text)));
    after = list.next;
    if (after === null) break;
  }
  return { studies, next: null, searched, unsearched: after !== null };
}
