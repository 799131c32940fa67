/**
 * @file Where a reader is in a study: series, image, finding, threshold.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { aboveThreshold, type FindingPlace, neighbour, type PlacedFinding } from "../findings/finding-order";
import { imagesOf } from "../viewer/image-reference";

export interface Reading {
  readonly place: FindingPlace;
  readonly selected: string | undefined;
  /** In [0, 1]. */
  readonly threshold: number;
  readonly boxesShown: boolean;
}

/** All findings are shown until the reader asks for fewer. */
export const START: Reading = { place: { series: 0, image: 0 }, selected: undefined, threshold: 0, boxesShown: true };

/** Where to begin: the image of the first finding, else the first series that has images. */
export function firstPlace({ series }: Pick<StudyDetail, "series">, findings: readonly PlacedFinding[]): FindingPlace {
  const first = findings.at(0);
  if (first) return first.place;
  return {
    series: Math.max(
      0,
      series.findIndex(({ instances }) => instances.length > 0),
    ),
    image: 0,
  };
}

/** At a finding, with its image; nothing changes if it is not among `findings`. */
export function atFinding(reading: Reading, findings: readonly PlacedFinding[], id: string): Reading {
  const found = findings.find(({ finding }) => finding.id === id);
  return found ? { ...reading, place: found.place, selected: id } : reading;
}

/** At the next or previous of the findings that the threshold leaves. */
export function atNeighbour(reading: Reading, findings: readonly PlacedFinding[], step: 1 | -1): Reading {
  const shown = aboveThreshold(findings, reading.threshold);
  const next = neighbour(shown, reading.selected, reading.place, step);
  return next ? { ...reading, place: next.place, selected: next.finding.id } : reading;
}

/** Another image of the series, within it. */
export function atImage(reading: Reading, image: number, count: number): Reading {
  const within = Math.max(0, Math.min(count - 1, image));
  return within === reading.place.image ? reading : { ...reading, place: { ...reading.place, image: within } };
}

/** Another series, at its first finding that is shown, else at its first image. */
export function atSeries(
  reading: Reading,
  { series }: Pick<StudyDetail, "series">,
  findings: readonly PlacedFinding[],
  index: number,
): Reading {
  if (index === reading.place.series || index < 0 || index >= series.length) return reading;
  const first = aboveThreshold(findings, reading.threshold).find(({ place }) => place.series === index);
  const image = Math.min(first?.place.image ?? 0, Math.max(0, imagesOf(series[index]).length - 1));
  return { ...reading, place: { series: index, image }, selected: undefined };
}

/** Another threshold; a finding that it hides is no longer selected. */
export function withThreshold(reading: Reading, findings: readonly PlacedFinding[], threshold: number): Reading {
  const rounded = Math.round(100 * Math.max(0, Math.min(1, threshold))) / 100;
  const stays = aboveThreshold(findings, rounded).some(({ finding }) => finding.id === reading.selected);
  return { ...reading, threshold: rounded, selected: stays ? reading.selected : undefined };
}
