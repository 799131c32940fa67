/**
 * @file The list of studies with its filters and pages.
 */
import { type RefObject, useEffect, useMemo, useRef } from "react";
import type { Client } from "../api/client";
import { reasonOf } from "../api/request-error";
import type { RepeatedAnswer } from "../api/use-repeated-question";
import { useSpeech } from "../language/language-context";
import { Freshness } from "./freshness";
import { isFiltered, MODALITIES, narrowed, STATES, type StudyFilter } from "./study-filter";
import type { StudyFound } from "./study-search";
import { StudyTable } from "./study-table";
import { useStudyList } from "./use-study-list";

export interface WorklistProps {
  readonly client: Client;
  readonly filter: StudyFilter;
  readonly onFilter: (filter: StudyFilter) => void;
  readonly lastOpened: string | undefined;
}

export function Worklist({ client, filter, onFilter, lastOpened }: WorklistProps) {
  const { say } = useSpeech();
  const listing = useStudyList(client, filter);
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const slash = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      search.current?.select();
    };
    document.addEventListener("keydown", slash);
    return () => document.removeEventListener("keydown", slash);
  }, []);
  const { answer: list } = listing;
  return (
    <main className="worklist">
      <div className="worklist-head">
        <h1>{say("worklist.title")}</h1>
        <Filters filter={filter} onFilter={onFilter} listing={listing} search={search} />
      </div>
      <div className="worklist-body" aria-busy={list === undefined}>
        {list === undefined ? (
          <p className="empty">{listing.error === undefined ? say("app.loading") : reasonOf(listing.error, say)}</p>
        ) : list.studies.length === 0 ? (
          <p className="empty">{say(isFiltered(filter) ? "worklist.none" : "worklist.empty")}</p>
        ) : (
          <StudyTable studies={list.studies} lastOpened={lastOpened} />
        )}
      </div>
      <Pages filter={filter} onFilter={onFilter} listing={listing} />
    </main>
  );
}

interface FiltersProps {
  readonly filter: StudyFilter;
  readonly onFilter: (filter: StudyFilter) => void;
  readonly listing: RepeatedAnswer<StudyFound>;
  readonly search: RefObject<HTMLInputElement | null>;
}

function Filters({ filter, onFilter, listing, search }: FiltersProps) {
  const { say } = useSpeech();
  const modalities = useMemo(() => {
    const seen = listing.answer?.studies.flatMap((study) => study.modalities) ?? [];
    return [...new Set([...MODALITIES, ...seen, ...(filter.modality ? [filter.modality] : [])])].sort();
  }, [listing.answer, filter.modality]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: Chromium knows <search>, older assistive technology does not
    <div className="filters" role="search">
      <label>
        <span>{say("worklist.search")}</span>
        <input
          ref={search}
          type="search"
          value={filter.text}
          placeholder={say("worklist.searchHint")}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onFilter(narrowed(filter, { text: event.target.value }))}
        />
      </label>
      <label>
        <span>{say("worklist.state")}</span>
        <select
          value={filter.state}
          onChange={(event) => onFilter(narrowed(filter, { state: event.target.value as StudyFilter["state"] }))}
        >
          <option value="">{say("worklist.all")}</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {say(`state.${state}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{say("worklist.modality")}</span>
        <select
          value={filter.modality}
          onChange={(event) => onFilter(narrowed(filter, { modality: event.target.value }))}
        >
          <option value="">{say("worklist.all")}</option>
          {modalities.map((modality) => (
            <option key={modality}>{modality}</option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Pages({ filter, onFilter, listing }: Omit<FiltersProps, "search">) {
  const { say } = useSpeech();
  const { answer: list } = listing;
  const next = list?.next ?? null;
  return (
    <div className="pages">
      <button
        type="button"
        disabled={filter.cursors.length === 0}
        onClick={() => onFilter({ ...filter, cursors: filter.cursors.slice(0, -1) })}
      >
        {say("worklist.newer")}
      </button>
      <span>{say("worklist.page", { page: filter.cursors.length + 1 })}</span>
      <button
        type="button"
        disabled={next === null}
        onClick={() => next !== null && onFilter({ ...filter, cursors: [...filter.cursors, next] })}
      >
        {say("worklist.older")}
      </button>
      <span className="pages-count" role="status">
        {list && say("worklist.count", { count: list.studies.length })}
        {list?.unsearched && ` · ${say("worklist.searched", { count: list.searched ?? 0 })}`}
      </span>
      <Freshness listing={listing} />
    </div>
  );
}
