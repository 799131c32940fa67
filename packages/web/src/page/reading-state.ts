/**
 * @file Where a reader is in a study: series, image, finding, threshold.
 *
 * A place is held by its UIDs. While a study is received its series and images move up and down in their order; what a reader looks
 * at and decides on stays.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import {
  aboveThreshold,
  type FindingPlace,
  neighbour,
  type PlacedFinding,
  placedFindings,
} from "../findings/finding-order";
import { type ImageReference, type ImageStack, imagesOf, type Series } from "../viewer/image-reference";

/** A study in the order in which it is looked through. */
export interface StudyOrder {
  readonly series: readonly Series[];
  /** Of each series. */
  readonly stacks: readonly ImageStack[];
  readonly findings: readonly PlacedFinding[];
}

export interface Place {
  readonly seriesUid: string;
  /** Undefined in a series without images. */
  readonly image: ImageReference | undefined;
}

export interface Reading {
  /** Undefined before a series is there. */
  readonly place: Place | undefined;
  readonly selected: string | undefined;
  /** In [0, 1]. */
  readonly threshold: number;
  readonly boxesShown: boolean;
}

/** All findings are shown until the reader asks for fewer. */
export const START: Reading = { place: undefined, selected: undefined, threshold: 0, boxesShown: true };

export function orderOf({ series, findings }: Pick<StudyDetail, "series" | "findings">): StudyOrder {
  return { series, stacks: series.map(imagesOf), findings: placedFindings(series, findings) };
}

/** Where to begin: the image of the first finding, else the first series that has images. */
function firstPlace({ stacks, findings }: StudyOrder): FindingPlace {
  return (
    findings.at(0)?.place ?? {
      series: Math.max(
        0,
        stacks.findIndex(({ length }) => length > 0),
      ),
      image: 0,
    }
  );
}

/** Where a place is in the order of today, counted from 0: where to begin if it is nowhere. */
export function placeIn(order: StudyOrder, place: Place | undefined): FindingPlace {
  const series = order.series.findIndex(({ series_uid }) => series_uid === place?.seriesUid);
  return series < 0 ? firstPlace(order) : { series, image: Math.max(0, order.stacks[series].indexOf(place?.image)) };
}

function placeAt({ series, stacks }: StudyOrder, { series: index, image }: FindingPlace): Place | undefined {
  const one = series.at(index);
  return one && { seriesUid: one.series_uid, image: stacks[index].at(image) };
}

/** The same reading, its place held by UIDs that the study has. */
export function settled(reading: Reading, order: StudyOrder): Reading {
  const { place } = reading;
  const index = order.series.findIndex(({ series_uid }) => series_uid === place?.seriesUid);
  if (index >= 0 && (order.stacks[index].length === 0 || order.stacks[index].indexOf(place?.image) >= 0))
    return reading;
  const settledPlace = placeAt(order, placeIn(order, place));
  return place === undefined && settledPlace === undefined ? reading : { ...reading, place: settledPlace };
}

/** At a finding, with its image; nothing changes if it is not in the study. */
export function atFinding(reading: Reading, order: StudyOrder, id: string): Reading {
  const found = order.findings.find(({ finding }) => finding.id === id);
  return found ? { ...reading, place: placeAt(order, found.place), selected: id } : reading;
}

/** At the next or previous of the findings that the threshold leaves. */
export function atNeighbour(reading: Reading, order: StudyOrder, step: 1 | -1): Reading {
  const shown = aboveThreshold(order.findings, reading.threshold);
  const next = neighbour(shown, reading.selected, placeIn(order, reading.place), step);
  return next ? { ...reading, place: placeAt(order, next.place), selected: next.finding.id } : reading;
}

/** Another image of the series, counted from 0, within it. */
export function atImage(reading: Reading, order: StudyOrder, image: number): Reading {
  const here = placeIn(order, reading.place);
  const last = (order.stacks.at(here.series)?.length ?? 0) - 1;
  const within = Math.max(0, Math.min(last, image));
  return within === here.image ? reading : { ...reading, place: placeAt(order, { ...here, image: within }) };
}

/** Another series, at its first finding that is shown, else at its first image. */
export function atSeries(reading: Reading, order: StudyOrder, index: number): Reading {
  if (index === placeIn(order, reading.place).series || index < 0 || index >= order.series.length) return reading;
  const first = aboveThreshold(order.findings, reading.threshold).find(({ place }) => place.series === index);
  return { ...reading, place: placeAt(order, first?.place ?? { series: index, image: 0 }), selected: undefined };
}

/** Another threshold; a finding that it hides is no longer selected. */
export function withThreshold(reading: Reading, { findings }: StudyOrder, threshold: number): Reading {
  const rounded = Math.round(100 * Math.max(0, Math.min(1, threshold))) / 100;
  const stays = aboveThreshold(findings, rounded).some(({ finding }) => finding.id === reading.selected);
  return { ...reading, threshold: rounded, selected: stays ? reading.selected : undefined };
}
