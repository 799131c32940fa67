/**
 * @file Which studies are listed, and which page of them.
 */
import type { StudyState } from "@fovea/core/contract/study";
import type { StudyQuery } from "../api/client";

export interface StudyFilter {
  readonly state: StudyState | "";
  readonly modality: string;
  readonly text: string;
  /** `after` of each page from the second to the one shown: the service names only the next page, the way back is kept here. */
  readonly cursors: readonly string[];
}

export const ALL_STUDIES: StudyFilter = { state: "", modality: "", text: "", cursors: [] };

export const STATES: readonly StudyState[] = ["receiving", "queued", "analysed", "failed", "not_attempted"];
/** To choose from before any study has come; others that are seen join them. */
export const MODALITIES: readonly string[] = ["CR", "CT", "DX", "MG", "MR", "NM", "OT", "PT", "RF", "US", "XA"];

const PAGE_SIZE = 50;

/** Another filter begins with the first page. */
export function narrowed(filter: StudyFilter, change: Partial<Omit<StudyFilter, "cursors">>): StudyFilter {
  return { ...filter, ...change, cursors: [] };
}

export function queryOfFilter({ state, modality, cursors }: StudyFilter): StudyQuery {
  return {
    limit: PAGE_SIZE,
    ...(state !== "" && { state }),
    ...(modality !== "" && { modality }),
    ...(cursors.length > 0 && { after: cursors.at(-1) }),
  };
}

export function isFiltered({ state, modality, text }: StudyFilter): boolean {
  return state !== "" || modality !== "" || text.trim() !== "";
}
