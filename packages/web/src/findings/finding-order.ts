/**
 * @file Which findings are shown, and which comes next.
 */
import type { FindingRecord } from "@fovea/core/contract/study";
import { wholePercent } from "../language/clinical-text";
import { imagesOf, type Series } from "../viewer/image-reference";

/** Where a finding is: which series, and which image of it, both counted from 0. */
export interface FindingPlace {
  readonly series: number;
  readonly image: number;
}

export interface PlacedFinding {
  readonly finding: FindingRecord;
  readonly place: FindingPlace;
  /** What its series is called, where findings lie in more than one. */
  readonly seriesName?: string;
}

/** Findings in the order in which images are looked through; within an image the surest first. */
export function placedFindings(series: readonly Series[], findings: readonly FindingRecord[]): PlacedFinding[] {
  const stacks = series.map(imagesOf);
  const placeOf = ({ series_uid, sop_uid: sopUid, frame }: FindingRecord): FindingPlace | undefined => {
    const index = series.findIndex((one) => one.series_uid === series_uid);
    const image = index < 0 ? -1 : stacks[index].indexOf({ sopUid, frame });
    return image < 0 ? undefined : { series: index, image };
  };
  const isOne = new Set(findings.map(({ series_uid }) => series_uid)).size <= 1;
  return findings
    .flatMap((finding) => {
      const place = placeOf(finding);
      if (!place) return [];
      return isOne ? [{ finding, place }] : [{ finding, place, seriesName: nameOf(series[place.series]) }];
    })
    .sort((a, b) => comparePlaces(a.place, b.place) || b.finding.confidence - a.finding.confidence);
}

function nameOf({ description, modality, series_number }: Series): string {
  return description ?? [modality, series_number].filter((part) => part !== null).join(" ");
}

function comparePlaces(a: FindingPlace, b: FindingPlace): number {
  return a.series - b.series || a.image - b.image;
}

/** Those whose confidence, in whole per cent as it is shown, is `threshold` or more. */
export function aboveThreshold(findings: readonly PlacedFinding[], threshold: number): PlacedFinding[] {
  const least = Math.round(100 * threshold);
  return findings.filter(({ finding }) => wholePercent(finding.confidence) >= least);
}

/**
 * The finding `step` of 1 after, or of -1 before, the selected one; around the end to the other.
 *
 * Without a selection it is the first from the image on that is shown, or the last up to it. Undefined if there is none at all.
 */
export function neighbour(
  findings: readonly PlacedFinding[],
  selected: string | undefined,
  from: FindingPlace,
  step: 1 | -1,
): PlacedFinding | undefined {
  const { length } = findings;
  const index = findings.findIndex(({ finding }) => finding.id === selected);
  if (index >= 0) return findings[(index + step + length) % length];
  if (step === 1) return findings.find(({ place }) => comparePlaces(place, from) >= 0) ?? findings.at(0);
  return findings.findLast(({ place }) => comparePlaces(place, from) <= 0) ?? findings.at(-1);
}
