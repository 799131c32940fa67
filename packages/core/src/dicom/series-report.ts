/**
 * @file Files of a folder by series: what each series is, and what is odd about it.
 */
import type { FrameFacts } from "./picture-record";
import { cross } from "./slice-geometry";
import { planeName, type SeriesProblem, type Slice, sortVolumes, type Volume } from "./volume";

/** A frame with what a series needs of it. */
export type SeriesFrame = Slice & { readonly facts: FrameFacts };

/** One stack of slices: a series, or the part of one that can be a volume. */
export interface SeriesRow {
  readonly seriesInstanceUid: string;
  readonly seriesNumber?: number;
  readonly description?: string;
  readonly modality?: string;
  /** From 1, where a series mixes several. */
  readonly stack: number;
  readonly slices: number;
  readonly columns: number;
  readonly rows: number;
  readonly plane?: string;
  /** Between columns and between rows, mm. */
  readonly spacingMm?: readonly [column: number, row: number];
  readonly sliceDistanceMm?: number;
  readonly transferSyntaxes: readonly string[];
  /** From the file's attributes alone: a file's own word that values were lost. */
  readonly lossy: boolean;
  readonly patientFromIndex?: Volume["patientFromIndex"];
  readonly problems: readonly SeriesProblem[];
}

/** A frame for `seriesRows` and `sortVolumes`. */
export function seriesFrame(facts: FrameFacts, size: { readonly rows: number; readonly columns: number }): SeriesFrame {
  const { source, frame, frames, seriesInstanceUid, frameOfReferenceUid, spacingMm, instanceNumber } = facts;
  const { positionMm, rowDirection, columnDirection } = facts;
  return {
    name: frames > 1 ? `${source} [${frame}]` : source,
    file: source,
    seriesInstanceUid: seriesInstanceUid ?? "",
    ...size,
    frameOfReferenceUid,
    positionMm,
    rowDirection,
    columnDirection,
    spacingMm,
    instanceNumber,
    facts,
  };
}

/** A row for each stack, in order of first appearance. */
export function seriesRows(frames: readonly SeriesFrame[]): SeriesRow[] {
  return sortVolumes(frames).map(rowOf);
}

function rowOf(volume: Volume<SeriesFrame>): SeriesRow {
  const { seriesInstanceUid, stack, slices, duplicates, sliceDistanceMm, patientFromIndex, problems } = volume;
  const [first] = slices;
  const { facts, rowDirection, columnDirection, spacingMm } = first;
  const all = [...slices, ...duplicates];
  return {
    seriesInstanceUid,
    seriesNumber: facts.seriesNumber,
    description: facts.seriesDescription,
    modality: facts.modality,
    stack,
    slices: all.length,
    columns: first.columns,
    rows: first.rows,
    plane: rowDirection && columnDirection ? planeName(cross(rowDirection, columnDirection)) : undefined,
    spacingMm: spacingMm && [spacingMm.column, spacingMm.row],
    sliceDistanceMm,
    transferSyntaxes: [...new Set(all.map((slice) => slice.facts.transferSyntax))],
    lossy: all.some((slice) => slice.facts.lossy),
    patientFromIndex,
    problems,
  };
}
