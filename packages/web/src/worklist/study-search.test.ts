import { describe, expect, test } from "vitest";
import { summaries } from "../../test/made-studies";
import type { Client, StudyQuery } from "../api/client";
import { queryOf } from "../api/client";
import { ALL_STUDIES, narrowed, queryOfFilter } from "./study-filter";
import { findStudies, matchesText } from "./study-search";

const [miller, wang] = summaries;

/** Answers with pages of two, and keeps what it was asked. */
function listing(): { client: Client; asked: StudyQuery[] } {
  const asked: StudyQuery[] = [];
  const studies = async (query: StudyQuery) => {
    asked.push(query);
    const start = Number(query.after ?? 0);
    return {
      studies: summaries.slice(start, start + 2),
      next: start + 2 < summaries.length ? String(start + 2) : null,
    };
  };
  return { client: { studies } as Pick<Client, "studies"> as Client, asked };
}

describe("matchesText", () => {
  test("looks for every word, in either case and either script", () => {
    expect(matchesText(miller, "anna CT")).toBe(true);
    expect(matchesText(miller, "anna dx")).toBe(false);
    expect(matchesText(wang, "王小东")).toBe(true);
    expect(matchesText(wang, "p-1001 2026-11")).toBe(true);
  });
});

describe("findStudies", () => {
  const { signal } = new AbortController();
  test("asks for one page where nothing is searched", async () => {
    const { client, asked } = listing();
    const found = await findStudies(client, { ...ALL_STUDIES, state: "analysed", cursors: ["2"] }, signal);
    expect(found.studies).toEqual(summaries.slice(2, 4));
    expect(asked).toEqual([{ limit: 50, state: "analysed", after: "2" }]);
  });

  test("looks through the pages for a text, and puts no word of it into an address", async () => {
    const { client, asked } = listing();
    const found = await findStudies(client, narrowed(ALL_STUDIES, { text: " miller " }), signal);
    expect(found.studies).toEqual([miller]);
    expect(found.searched).toBe(20);
    // Ten questions, two studies each: there are more, and that is told.
    expect(found.unsearched).toBe(true);
    expect(asked.map(queryOf).join()).not.toMatch(/miller/i);
  });
});

describe("queryOfFilter", () => {
  test("holds what is set", () => {
    expect(queryOf(queryOfFilter({ ...ALL_STUDIES, modality: "CT" }))).toBe("limit=50&modality=CT");
  });
});
